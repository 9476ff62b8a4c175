// The check lines of files, or of the built-in cases, on every engine of this machine.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "app/builtin.h"
#include "app/engines.h"
#include "app/interrupt.h"
#include "app/json.h"
#include "app/passed.h"
#include "app/program.h"
#include "app/report.h"
#include "app/task.h"
#include "engine/interp/interp.h"
#include "engine/native/native.h"
#include "text/value.h"

namespace rosetta {
namespace {

// The engines that checks run on, in this order.
enum class Tested : std::uint8_t { Interp, Jit };
constexpr std::string_view kTestedNames[] = {"interp", "jit"};
constexpr std::string_view name(Tested engine) {
  return kTestedNames[static_cast<std::size_t>(engine)];
}

struct Tally {
  std::uint64_t passed = 0;
  std::uint64_t cached = 0;  // of those: had passed before, and were not run
  std::uint64_t failed = 0;
  std::uint64_t left_out = 0;  // too much to compile
};

// Each function that is checked is compiled with all that it calls. For a file in which that is
// more than this many functions or instructions, the checks that are left go without.
constexpr std::size_t kMostCompiledFunctions = 5'000;
constexpr std::size_t kMostCompiledInstructions = 200'000;

std::string values_text(std::span<const Cell> cells, std::span<const Type> types) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    text += (i == 0 ? "" : ", ") + to_text(cells[i], types[i]);
  }
  return types.size() == 1 ? text : "(" + text + ")";
}

// What a check wants, and what an engine gave, in the words of a check line.
std::string wanted(const Check& check, std::span<const Type> types) {
  if (check.trap != Trap::None) return fmt::format("traps {}", name(check.trap));
  return fmt::format("== {}", values_text(check.results, types));
}
std::string given(const TaskResult& task, std::span<const Type> types) {
  if (task.outcome.trap) return fmt::format("traps {}", name(task.outcome.trap->trap));
  return fmt::format("== {}", values_text(task.results, types));
}

class FileTest {
 public:
  FileTest(const Module& module, const Common& common)
      : module_(module), common_(common), listings_(module), lines_(module.source.text) {}

  // What keeps a check from running is said, and gives `status`; the others run all the same.
  Tally run(Tested engine, PassedChecks& passed, int& status);

 private:
  Result<bool> passes(Tested tested, const Check& check);
  Result<std::unique_ptr<Engine>> make(Tested tested, const EngineOptions& options);
  [[nodiscard]] bool fits(Tested tested, const Check& check);
  // Makes program_ the one of an entry; says what is wrong where that cannot be.
  bool link(std::uint32_t entry, int& status);

  const Module& module_;
  const Common& common_;
  Listings listings_;
  Lines lines_;
  // The program of the last check: the next one is mostly about the same function.
  std::optional<std::uint32_t> entry_;
  ir::Program program_;
  std::optional<native::Image> images_[2];  // its code, without and with fuel
  std::set<std::uint32_t> unlinked_;        // entries that could not be
  std::size_t compiled_functions_ = 0;
  std::size_t compiled_instructions_ = 0;
  // What checks that failed gave: the same on another engine is not said again.
  std::map<const Check*, std::string> failures_;
};

bool FileTest::link(std::uint32_t entry, int& status) {
  if (entry_ == entry) return true;
  if (unlinked_.contains(entry)) return false;  // said for another engine
  entry_.reset();
  for (auto& image : images_) image.reset();
  auto linked = ir::link(module_.assembly.functions, entry);
  if (!linked) {
    status = fail(linked.error(), entry, listings_, common_);
    unlinked_.insert(entry);
    return false;
  }
  program_ = std::move(*linked);
  entry_ = entry;
  return true;
}

// Whether what is still to be compiled for a check is not too much.
bool FileTest::fits(Tested tested, const Check& check) {
  if (tested == Tested::Interp || images_[check.fuel.has_value()]) return true;
  compiled_functions_ += program_.functions.size();
  for (const ir::Function& function : program_.functions) {
    compiled_instructions_ += function.code.size();
  }
  return compiled_functions_ <= kMostCompiledFunctions &&
         compiled_instructions_ <= kMostCompiledInstructions;
}

Result<std::unique_ptr<Engine>> FileTest::make(Tested tested, const EngineOptions& options) {
  if (tested == Tested::Interp) return make_interpreter(program_, options);
  const bool fuel = options.limits.fuel.has_value();
  std::optional<native::Image>& image = images_[fuel];
  if (!image) {
    const Result<const native::Compiler*> found = compiler();
    if (!found) return std::unexpected(found.error());
    Result<native::Image> compiled = (*found)->compile(program_, {}, {fuel, nullptr});
    if (!compiled) return std::unexpected(compiled.error());
    image = std::move(*compiled);
  }
  Result<native::Mapping> code = native::Mapping::map(*image);
  if (!code) return std::unexpected(code.error());
  return make_native(program_, options, std::move(*code));
}

