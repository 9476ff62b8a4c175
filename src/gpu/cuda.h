// The CUDA runner: devices through NVIDIA's driver, whose library is opened when it is asked for.
// No toolkit is needed: the driver itself compiles the kernel's PTX.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/cache.h"
#include "gpu/cuda_gpu.h"
#include "gpu/device.h"

namespace rosetta::gpu {

inline constexpr char kCudaLibrary[] = "libcuda.so.1";

struct CudaGpu {
  DeviceInfo info;  // `lanes` for a kernel of few registers; a device with its kernel knows better
  std::uint32_t capability = 0;  // 86 is 8.6
  std::uint32_t multiprocessors = 0;
};

// The driver and its GPUs. May be used from any thread; the devices that it made outlive it.
class Cuda {
 public:
  // `library` as dlopen takes it. The error says what is not there: a driver, a new enough one, a
  // GPU.
  static Result<std::unique_ptr<Cuda>> open(const std::string& library = kCudaLibrary);

  // Of CUDA, that the driver has; 12040 is 12.4.
  [[nodiscard]] int version() const { return version_; }
  [[nodiscard]] const std::vector<CudaGpu>& gpus() const { return gpus_; }

  struct Loaded {
    std::unique_ptr<Device> device;
    std::string code;  // where its code came from, for people
  };
  // A GPU with the kernel of this PTX. `cache` may be null.
  Result<Loaded> load(std::size_t gpu, const std::string& ptx, const Cache* cache);

 private:
  Cuda() = default;
  DeviceResult<std::shared_ptr<const cuda::Gpu>> opened(std::size_t gpu);

  cuda::Functions driver_;
  int version_ = 0;
  std::vector<CudaGpu> gpus_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const cuda::Gpu>> opened_;  // null: not yet. Behind the mutex
};

// The least capability that the PTX is for: the number in its `.target sm_60`. 0 where there is
// none.
std::uint32_t capability_of(std::string_view ptx);

}  // namespace rosetta::gpu
