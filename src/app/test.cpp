// The check lines of files, or of the built-in cases, on every engine of this machine.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "app/builtin.h"
#include "app/device_checks.h"
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
enum class Tested : std::uint8_t { Interp, Jit, Opencl, Cuda };
constexpr std::string_view kTestedNames[] = {"interp", "jit", "opencl", "cuda"};
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

EngineOptions options_for(const Check& check) {
  EngineOptions options;
  options.limits.fuel = check.fuel;
  options.limits.max_depth = check.depth.value_or(options.limits.max_depth);
  return options;
}

class FileTest {
 public:
  FileTest(const Module& module, const Common& common)
      : module_(module), common_(common), listings_(module), lines_(module.source.text) {}

  // What keeps a check from running is said, and gives `status`; the others run all the same.
  // Those of a device have run there already: see collect().
  Tally run(Tested engine, const DeviceChecks* device, PassedChecks& passed, int& status);

  // Gives the device those that have not passed before.
  void collect(PassedChecks& passed, DeviceChecks& device, int& status);

 private:
  Result<bool> passes(Tested tested, const Check& check);
  // Whether it is what the check wants; else that is said.
  bool passes(Tested tested, const Check& check, TaskResult task);
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
  const DeviceChecks* device_ = nullptr;  // that has run the checks, where one has
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
  if (device_ != nullptr) return device_->has(check);
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
  if (device_ != nullptr) return passes(tested, check, device_->result(check));
  const EngineOptions options = options_for(check);
  const Result<std::unique_ptr<Engine>> made = make(tested, options);
  if (!made) return std::unexpected(made.error());
  const Result<TaskResult> task = [&] {
    const InterruptGuard guard(**made, {});
    return run_task(**made, check.arguments, program_.entry().results.size());
  }();
  if (InterruptGuard::stopped()) return true;  // whoever asks is told so
  if (!task) return std::unexpected(task.error());
  return passes(tested, check, *task);
}

bool FileTest::passes(Tested tested, const Check& check, TaskResult task) {
  const std::span<const Type> types = program_.entry().results;
  if (!task.outcome.trap) task.results.resize(types.size());
  const Trap trap = task.outcome.trap ? task.outcome.trap->trap : Trap::None;
  const bool same = trap == check.trap && (trap != Trap::None || task.results == check.results);
  if (same) return true;
  if (common_.json) {
    const Position position = lines_.position(check.place.begin);
    std::fputs(line({{"failed", std::string(name(tested))},
                     {"file", module_.source.name},
                     {"line", position.line},
                     {"wanted", wanted(check, types)},
                     {"got", given(task, types)}})
                   .c_str(),
               stdout);
    return false;
  }
  const auto [said, is_new] = failures_.try_emplace(&check, given(task, types));
  if (!is_new && said->second == given(task, types)) return false;
  std::string text = fmt::format("{}: check failed on {}: wanted {}, got {}\n{}",
                                 place_text(module_.source, lines_, check.place.begin),
                                 name(tested), wanted(check, types), given(task, types),
                                 excerpt(lines_, check.place, {common_.color}));
  if (task.outcome.trap && check.trap == Trap::None) {
    const EngineOptions options = options_for(check);
    const auto idle = make_interpreter(program_, options);  // (what a guard begins with)
    std::unique_ptr<Engine> replayer;
    InterruptGuard guard(*idle, {});
    find_chain(task, check.arguments, program_, options, replayer, guard);
    text += trap_text(*task.outcome.trap, listings_, program_, {common_.color});
  }
  std::fputs(text.c_str(), stderr);
  return false;
}

void FileTest::collect(PassedChecks& passed_checks, DeviceChecks& device, int& status) {
  std::map<std::uint32_t, std::optional<std::size_t>> added;
  for (const Check& check : module_.assembly.checks) {
    const std::optional<Hash> key = passed_checks.key(check, listings_.hash(check.function));
    if (key && passed_checks.has(*key)) continue;
    const auto [place, is_new] = added.try_emplace(check.function);
    if (is_new && link(check.function, status)) place->second = device.add(program_);
    if (place->second) device.add(check, *place->second);
  }
}