Result<bool> FileTest::passes(Tested tested, const Check& check) {
  const ir::Program& program = program_;
  EngineOptions options;
  options.limits.fuel = check.fuel;
  options.limits.max_depth = check.depth.value_or(options.limits.max_depth);
  const Result<std::unique_ptr<Engine>> made = make(tested, options);
  if (!made) return std::unexpected(made.error());
  Engine* const engine = made->get();
  const std::span<const Type> types = program.entry().results;
  std::unique_ptr<Engine> replayer;
  InterruptGuard guard(*engine, {});
  Result<TaskResult> task = run_task(*engine, check.arguments, types.size());
  if (InterruptGuard::stopped()) return true;  // whoever asks is told so
  if (!task) return std::unexpected(task.error());
  const Trap trap = task->outcome.trap ? task->outcome.trap->trap : Trap::None;
  const bool same = trap == check.trap && (trap != Trap::None || task->results == check.results);
  if (same) return true;
  if (common_.json) {
    const Position position = lines_.position(check.place.begin);
    std::fputs(line({{"failed", std::string(name(tested))},
                     {"file", module_.source.name},
                     {"line", position.line},
                     {"wanted", wanted(check, types)},
                     {"got", given(*task, types)}})
                   .c_str(),
               stdout);
    return false;
  }
  const auto [said, is_new] = failures_.try_emplace(&check, given(*task, types));
  if (!is_new && said->second == given(*task, types)) return false;
  std::string text = fmt::format("{}: check failed on {}: wanted {}, got {}\n{}",
                                 place_text(module_.source, lines_, check.place.begin),
                                 name(tested), wanted(check, types), given(*task, types),
                                 excerpt(lines_, check.place, {common_.color}));
  if (task->outcome.trap && check.trap == Trap::None) {
    find_chain(*task, check.arguments, program, options, replayer, guard);
    text += trap_text(*task->outcome.trap, listings_, program, {common_.color});
  }
  std::fputs(text.c_str(), stderr);
  return false;
}

Tally FileTest::run(Tested engine, PassedChecks& passed_checks, int& status) {
  Tally tally;
  for (const Check& check : module_.assembly.checks) {
    const std::optional<Hash> key = passed_checks.key(check, listings_.hash(check.function));
    if (key && passed_checks.has(*key)) {
      ++tally.passed;
      ++tally.cached;
      continue;
    }
    if (!link(check.function, status)) continue;
    if (!fits(engine, check)) {
      ++tally.left_out;
      continue;
    }
    const Result<bool> passed = passes(engine, check);
    if (InterruptGuard::stopped()) break;
    if (!passed) {
      status = fail(passed.error(), common_);
      continue;
    }
    ++(*passed ? tally.passed : tally.failed);
    if (*passed && key) passed_checks.add(*key);
  }
  return tally;
}

}  // namespace

namespace {

// One engine, with what passed on it before and what does now.
struct Column {
  Tested engine;
  PassedChecks passed;
  Tally tally{};
};

void add_to(Tally& sum, const Tally& more) {
  sum.passed += more.passed;
  sum.cached += more.cached;
  sum.failed += more.failed;
  sum.left_out += more.left_out;
}

void say(const Column& column, const Common& common) {
  const Tally& tally = column.tally;
  if (common.json) {
    std::fputs(line({{"engine", std::string(name(column.engine))},
                     {"passed", tally.passed},
                     {"cached", tally.cached},
                     {"failed", tally.failed},
                     {"left_out", tally.left_out}})
                   .c_str(),
               stdout);
    return;
  }
  const std::string cached = tally.cached == 0 ? "" : fmt::format(" ({} cached)", tally.cached);
  const std::string left_out =
      tally.left_out == 0
          ? ""
          : fmt::format(", {} not run: too much to compile for one file", tally.left_out);
  std::fputs(fmt::format("{}: {} passed{}, {} failed{}\n", name(column.engine), tally.passed,
                         cached, tally.failed, left_out)
                 .c_str(),
             stdout);
}

// An engine that this machine has not, is not tested; that is said.
void say_missing(Tested engine, const Error& why, const Common& common) {
  if (common.json) {
    std::fputs(line({{"engine", std::string(name(engine))}, {"missing", why.message}}).c_str(),
               stdout);
    return;
  }
  std::fputs(
      fmt::format("{}: not tested: {}\n", name(engine), printable_lines(why.message)).c_str(),
      stderr);
}

}  // namespace

int test(const TestOptions& options, const Common& common) {
  int status = kFine;
  OpenStore store(common);
  // The built-in cases ask what this machine computes now.
  const bool fresh = options.fresh || options.files.empty();
  std::vector<Column> columns;
  for (const Tested engine : {Tested::Interp, Tested::Jit}) {
    columns.push_back({engine, PassedChecks(store, std::string(name(engine)), fresh)});
  }
  if (const auto found = compiler(); !found) {
    say_missing(Tested::Jit, found.error(), common);
    columns.pop_back();
  }
  const auto add = [&](const Module& module) {
    if (module.assembly.checks.empty() && !common.json) {
      std::fputs(fmt::format("{}: no check lines\n", module.source.name).c_str(), stderr);
    }
    FileTest file(module, common);
    for (Column& column : columns) {
      add_to(column.tally, file.run(column.engine, column.passed, status));
      if (InterruptGuard::stopped()) return;
    }
  };
  for (const std::string& file : options.files) {
    if (InterruptGuard::stopped()) break;
    if (const auto module = load_file(file, store, common, status)) add(*module);
  }
  if (options.files.empty()) {
    for (const Builtin& builtin : builtin_cases()) {
      if (InterruptGuard::stopped()) break;
      Module module{{std::string(builtin.name), std::string(builtin.text)}, {}, nullptr, {}};
      module.assembly = assemble(module.source.text);
      add(module);
    }
  }
  std::uint64_t failed = 0;
  bool said = false;
  for (Column& column : columns) {
    if (const Result<void> kept = column.passed.keep(); !kept && !std::exchange(said, true)) {
      std::fputs(fmt::format("rosettavm: what passed could not be kept: {}\n",
                             printable_lines(kept.error().message))
                     .c_str(),
                 stderr);
    }
    say(column, common);
    failed += column.tally.failed;
  }
  if (InterruptGuard::stopped()) {
    if (!common.json) std::fputs("stopped before the last check\n", stderr);
    return kStopped;
  }
  if (status != kFine) return status;
  return failed == 0 ? kFine : kTrapped;
}

}  // namespace rosetta
