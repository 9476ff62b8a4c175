// A queue of the CUDA runner: a stream, what it has on the device, and the pinned memory that it
// copies through.
#pragma once

#include <memory>

#include "gpu/cuda_module.h"

namespace rosetta::gpu::cuda {

DeviceResult<std::unique_ptr<Queue>> open_queue(std::shared_ptr<const Kernel> kernel,
                                                const DeviceInfo& info);

}  // namespace rosetta::gpu::cuda
