// The check lines of files, or of the built-in cases, on every engine of this machine.
#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "app/builtin.h"
#include "app/interrupt.h"
#include "app/json.h"
#include "app/passed.h"
#include "app/program.h"
#include "app/report.h"
#include "app/task.h"
#include "engine/interp/interp.h"
#include "text/value.h"

namespace rosetta {
namespace {

struct Tally {
  std::uint64_t passed = 0;
  std::uint64_t cached = 0;  // of those: had passed before, and were not run
  std::uint64_t failed = 0;
};

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
  FileTest(const Module& module, PassedChecks& passed, const Common& common)
      : module_(module),
        passed_(passed),
        common_(common),
        listings_(module),
        lines_(module.source.text) {}

  // What keeps a check from running is said, and gives `status`; the others run all the same.
  Tally run(int& status);

 private:
  Result<bool> passes(const Check& check);
  // Makes program_ the one of an entry; says what is wrong where that cannot be.
  bool link(std::uint32_t entry, int& status);

  const Module& module_;
  PassedChecks& passed_;
  const Common& common_;
  Listings listings_;
  Lines lines_;
  // The program of the last check: the next one is mostly about the same function.
  std::optional<std::uint32_t> entry_;
  ir::Program program_;
};

bool FileTest::link(std::uint32_t entry, int& status) {
  if (entry_ == entry) return true;
  entry_.reset();
  auto linked = ir::link(module_.assembly.functions, entry);
  if (!linked) {
    status = fail(linked.error(), entry, listings_, common_);
    return false;
  }
  program_ = std::move(*linked);
  entry_ = entry;
  return true;
}

Result<bool> FileTest::passes(const Check& check) {
  const ir::Program& program = program_;
  EngineOptions options;
  options.limits.fuel = check.fuel;
  options.limits.max_depth = check.depth.value_or(options.limits.max_depth);
  const std::unique_ptr<Engine> engine = make_interpreter(program, options);
  const std::span<const Type> types = program.entry().results;
  const InterruptGuard guard(*engine, {});
  const Result<TaskResult> task = run_task(*engine, check.arguments, types.size());
  if (InterruptGuard::stopped()) return true;  // whoever asks is told so
  if (!task) return std::unexpected(task.error());
  const Trap trap = task->outcome.trap ? task->outcome.trap->trap : Trap::None;
  const bool same = trap == check.trap && (trap != Trap::None || task->results == check.results);
  if (same) return true;
  if (common_.json) {
    const Position position = lines_.position(check.place.begin);
    std::fputs(line({{"failed", "interp"},
                     {"file", module_.source.name},
                     {"line", position.line},
                     {"wanted", wanted(check, types)},
                     {"got", given(*task, types)}})
                   .c_str(),
               stdout);
    return false;
  }
  std::string text =
      fmt::format("{}: check failed on interp: wanted {}, got {}\n{}",
                  place_text(module_.source, lines_, check.place.begin), wanted(check, types),
                  given(*task, types), excerpt(lines_, check.place, {common_.color}));
  if (task->outcome.trap && check.trap == Trap::None) {
    text += trap_text(*task->outcome.trap, listings_, program, {common_.color});
  }
  std::fputs(text.c_str(), stderr);
  return false;
}

Tally FileTest::run(int& status) {
  Tally tally;
  for (const Check& check : module_.assembly.checks) {
    const std::optional<Hash> key = passed_.key(check, listings_.hash(check.function));
    if (key && passed_.has(*key)) {
      ++tally.passed;
      ++tally.cached;
      continue;
    }
    if (!link(check.function, status)) continue;
    const Result<bool> passed = passes(check);
    if (InterruptGuard::stopped()) break;
    if (!passed) {
      status = fail(passed.error(), common_);
      continue;
    }
    ++(*passed ? tally.passed : tally.failed);
    if (*passed && key) passed_.add(*key);
  }
  return tally;
}

}  // namespace

int test(const TestOptions& options, const Common& common) {
  Tally all;
  int status = kFine;
  OpenStore store(common);
  // The built-in cases ask what this machine computes now.
  PassedChecks passed(store, "interp", options.fresh || options.files.empty());
  const auto add = [&](const Module& module) {
    if (module.assembly.checks.empty() && !common.json) {
      std::fputs(fmt::format("{}: no check lines\n", module.source.name).c_str(), stderr);
    }
    const Tally tally = FileTest(module, passed, common).run(status);
    all.passed += tally.passed;
    all.cached += tally.cached;
    all.failed += tally.failed;
  };
  for (const std::string& file : options.files) {
    if (InterruptGuard::stopped()) break;
    if (const auto module = load_file(file, store, common, status)) add(*module);
  }
  if (options.files.empty()) {
    for (const Builtin& builtin : builtin_cases()) {
      Module module{{std::string(builtin.name), std::string(builtin.text)}, {}, nullptr, {}};
      module.assembly = assemble(module.source.text);
      add(module);
    }
  }
  if (const Result<void> kept = passed.keep(); !kept) {
    std::fputs(fmt::format("rosettavm: what passed could not be kept: {}\n",
                           printable_lines(kept.error().message))
                   .c_str(),
               stderr);
  }
  if (common.json) {
    std::fputs(line({{"engine", "interp"},
                     {"passed", all.passed},
                     {"cached", all.cached},
                     {"failed", all.failed}})
                   .c_str(),
               stdout);
  } else {
    const std::string cached = all.cached == 0 ? "" : fmt::format(" ({} cached)", all.cached);
    std::fputs(
        fmt::format("interp: {} passed{}, {} failed\n", all.passed, cached, all.failed).c_str(),
        stdout);
  }
  if (InterruptGuard::stopped()) {
    if (!common.json) std::fputs("stopped before the last check\n", stderr);
    return kStopped;
  }
  if (status != kFine) return status;
  return all.failed == 0 ? kFine : kTrapped;
}

}  // namespace rosetta
