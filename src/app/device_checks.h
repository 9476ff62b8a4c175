// Check lines on a device, many at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/devices.h"
#include "app/task.h"
#include "text/assemble.h"

namespace rosetta {

// Collects checks and runs them together: their programs are joined, so that the device's compiler
// is asked once for all that do not halt.
class DeviceChecks {
 public:
  // Gives the device with a program's kernel.
  using Load = std::function<Result<std::unique_ptr<gpu::Device>>(const ir::Program& program)>;
  explicit DeviceChecks(Load load) : load_(std::move(load)) {}

  // A program that checks are of, and its number. Nothing where it is too much to compile.
  std::optional<std::size_t> add(ir::Program program);
  void add(const Check& check, std::size_t program);
  // Enough for a compiler.
  [[nodiscard]] bool full() const;

  // Runs the checks. Ctrl-C ends it, and says so to whoever asks.
  Result<void> run();
  // What came of a check that was added; its results are the first of these.
  [[nodiscard]] bool has(const Check& check) const { return results_.contains(&check); }
  [[nodiscard]] const TaskResult& result(const Check& check) const { return results_.at(&check); }

  void clear();

 private:
  struct Added {
    const Check* check;
    std::size_t program;
  };
  Result<void> run(const ir::Program& kernel, bool joined, std::span<const Added> checks);

  Load load_;
  std::vector<ir::Program> programs_;
  std::size_t instructions_ = 0;
  std::vector<Added> checks_;
  std::map<const Check*, TaskResult> results_;
};

}  // namespace rosetta
