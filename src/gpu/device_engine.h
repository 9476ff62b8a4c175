// The engine that runs tasks on devices. Where a task needs more stack or fuel than a launch gives,
// it runs again with more of it; what is left in the end, the processor runs. So its results, traps
// and limits are those of every engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "gpu/device.h"

namespace rosetta::gpu {

class DeviceEngine : public Engine {
 public:
  // How the tasks were run so far: launches, tasks that ran again, tasks that the processor ran.
  [[nodiscard]] virtual std::string story() const = 0;
};

// `program` is what the kernel was made from, before its stacks became explicit; it has to outlive
// the engine. `most_cells` is what a task's stack can have at most (ir::most_stack_cells). Reports
// of traps have neither place nor chain (see engine/replay.h). Prints are dropped. There is at
// least one device; runs at once are spread over all of them.
std::unique_ptr<DeviceEngine> make_device_engine(const ir::Program& program,
                                                 std::uint64_t most_cells,
                                                 const EngineOptions& options,
                                                 std::vector<std::unique_ptr<Device>> devices);

}  // namespace rosetta::gpu
