// A kernel by hand, as engine/kernel.h wants one, and the fixture of the tests that run it.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "gpu/cuda.h"
#include "gpu/fake_cuda.h"
#include "isa/trap.h"

namespace rosetta::gpu {

inline constexpr char kToyPtx[] = ".version 6.0\n.target sm_60\n.entry rosettavm_tasks()\n";

// A task's value v is its argument, or its number. Where v ends in 7 it traps; it needs v % 10
// cells of stack, and counts in them. Its results are 3 v + 1, and the sum of its cells.
inline constexpr Cell kTrapsOn = 7;
inline Cell toy_first(Cell v) { return 3 * v + 1; }
inline Cell toy_second(Cell v) { return (v % 10) * (v % 10 + 1) / 2; }

inline void toy_task(fake_cuda::KernelCall& call, std::uint32_t task, std::uint32_t lane) {
  const std::uint64_t column = call.arguments[0];
  const Cell v = column == 0 ? call.first + task : call.arguments[column + task];
  const Cell cells = v % 10;
  if (cells == kTrapsOn) {
    call.statuses[task] = static_cast<std::uint8_t>(Trap::IntegerOverflow);
    ++call.totals[static_cast<std::size_t>(Trap::IntegerOverflow)];
    call.totals[kTotalFirst] = std::min(call.totals[kTotalFirst], task);
    return;
  }
  if (cells > call.cells) {
    call.statuses[task] = kNoStack;
    ++call.totals[kTotalNoStack];
    return;
  }
  Cell sum = 0;
  for (Cell c = 0; c < cells; ++c) call.arena[c * call.lanes + lane] = c + 1;
  for (Cell c = 0; c < cells; ++c) sum += call.arena[c * call.lanes + lane];
  call.results[task] = toy_first(v);
  call.results[call.stride + task] = sum;
  call.statuses[task] = 0;
}

inline void toy_kernel(fake_cuda::KernelCall& call) {
  for (std::uint32_t lane = 0; lane < call.lanes; ++lane) {
    for (std::uint32_t i = lane; i < call.count; i += call.lanes) {
      toy_task(call, call.picks == nullptr ? i : call.picks[i], lane);
    }
  }
}

inline fake_cuda::Kernel toy(const std::string& ptx) {
  return ptx.contains(kKernelName) ? toy_kernel : nullptr;
}

class CudaTest : public testing::Test {
 protected:
  CudaTest() { machine({}); }

  void TearDown() override {
    EXPECT_EQ(fake_cuda::faults(), std::vector<std::string>{});
    EXPECT_EQ(fake_cuda::left_over(), std::vector<std::string>{});
    EXPECT_EQ(fake_cuda::contexts_of_this_thread(), 0U);
  }

  static void machine(fake_cuda::Machine machine) {
    if (!machine.compile) machine.compile = [](const std::string& ptx) { return toy(ptx); };
    fake_cuda::reset(std::move(machine));
  }

  static std::unique_ptr<Cuda> driver() {
    Result<std::unique_ptr<Cuda>> cuda = Cuda::open(ROSETTAVM_FAKE_CUDA);
    if (!cuda) ADD_FAILURE() << cuda.error().message;
    return std::move(*cuda);
  }

  static std::unique_ptr<Device> device(Cuda& cuda, std::size_t gpu = 0) {
    Result<Cuda::Loaded> loaded = cuda.load(gpu, kToyPtx, nullptr);
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    return std::move(loaded->device);
  }

  static std::unique_ptr<Queue> queue(Device& device) {
    DeviceResult<std::unique_ptr<Queue>> queue = device.open();
    if (!queue) ADD_FAILURE() << queue.error().message;
    return std::move(*queue);
  }

  static constexpr std::uint32_t kLanes = 256;
  static constexpr std::uint64_t kDepth = 1000;
  static constexpr std::uint64_t kFuel = 1000;
};

// What a batch of the toy came to.
struct ToyBatch {
  std::vector<Cell> values;  // of the tasks
  std::vector<Cell> first;
  std::vector<Cell> second;
  std::vector<std::uint8_t> statuses;

  explicit ToyBatch(std::vector<Cell> all)
      : values(std::move(all)),
        first(values.size(), 11),
        second(values.size(), 12),
        statuses(values.size(), 13) {}
  static ToyBatch numbered(Cell from, std::size_t tasks) {
    std::vector<Cell> values(tasks);
    std::iota(values.begin(), values.end(), from);
    return ToyBatch(std::move(values));
  }

  [[nodiscard]] std::uint32_t tasks() const { return static_cast<std::uint32_t>(values.size()); }

  // As the kernel wants them: a column of its own, or the tasks' numbers.
  [[nodiscard]] std::vector<Cell> arguments(bool as_column) const {
    std::vector<Cell> cells = {0, 0};
    if (!as_column) return cells;
    cells = {2, 1};
    cells.insert(cells.end(), values.begin(), values.end());
    return cells;
  }

  DeviceResult<void> end(Queue& queue) {
    Cell* const columns[] = {first.data(), second.data()};
    return queue.end(columns, statuses.data());
  }

  void expect_done() const {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Cell v = values[i];
      const bool good =
          v % 10 == kTrapsOn
              ? statuses[i] == static_cast<std::uint8_t>(Trap::IntegerOverflow)
              : statuses[i] == 0 && first[i] == toy_first(v) && second[i] == toy_second(v);
      if (!good) ++wrong;
    }
    EXPECT_EQ(wrong, 0U) << "of " << values.size() << " tasks";
  }
};

}  // namespace rosetta::gpu
