// A kernel on its GPU: compiled from PTX by the driver, or found in the cache.
#pragma once

#include <memory>
#include <string>

#include "engine/cache.h"
#include "gpu/cuda_gpu.h"

namespace rosetta::gpu::cuda {

struct Kernel {
  std::shared_ptr<const Gpu> gpu;
  Module module;
  FunctionHandle function = nullptr;
  std::string code;  // where it came from, for people
};

// The key has to say all that the driver's code depends on; `cache` may be null. Where what it has
// is not what this GPU takes, the kernel is compiled again.
DeviceResult<Kernel> load_kernel(std::shared_ptr<const Gpu> gpu, const std::string& ptx,
                                 const Hash& key, const Cache* cache);

}  // namespace rosetta::gpu::cuda
