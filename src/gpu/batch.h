// One batch of tasks on a queue: launched, and those that had too little launched again.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gpu/device.h"

namespace rosetta::gpu {

// What there is for a task, and for a launch.
struct Grants {
  std::uint64_t depth = 0;
  std::optional<std::uint64_t> fuel;  // none: as much as it takes
  std::uint64_t most_cells = 0;       // a stack has no more within the depth
  std::uint64_t arena_bytes = 0;      // of a launch's stacks

  // A task gets these at first, and so much more each time that it was too little.
  static constexpr std::uint64_t kFirstCells = 32;
  static constexpr std::uint64_t kFirstFuel = std::uint64_t{1} << 14;
  static constexpr std::uint64_t kFactor = 8;
  // Nothing ends a launch before its tasks end. So a task gets no more fuel than this, and a lane
  // no more tasks than may together use the second.
  static constexpr std::uint64_t kMostFuel = std::uint64_t{1} << 29;
  static constexpr std::uint64_t kMostFuelALane = std::uint64_t{1} << 26;
};

struct Work {
  std::uint64_t launches = 0;
  std::uint64_t reruns = 0;  // of tasks
};

// Runs the `tasks` tasks that the queue has begun, to the end of all but those that it returns:
// they need more than there is here, or came to nothing because of `interrupted`, and their
// statuses say nothing. `tasks` is at most most_tasks().
DeviceResult<std::vector<std::uint32_t>> run_batch(Queue& queue, const DeviceInfo& device,
                                                   std::uint32_t tasks, const Grants& grants,
                                                   const std::atomic<bool>& interrupted,
                                                   Work& work);

// How many tasks a first launch may have.
std::uint64_t most_tasks(const DeviceInfo& device);

}  // namespace rosetta::gpu
