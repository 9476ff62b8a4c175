#include <fmt/format.h>

#include <cstdio>

#include "app/engines.h"
#include "app/interrupt.h"
#include "app/json.h"
#include "app/program.h"
#include "app/report.h"
#include "app/task.h"
#include "app/trace.h"
#include "base/wording.h"
#include "text/value.h"

namespace rosetta {
namespace {

// What the program prints: on standard output, a line each.
class Standard final : public Output {
 public:
  explicit Standard(bool json) : json_(json) {}
  // What to end when nothing that is printed arrives any more.
  void interrupts(Engine& engine) { engine_ = &engine; }
  void value(Cell cell, Type type) override { write(to_text(cell, type)); }
  void text(std::string_view text) override { write(std::string(text)); }

 private:
  void write(const std::string& text) {
    const std::string out = json_ ? line({{"print", text}}) : text + "\n";
    const bool written = std::fwrite(out.data(), 1, out.size(), stdout) == out.size();
    if (!written && engine_ != nullptr) engine_->interrupt();
  }
  bool json_;
  Engine* engine_ = nullptr;
};

Result<std::vector<Cell>> read_arguments(const RunOptions& options, const Function& entry,
                                         const FunctionNames& names) {
  if (options.arguments.size() != entry.params().size()) {
    constexpr std::size_t kMostNamed = 8;
    std::string wanted;
    for (std::size_t i = 0; i < std::min(entry.params().size(), kMostNamed); ++i) {
      wanted += fmt::format("{}{}: {}", i == 0 ? "" : ", ", shortened(names.params[i]),
                            name(entry.params()[i]));
    }
    if (entry.params().size() > kMostNamed) wanted += ", …";
    return std::unexpected(
        Error{Fault::Usage,
              fmt::format("`{}({})` takes {}, not {}", shortened(names.name), wanted,
                          counted(entry.params().size(), "argument"), options.arguments.size())});
  }
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < options.arguments.size(); ++i) {
    const auto cell = read_value(options.arguments[i], entry.params()[i]);
    if (!cell) {
      return std::unexpected(
          Error{Fault::Usage,
                fmt::format("argument {} of `{}`, `{}`: {} ({} is an {})", i + 1,
                            shortened(names.name), shortened(printable(options.arguments[i])),
                            cell.error(), shortened(names.params[i]), name(entry.params()[i]))});
    }
    cells.push_back(*cell);
  }
  return cells;
}

std::size_t written(const Module& module) {
  std::size_t count = 0;
  for (const Function& function : module.assembly.functions) count += function.code().size();
  return count;
}

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// What --stats shows.
struct Stats {
  const Stages& stages;
  const ChosenEngine& engine;
  std::size_t written;
  bool counted;
};

// Where its code came from, and what became of it.
std::string code_text(const ChosenEngine& engine) {
  return engine.tiers == nullptr ? engine.code : engine.code + "; " + engine.tiers->story();
}

std::string stats_text(const Stats& stats, const Outcome& outcome) {
  std::string text;
  for (const Stages::Stage& stage : stats.stages.all()) {
    text += fmt::format("{:<24} {:>14.3f} ms\n", stage.name, milliseconds(stage.time));
  }
  const auto say = [&](std::string_view what, const auto& value) {
    text += fmt::format("{:<24} {:>14}\n", what, value);
  };
  say("engine", stats.engine.name);
  if (!stats.engine.code.empty()) say("compiled code", code_text(stats.engine));
  say("instructions written", stats.written);
  if (!stats.counted) return text;
  say("instructions executed", outcome.steps);
  say("greatest call depth", outcome.deepest);
  return text;
}

Json stats_json(const Stats& stats, const Outcome& outcome) {
  Json times = Json::object();
  for (const Stages::Stage& stage : stats.stages.all()) {
    times[stage.name] = milliseconds(stage.time);
  }
  Json json{{"engine", stats.engine.name},
            {"milliseconds", std::move(times)},
            {"written", stats.written}};
  if (!stats.engine.code.empty()) json["code"] = code_text(stats.engine);
  if (!stats.counted) return json;
  json["executed"] = outcome.steps;
  json["depth"] = outcome.deepest;
  return json;
}

// Results on standard output; a trap and the figures on standard error. As JSON, one object.
void say(const TaskResult& task, Listings& listings, const ir::Program& program, const Stats* stats,
         const Common& common) {
  const std::span<const Type> types = program.entry().results;
  if (common.json) {
    Json json = task.outcome.trap ? trap_json(*task.outcome.trap, listings, program)
                                  : Json{{"results", values_json(task.results, types)}};
    if (stats != nullptr) json["stats"] = stats_json(*stats, task.outcome);
    std::fputs(line(json).c_str(), stdout);
    return;
  }
  if (!task.outcome.trap) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      std::fputs((to_text(task.results[i], types[i]) + "\n").c_str(), stdout);
    }
  }
  std::fflush(stdout);
  std::string text;
  if (task.outcome.trap) text = trap_text(*task.outcome.trap, listings, program, {common.color});
  if (stats != nullptr) text += stats_text(*stats, task.outcome);
  std::fputs(text.c_str(), stderr);
}

}  // namespace

// The whole way of a program, from its text to its results.
int run(const RunOptions& options, const Common& common) {
  Stages stages;
  int status = kFine;
  OpenStore store(common);
  const std::optional<Module> module =
      load_program(options.program, store, common, status, &stages);
  if (!module) return status;
  const Result<std::uint32_t> entry = find_entry(*module, options.entry);
  if (!entry) return fail(entry.error(), common);
  const Function& function = module->assembly.functions[*entry];
  const auto arguments = read_arguments(options, function, module->assembly.names[*entry]);
  if (!arguments) return fail(arguments.error(), common);
  Listings listings(*module);
  auto linked = ir::link(module->assembly.functions, *entry);
  if (!linked) return fail(linked.error(), *entry, listings, common);
  const auto program = std::make_shared<const ir::Program>(std::move(*linked));
  stages.done("lower");

  Standard output(common.json);
  std::optional<Tracer> tracer;
  if (options.trace) tracer.emplace(listings, *program);
  const bool counts =
      options.stats && (options.trace || options.engine.choice == EngineChoice::Interp);
  const EngineOptions engine_options{
      {options.max_depth, options.fuel}, &output, tracer ? &*tracer : nullptr, counts};
  const Result<ChosenEngine> chosen =
      choose_engine(options.engine, program, engine_options, listings, &stages);
  if (!chosen) return fail(chosen.error(), common);
  Engine& engine = *chosen->engine;
  output.interrupts(engine);
  stages.done("prepare");
  std::unique_ptr<Engine> replayer;
  InterruptGuard guard(engine, options.timeout);
  Result<TaskResult> task = run_task(engine, *arguments, function.results().size());
  if (task) find_chain(*task, *arguments, *program, engine_options, replayer, guard);
  stages.done("execute");
  if (!task) return fail(task.error(), common);
  if (std::ferror(stdout) != 0) return kTrapped;  // the command line says what is wrong
  const Stats stats{stages, *chosen, written(*module), counts};
  say(*task, listings, *program, options.stats ? &stats : nullptr, common);
  if (InterruptGuard::stopped()) return kStopped;
  return task->outcome.trap ? kTrapped : kFine;
}

}  // namespace rosetta