Tally FileTest::run(Tested engine, const DeviceChecks* device, PassedChecks& passed_checks,
                    int& status) {
  device_ = device;
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
  std::string device;  // where it runs on one
  PassedChecks passed;
  std::unique_ptr<DeviceChecks> checks{};  // of the device
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
    Json json{{"engine", std::string(name(column.engine))},
              {"passed", tally.passed},
              {"cached", tally.cached},
              {"failed", tally.failed},
              {"left_out", tally.left_out}};
    if (!column.device.empty()) json["device"] = column.device;
    std::fputs(line(json).c_str(), stdout);
    return;
  }
  const std::string cached = tally.cached == 0 ? "" : fmt::format(" ({} cached)", tally.cached);
  const std::string left_out =
      tally.left_out == 0
          ? ""
          : fmt::format(", {} not run: too much to compile for one file", tally.left_out);
  const std::string on =
      column.device.empty() ? "" : fmt::format(" on {}", printable(column.device));
  std::fputs(fmt::format("{}{}: {} passed{}, {} failed{}\n", name(column.engine), on, tally.passed,
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

// What gives one of OpenCL's devices, or CUDA's, a kernel.
template <class Runner>
DeviceChecks::Load loader(Runner& runner, std::size_t device) {
  return [&runner, device](const ir::Program& kernel) -> Result<std::unique_ptr<gpu::Device>> {
    auto loaded = load_kernel(runner, device, kernel, code_cache());
    if (!loaded) return std::unexpected(loaded.error());
    return std::move(loaded->device);
  };
}

// The checks of files on one engine after the other. On a device those of several files run
// together.
class Suite {
 public:
  Suite(const TestOptions& options, OpenStore& store, const Common& common, int& status);

  void add(Module module);
  // Behind the last file.
  void finish();
  [[nodiscard]] std::vector<Column>& columns() { return columns_; }

 private:
  void run_on(Column& column);

  // A file whose checks wait for devices.
  struct Waiting {
    explicit Waiting(Module of, const Common& common)
        : module(std::move(of)), file(module, common) {}
    Module module;
    FileTest file;
  };

  const Common& common_;
  int& status_;
  std::vector<Column> columns_;
  std::vector<std::unique_ptr<Waiting>> waiting_;
};

Suite::Suite(const TestOptions& options, OpenStore& store, const Common& common, int& status)
    : common_(common), status_(status) {
  // The built-in cases ask what this machine computes now.
  const bool fresh = options.fresh || options.files.empty();
  const auto add = [&](Tested engine, const std::string& device, const std::string& version,
                       DeviceChecks::Load load) {
    columns_.push_back(
        {engine, device, PassedChecks(store, std::string(name(engine)) + version, fresh)});
    if (load) columns_.back().checks = std::make_unique<DeviceChecks>(std::move(load));
  };
  add(Tested::Interp, {}, {}, {});
  if (const auto found = compiler(); found) {
    add(Tested::Jit, {}, {}, {});
  } else {
    say_missing(Tested::Jit, found.error(), common);
  }
  if (const auto found = opencl(); found) {
    const std::size_t place = find_devices((*found)->devices(), {})->front();
    const gpu::OpenClDevice& device = (*found)->devices()[place];
    add(Tested::Opencl, device.name, " " + device.name + " " + device.driver,
        loader(**found, place));
  } else if (options.files.empty()) {
    say_missing(Tested::Opencl, found.error(), common);
  }
  const auto gpus = cuda();
  const auto ptx = compiler();
  if (gpus && ptx) {
    const gpu::DeviceInfo& device = (*gpus)->gpus().front().info;
    add(Tested::Cuda, device.name, fmt::format(" {} {}", device.name, (*gpus)->version()),
        loader(**gpus, 0));
  } else if (options.files.empty()) {
    say_missing(Tested::Cuda, gpus ? ptx.error() : gpus.error(), common);
  }
}

void Suite::add(Module module) {
  if (module.assembly.checks.empty() && !common_.json) {
    std::fputs(fmt::format("{}: no check lines\n", module.source.name).c_str(), stderr);
  }
  waiting_.push_back(std::make_unique<Waiting>(std::move(module), common_));
  FileTest& file = waiting_.back()->file;
  bool full = true;
  for (Column& column : columns_) {
    if (column.checks != nullptr) {
      file.collect(column.passed, *column.checks, status_);
      full = column.checks->full();
      continue;
    }
    add_to(column.tally, file.run(column.engine, nullptr, column.passed, status_));
    if (InterruptGuard::stopped()) return;
  }
  if (full) finish();
}

void Suite::finish() {
  for (Column& column : columns_) {
    if (column.checks != nullptr) run_on(column);
  }
  waiting_.clear();
}

void Suite::run_on(Column& column) {
  if (InterruptGuard::stopped()) return;
  const Result<void> ran = column.checks->run();
  if (InterruptGuard::stopped()) return;
  if (!ran) status_ = fail(ran.error(), common_);
  for (const auto& each : waiting_) {
    if (!ran) break;
    add_to(column.tally,
           each->file.run(column.engine, column.checks.get(), column.passed, status_));
  }
  column.checks->clear();
}

}  // namespace

int test(const TestOptions& options, const Common& common) {
  int status = kFine;
  OpenStore store(common);
  Suite suite(options, store, common, status);
  for (const std::string& file : options.files) {
    if (InterruptGuard::stopped()) break;
    if (auto module = load_file(file, store, common, status)) suite.add(std::move(*module));
  }
  if (options.files.empty()) {
    for (const Builtin& builtin : builtin_cases()) {
      if (InterruptGuard::stopped()) break;
      Module module{{std::string(builtin.name), std::string(builtin.text)}, {}, nullptr, {}};
      module.assembly = assemble(module.source.text);
      suite.add(std::move(module));
    }
  }
  suite.finish();
  std::uint64_t failed = 0;
  bool said = false;
  for (Column& column : suite.columns()) {
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
