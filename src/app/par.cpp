// One function on many tasks.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/arguments.h"
#include "app/bench.h"
#include "app/interrupt.h"
#include "app/job_report.h"
#include "app/out.h"
#include "app/progress.h"
#include "app/task.h"
#include "engine/replay.h"

namespace rosetta {
namespace {

// The trap of the first task that trapped, with all the calls that led there if the interpreter,
// which runs it again, can find them in time.
std::optional<TrapReport> explain(const Finished& job, Engine& replayer, InterruptGuard& guard) {
  const par::Trapped& first = job.report.first.front();
  if (first.arguments.size() != job.program.entry().params.size()) return job.report.first_report;
  guard.hand_over(replayer, kMostReplaySeconds);
  std::vector<const Cell*> arguments;
  for (const Cell& cell : first.arguments) arguments.push_back(&cell);
  TrapReport report = job.report.first_report.value_or(TrapReport{});
  if (!job.report.first_report) {
    report.trap = first.trap;
    report.place = Frame::unknown();
  }
  // (Of all columns these have that task alone.)
  report.task = 0;
  return replay(replayer, job.program, {0, 1, arguments, {}, nullptr}, report);
}

// Whether a kernel's name is a file's, or a function's of the store: those go before.
bool means_more(const std::string& name, OpenStore& open) {
  if (!is_stored_program(name)) return true;
  const Result<Store*> store = open.get_existing();
  return store && *store != nullptr && find_name(**store, name).has_value();
}

// What can be said against an --out file before anything is done.
Result<void> check_out(const std::string& path, const std::vector<std::string>& read,
                       std::span<const Type> results) {
  const Result<std::unique_ptr<par::Format>> format = format_of(path, results);
  if (!format) return std::unexpected(format.error());
  for (const std::string& file : read) {
    std::error_code failure;
    if (!std::filesystem::equivalent(file, path, failure)) continue;
    return std::unexpected(
        Error{Fault::Usage,
              fmt::format("`{}` is read, so it cannot be the --out file, too", printable(file))});
  }
  return {};
}

}  // namespace

int run_many(const ParOptions& options, const Common& common) {
  if (options.list) return list_kernels(common);
  Stages stages;
  int status = kFine;
  OpenStore store(common);
  if (is_kernel(options.program) && !means_more(options.program, store)) {
    return bench_kernel(options, common);
  }
  const std::optional<Module> module =
      load_program(options.program, store, common, status, &stages);
  if (!module) return status;
  const Result<std::uint32_t> entry = find_entry(*module, options.entry);
  if (!entry) return fail(entry.error(), common);
  const Function& function = module->assembly.functions[*entry];
  const FunctionNames& names = module->assembly.names[*entry];
  const Result<TaskArguments> arguments =
      bind_arguments(options.arguments, function, names, options.tasks, options.out.has_value());
  if (!arguments) return fail(arguments.error(), common);
  if (options.out) {
    std::vector<std::string> read = arguments->files;
    read.push_back(options.program);
    const Result<void> fits = check_out(*options.out, read, function.results());
    if (!fits) return fail(fits.error(), common);
  }
  stages.done("arguments");
  Listings listings(*module);
  auto linked = ir::link(module->assembly.functions, *entry);
  if (!linked) return fail(linked.error(), *entry, listings, common);
  const auto program = std::make_shared<const ir::Program>(std::move(*linked));
  stages.done("lower");

  const Limits limits{options.max_depth, options.fuel};
  const EngineOptions engine_options{.limits = limits};
  const Result<ChosenEngine> chosen =
      choose_engine(options.engine, program, engine_options, listings, &stages);
  if (!chosen) return fail(chosen.error(), common);
  par::JobOptions how;
  how.tasks = arguments->tasks;
  // More than there are tasks have nothing to do.
  how.threads = static_cast<unsigned>(
      std::clamp<std::uint64_t>(how.tasks, 1, options.threads.value_or(all_threads())));
  how.fail_fast = options.fail_fast;
  how.reduce = operation(options.reduce);
  std::optional<StoredOutcomes> outcomes;
  if (options.memo) {
    outcomes.emplace(store, *program, listings.hash(*entry), limits);
    how.memo = &*outcomes;
  }
  std::optional<Out> out;
  if (options.out) {
    const JobRecord record{listings.hash(*entry), arguments->described, arguments->tasks, limits};
    Result<Out> opened = open_out(*options.out, program->entry().results, record, options.resume);
    if (!opened) return fail(opened.error(), common);
    out.emplace(std::move(*opened));
    how.format = out->format.get();
    how.file = &*out->file;
  }
  stages.done("prepare");

  const std::unique_ptr<Engine> replayer = make_replayer(*program, engine_options);
  InterruptGuard guard(*chosen->engine, options.timeout);
  par::Job job(*program, *chosen->engine, arguments->sources, how);
  const auto begin = std::chrono::steady_clock::now();
  const Result<par::Report> report = [&] {
    const Progress progress(how.tasks, [&job] {
      return Progress::Done{job.ended(), job.resumed()};
    });
    return job.run();
  }();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (outcomes) outcomes->finish();
  stages.done("execute");
  if (!report) {
    Error error = report.error();
    if (out && error.fault == Fault::Machine && job.ended() > 0) {
      error.message +=
          fmt::format("; `{}` keeps what it has, and --resume goes on", printable(*options.out));
    }
    return fail(error, common);
  }
  if (outcomes && outcomes->failure()) warn_of_memo(*outcomes->failure());
  Finished finished{options, *report, {}, how.tasks, *program, names, listings};
  if (report->trapped() > 0 && !common.json) {
    finished.explained = explain(finished, *replayer, guard);
  }
  const Stats stats{stages, *chosen, how.threads, seconds.count(), outcomes ? &*outcomes : nullptr};
  say(finished, options.stats ? &stats : nullptr, common);
  if (InterruptGuard::stopped()) return kStopped;
  return report->trapped() > 0 || report->stopped ? kTrapped : kFine;
}

}  // namespace rosetta
