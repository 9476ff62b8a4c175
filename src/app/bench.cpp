#include "app/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <span>

#include "app/arguments.h"
#include "app/builtin.h"
#include "app/engines.h"
#include "app/interrupt.h"
#include "app/json.h"
#include "app/program.h"
#include "base/wording.h"
#include "par/job.h"

namespace rosetta {
namespace {

struct Kernel {
  std::string_view name;   // of its file, without .rvm
  std::string_view entry;  // one task
  std::vector<std::string> arguments;
  std::string_view about;
};

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> kAll = {
      {"factorial", "factorial", {"10"}, "recursion of a few calls"},
      {"fib", "fib", {"25"}, "recursion that branches"},
      {"ackermann", "ackermann", {"2", "50"}, "recursion in an argument"},
      {"collatz", "steps", {"837799"}, "a loop of integer arithmetic and a branch"},
      {"gcd", "gcd", {"1134903170", "701408733"}, "Euclid's algorithm: divisions"},
      {"primes", "is_prime", {"1000003"}, "trial division"},
      {"queens", "queens", {"6"}, "backtracking over bit masks"},
      {"xorshift", "main", {"42", "1000"}, "a chain of shifts and exclusive ors"},
      {"hash32", "main", {"42", "1000"}, "MurmurHash3's loop, in i32"},
      {"mandelbrot", "rounds", {"-0.75", "0.01", "1000"}, "z' = z^2 + c, in f64"},
      {"nbody", "main", {"100"}, "three bodies' gravity: f64 with square roots"},
      {"integrate", "main", {"1000"}, "f64 with a division"},
      {"montecarlo", "main", {"42", "1000"}, "random points in a disc"},
      {"polynomial32", "main", {"1000", "1000"}, "Horner's rule, in f32"},
  };
  return kAll;
}

const Kernel* find_kernel(std::string_view name) {
  const auto found = std::ranges::find(kernels(), name, &Kernel::name);
  return found == kernels().end() ? nullptr : &*found;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

// What means nothing for a kernel.
std::optional<Error> refused(const ParOptions& options) {
  const ParOptions plain;
  const std::pair<bool, const char*> given[] = {
      {options.entry.has_value(), "--entry"},
      {options.max_depth != plain.max_depth, "--max-depth"},
      {options.fuel.has_value(), "--fuel"},
      {options.timeout.has_value(), "--timeout"},
      {options.reduce != plain.reduce, "--reduce"},
      {options.out.has_value(), "--out"},
      {options.fail_fast, "--fail-fast"},
      {options.memo, "--memo"},
      {options.stats, "--stats"},
      {options.resume, "--resume"},
  };
  for (const auto& [is, option] : given) {
    if (!is) continue;
    return Error{
        Fault::Usage,
        fmt::format("`{}` is a built-in kernel, which is measured: it takes -n, --threads, "
                    "--engine and --no-cache, but not {}",
                    options.program, option)};
  }
  return std::nullopt;
}

// A built-in kernel, ready to run.
struct Ready {
  const ParOptions& options;
  const Kernel& kernel;
  const std::vector<std::string>& words;
  Module& module;
  std::uint32_t entry;
  std::shared_ptr<const ir::Program> program;
  // The number of tasks is given, or a time to fill is.
  bool counted;
};

struct Row {
  std::string engine;
  unsigned threads;
  std::uint64_t tasks = 0;
  double seconds = 0;

  [[nodiscard]] double rate() const { return static_cast<double>(tasks) / seconds; }
};

Result<Row> run_once(const Ready& ready, Engine& engine, unsigned threads,
                     std::optional<std::uint64_t> tasks) {
  const Result<TaskArguments> arguments =
      bind_arguments(ready.words, ready.module.assembly.functions[ready.entry],
                     ready.module.assembly.names[ready.entry], tasks, false);
  if (!arguments) return std::unexpected(arguments.error());
  par::JobOptions how;
  how.tasks = arguments->tasks;
  how.threads = threads;
  how.reduce = par::Operation::Sum;
  par::Job job(*ready.program, engine, arguments->sources, how);
  const auto begin = std::chrono::steady_clock::now();
  const Result<par::Report> report = job.run();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (!report) return std::unexpected(report.error());
  if (report->trapped() > 0) {
    return std::unexpected(
        Error{Fault::Usage, fmt::format("{}({}) traps: {}", ready.kernel.name, joined(ready.words),
                                        name(report->first.front().trap))});
  }
  return Row{{}, threads, report->done, seconds.count()};
}

// So many tasks that they take about kSeconds, or as many as were asked for.
Result<Row> measure(const Ready& ready, EngineChoice choice, unsigned threads, Listings& listings) {
  constexpr double kSeconds = 0.5;
  constexpr double kEnoughToTell = 0.02;
  EngineSettings settings = ready.options.engine;
  settings.choice = choice;
  const Result<ChosenEngine> chosen = choose_engine(settings, ready.program, {}, listings, nullptr);
  if (!chosen) return std::unexpected(chosen.error());
  const InterruptGuard guard(*chosen->engine, {});
  const auto named = [&](Result<Row> row) {
    if (row) row->engine = chosen->name;
    return row;
  };
  if (ready.counted) {
    return named(run_once(ready, *chosen->engine, threads, ready.options.tasks));
  }
  Result<Row> row = run_once(ready, *chosen->engine, threads, threads);
  while (row && row->seconds < kEnoughToTell && !InterruptGuard::stopped()) {
    row = run_once(ready, *chosen->engine, threads, row->tasks * 4);
  }
  if (!row || row->seconds >= kSeconds || InterruptGuard::stopped()) return named(row);
  const double more = std::max(1.0, kSeconds / row->seconds);
  const auto tasks = static_cast<std::uint64_t>(static_cast<double>(row->tasks) * more);
  return named(run_once(ready, *chosen->engine, threads, tasks));
}

void say_head(const Ready& ready) {
  std::fputs(fmt::format("{:<28} {:>14} {:>9} {:>14} {:>9}\n",
                         fmt::format("{}({})", ready.kernel.name, joined(ready.words)), "tasks",
                         "seconds", "tasks/s", "speed-up")
                 .c_str(),
             stdout);
}

void say(const Ready& ready, const Row& row, const Row& first, const Common& common) {
  const double speed_up = row.rate() / first.rate();
  if (common.json) {
    std::fputs(line({{"kernel", std::string(ready.kernel.name)},
                     {"arguments", ready.words},
                     {"engine", row.engine},
                     {"threads", row.threads},
                     {"tasks", row.tasks},
                     {"seconds", row.seconds},
                     {"tasks_a_second", row.rate()},
                     {"speed_up", speed_up}})
                   .c_str(),
               stdout);
  } else {
    const std::string rate = row.rate() < 1000 ? fmt::format("{:.3g}", row.rate())
                                               : grouped(static_cast<std::uint64_t>(row.rate()));
    std::fputs(fmt::format("{:<28} {:>14} {:>9.3f} {:>14} {:>9.2f}\n",
                           fmt::format("{}, {} thread{}", row.engine, row.threads,
                                       row.threads == 1 ? "" : "s"),
                           grouped(row.tasks), row.seconds, rate, speed_up)
                   .c_str(),
               stdout);
  }
  std::fflush(stdout);
}

}  // namespace

bool is_kernel(const std::string& program) { return find_kernel(program) != nullptr; }

int list_kernels(const Common& common) {
  for (const Kernel& kernel : kernels()) {
    const std::string text =
        common.json
            ? line({{"kernel", std::string(kernel.name)},
                    {"arguments", kernel.arguments},
                    {"about", std::string(kernel.about)}})
            : fmt::format("{:<14} {:<24} {}\n", kernel.name,
                          fmt::format("{}", fmt::join(kernel.arguments, " ")), kernel.about);
    std::fputs(text.c_str(), stdout);
  }
  return kFine;
}

int bench_kernel(const ParOptions& options, const Common& common) {
  if (options.tasks == 0) return fail({Fault::Usage, "no task takes no time"}, common);
  if (const std::optional<Error> no = refused(options)) return fail(*no, common);
  const Kernel& kernel = *find_kernel(options.program);
  const auto text = std::ranges::find(builtin_kernels(), kernel.name, &Builtin::name);
  Module module{{std::string(kernel.name), std::string(text->text)}, {}, nullptr, {}};
  module.assembly = assemble(module.source.text);
  const Result<std::uint32_t> entry = find_entry(module, std::string(kernel.entry));
  if (!entry) return fail(entry.error(), common);
  auto linked = ir::link(module.assembly.functions, *entry);
  const std::vector<std::string>& words =
      options.arguments.empty() ? kernel.arguments : options.arguments;
  const bool by_arguments = std::ranges::any_of(words, [](const std::string& word) {
    return word.find("..") != std::string::npos || word.starts_with('@');
  });
  const Ready ready{options,
                    kernel,
                    words,
                    module,
                    *entry,
                    std::make_shared<const ir::Program>(std::move(*linked)),
                    by_arguments || options.tasks.has_value()};
  Listings listings(module);
  std::vector<EngineChoice> choices = {EngineChoice::Interp, EngineChoice::Jit};
  if (options.engine.choice != EngineChoice::Auto) choices = {options.engine.choice};
  std::vector<unsigned> threads = {1};
  if (const unsigned all = options.threads.value_or(all_threads()); all > 1) threads.push_back(all);
  std::optional<Row> first;
  for (const EngineChoice choice : choices) {
    for (const unsigned count : threads) {
      const Result<Row> row = measure(ready, choice, count, listings);
      if (InterruptGuard::stopped()) return kStopped;
      if (!row) return fail(row.error(), common);
      if (!first && !common.json) say_head(ready);
      if (!first) first = *row;
      say(ready, *row, *first, common);
    }
  }
  return kFine;
}

}  // namespace rosetta
