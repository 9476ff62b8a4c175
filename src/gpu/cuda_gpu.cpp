#include "gpu/cuda_gpu.h"

namespace rosetta::gpu::cuda {

DeviceResult<std::shared_ptr<const Gpu>> Gpu::open(const Functions& driver, int ordinal,
                                                   std::string name) {
  std::shared_ptr<Gpu> gpu(new Gpu(driver, std::move(name)));
  Status status = driver.device.function(&gpu->device_, ordinal);
  if (status != Status::Success) return std::unexpected(gpu->error(driver.device.symbol, status));
  ContextHandle context = nullptr;
  status = driver.retain_context.function(&context, gpu->device_);
  if (status != Status::Success) {
    return std::unexpected(gpu->error(driver.retain_context.symbol, status));
  }
  gpu->context_ = context;
  return gpu;
}

Gpu::~Gpu() {
  if (context_ != nullptr) driver.release_context.function(device_);
}

DeviceError Gpu::error(std::string_view call, Status status) const {
  return {status == Status::OutOfMemory ? DeviceError::Kind::NoMemory : DeviceError::Kind::Failed,
          name + ": " + std::string(call) + ": " + driver.text(status)};
}

}  // namespace rosetta::gpu::cuda
