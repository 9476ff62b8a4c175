// What the engine for devices drives: a device that has the program's kernel, and its queues. The
// OpenCL runner, the CUDA runner and the tests' fake implement it.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "engine/kernel.h"
#include "isa/type.h"

namespace rosetta::gpu {

struct DeviceError {
  enum class Kind : std::uint8_t {
    NoMemory,  // less at once may do
    Failed,    // whatever else: the device is lost, the launch was refused
  };
  Kind kind = Kind::Failed;
  std::string message;  // what was done, on which device, and what the runtime says of it
};
template <class T>
using DeviceResult = std::expected<T, DeviceError>;

struct DeviceInfo {
  std::string name;          // as its maker calls it
  std::uint64_t memory = 0;  // bytes, of which a queue may ask for a part
  std::uint32_t lanes = 0;   // threads that keep it busy, a multiple of `group`
  std::uint32_t group = 1;   // threads in a group (a block of CUDA's)
};

// One launch over the batch that the queue has; see engine/kernel.h.
struct Launch {
  std::uint32_t count = 0;
  std::span<const std::uint32_t> picks;  // which tasks of the batch; none: the first `count`
  std::uint32_t lanes = 0;               // a multiple of the device's group
  std::uint64_t cells = 0;
  std::uint64_t depth = 0;
  std::uint64_t fuel = 0;
};

struct Totals {
  std::uint32_t of[kTotals] = {};
};

// A queue does one thing after the other, for one thread at a time; several queues overlap. What
// it has on the device is kept for the next batch, and grows as needed. Behind a Kind::NoMemory it
// can be used as before, and has the batch that it had (of begin(): none); behind another error it
// cannot be used.
class Queue {
 public:
  virtual ~Queue() = default;

  // A batch of `tasks` tasks, the first with number `first`: `arguments` as the kernel wants them,
  // and `results` columns.
  virtual DeviceResult<void> begin(std::uint64_t first, std::uint32_t tasks,
                                   std::span<const Cell> arguments, std::uint32_t results) = 0;
  // Runs the kernel and waits for it.
  virtual DeviceResult<Totals> launch(const Launch& launch) = 0;
  // The batch's columns, results[k] of `tasks` cells, and its statuses. Of no columns where
  // `results` is empty. What is launched afterwards is fetched by another call.
  virtual DeviceResult<void> end(std::span<Cell* const> results, std::uint8_t* statuses) = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual const DeviceInfo& info() const = 0;
  virtual DeviceResult<std::unique_ptr<Queue>> open() = 0;
};

}  // namespace rosetta::gpu
