// A device that is none: it runs the interpreter on each task, as the kernel would, pretends that a
// task has as much stack and fuel as a launch gives, and fails when it is told to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/interp/interp.h"
#include "gpu/device.h"

namespace rosetta::gpu {

// What a fake did, and what it is to do; shared by its queues.
struct Script {
  DeviceInfo info{"fake", std::uint64_t{1} << 30, 16, 4};
  // Cells that a task's stack has for a call depth.
  std::uint64_t cells_a_call = 0;
  // Asked before each call: `begin`, `launch` or `end`.
  std::function<std::optional<DeviceError>(const std::string& call)> fails;
  std::uint64_t memory = std::uint64_t{1} << 30;  // of a queue, in fact
  std::function<void(const Launch&)> launched;

  std::mutex mutex;
  std::vector<Launch> launches;  // their picks are gone
  std::vector<std::uint64_t> picks;
  std::atomic<int> open = 0;  // queues
};

class FakeQueue final : public Queue {
 public:
  FakeQueue(const ir::Program& program, Script& script) : program_(program), script_(script) {
    ++script_.open;
  }

  DeviceResult<void> begin(std::uint64_t first, std::uint32_t tasks,
                           std::span<const Cell> arguments, std::uint32_t results) override {
    if (auto error = failure("begin")) return std::unexpected(*error);
    if ((arguments.size() + std::uint64_t{tasks} * results) * sizeof(Cell) > script_.memory) {
      return std::unexpected(no_memory());
    }
    first_ = first;
    tasks_ = tasks;
    arguments_.assign(arguments.begin(), arguments.end());
    results_.assign(std::size_t{tasks} * results, 0xbad);
    statuses_.assign(tasks, 0xbb);
    EXPECT_EQ(results, program_.entry().results.size());
    return {};
  }

  DeviceResult<Totals> launch(const Launch& launch) override {
    if (auto error = failure("launch")) return std::unexpected(*error);
    EXPECT_GT(launch.lanes, 0U);
    EXPECT_EQ(launch.lanes % script_.info.group, 0U);
    EXPECT_LE(launch.count, tasks_);
    if (launch.lanes * launch.cells * sizeof(Cell) > script_.memory) {
      return std::unexpected(no_memory());
    }
    {
      const std::lock_guard lock(script_.mutex);
      script_.launches.push_back(launch);
      script_.launches.back().picks = {};
      script_.picks.push_back(launch.picks.size());
    }
    if (script_.launched) script_.launched(launch);
    const auto interpreter = make_interpreter(
        program_, {.limits = {launch.depth, launch.fuel}, .count = script_.cells_a_call > 0});
    Totals totals;
    totals.of[kTotalFirst] = 0xffff'ffff;
    for (std::uint32_t i = 0; i < launch.count; ++i) {
      const std::uint32_t task = launch.picks.empty() ? i : launch.picks[i];
      const std::uint8_t status = run(*interpreter, task, launch.cells);
      statuses_[task] = status;
      if (status == 0) continue;
      ++totals.of[status == kNoStack ? kTotalNoStack : status];
      if (status != kNoStack) totals.of[kTotalFirst] = std::min(totals.of[kTotalFirst], task);
    }
    return totals;
  }

  DeviceResult<void> end(std::span<Cell* const> results, std::uint8_t* statuses) override {
    if (auto error = failure("end")) return std::unexpected(*error);
    for (std::size_t k = 0; k < results.size(); ++k) {
      std::copy_n(results_.begin() + static_cast<std::ptrdiff_t>(k * tasks_), tasks_, results[k]);
    }
    std::ranges::copy(statuses_, statuses);
    return {};
  }

 private:
  std::optional<DeviceError> failure(const std::string& call) {
    const std::lock_guard lock(script_.mutex);
    return script_.fails ? script_.fails(call) : std::nullopt;
  }
  static DeviceError no_memory() { return {DeviceError::Kind::NoMemory, "fake: no memory"}; }

  // A task's status, and its results where it has any.
  std::uint8_t run(Engine& interpreter, std::uint32_t task, std::uint64_t cells) {
    std::vector<Cell> arguments;
    for (std::size_t k = 0; k < program_.entry().params.size(); ++k) {
      const Cell at = arguments_[2 * k];
      arguments.push_back(at == 0 ? first_ + task : arguments_[at + task * arguments_[2 * k + 1]]);
    }
    std::vector<const Cell*> from;
    for (const Cell& cell : arguments) from.push_back(&cell);
    std::vector<Cell> values(program_.entry().results.size());
    std::vector<Cell*> to;
    for (Cell& cell : values) to.push_back(&cell);
    std::uint8_t status = 0;
    const Result<Outcome> outcome = interpreter.run({0, 1, from, to, &status});
    EXPECT_TRUE(outcome);
    // (The frame that a call with no cells for it would have had counts, too.)
    if (outcome->deepest * script_.cells_a_call > cells) return kNoStack;
    for (std::size_t k = 0; status == 0 && k < values.size(); ++k) {
      results_[k * tasks_ + task] = values[k];
    }
    return status;
  }

  const ir::Program& program_;
  Script& script_;
  std::uint64_t first_ = 0;
  std::uint32_t tasks_ = 0;
  std::vector<Cell> arguments_;
  std::vector<Cell> results_;
  std::vector<std::uint8_t> statuses_;
};

class FakeDevice final : public Device {
 public:
  FakeDevice(const ir::Program& program, Script& script) : program_(program), script_(script) {}
  [[nodiscard]] const DeviceInfo& info() const override { return script_.info; }
  DeviceResult<std::unique_ptr<Queue>> open() override {
    return std::make_unique<FakeQueue>(program_, script_);
  }

 private:
  const ir::Program& program_;
  Script& script_;
};

}  // namespace rosetta::gpu
