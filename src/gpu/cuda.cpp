#include "gpu/cuda.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

#include "gpu/cuda_module.h"
#include "gpu/cuda_queue.h"

namespace rosetta::gpu {
namespace {

using cuda::Attribute;
using cuda::Status;

constexpr int kOldestVersion = 11000;
constexpr std::uint32_t kGroup = 128;  // of threads
constexpr std::string_view kContext = "RosettaVM 2026-11-24 CUDA code";

std::unexpected<Error> wrong(std::string message) {
  return std::unexpected(Error{Fault::Machine, std::move(message)});
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string capability_text(std::uint32_t capability) {
  return std::to_string(capability / 10) + "." + std::to_string(capability % 10);
}

std::string numbered(const std::string& name, std::size_t number) {
  return name + " (device " + std::to_string(number) + ")";
}

Result<CudaGpu> describe(const cuda::Functions& driver, int ordinal) {
  Result<void> result;
  const auto ask = [&](const auto& entry, auto... arguments) {
    if (!result) return;
    const Status status = entry.function(arguments...);
    if (status == Status::Success) return;
    result = wrong("CUDA device " + std::to_string(ordinal) + ": " + entry.symbol + ": " +
                   driver.text(status));
  };
  cuda::DeviceHandle device = 0;
  char name[256] = {};
  std::size_t memory = 0;
  ask(driver.device, &device, ordinal);
  ask(driver.device_name, name, static_cast<int>(sizeof name) - 1, device);
  ask(driver.device_memory, &memory, device);
  const auto attribute = [&](Attribute which) {
    int value = 0;
    ask(driver.device_attribute, &value, which, device);
    return static_cast<std::uint32_t>(value);
  };
  CudaGpu gpu;
  gpu.multiprocessors = attribute(Attribute::Multiprocessors);
  gpu.capability =
      attribute(Attribute::CapabilityMajor) * 10 + attribute(Attribute::CapabilityMinor);
  const std::uint32_t groups = attribute(Attribute::ThreadsPerMultiprocessor) / kGroup;
  if (!result) return std::unexpected(result.error());
  gpu.info = {name, memory, gpu.multiprocessors * groups * kGroup, kGroup};
  return gpu;
}

class CudaDevice final : public Device {
 public:
  CudaDevice(DeviceInfo info, cuda::Kernel kernel)
      : info_(std::move(info)), kernel_(std::make_shared<const cuda::Kernel>(std::move(kernel))) {}

  [[nodiscard]] const DeviceInfo& info() const override { return info_; }
  DeviceResult<std::unique_ptr<Queue>> open() override { return cuda::open_queue(kernel_, info_); }

 private:
  DeviceInfo info_;
  std::shared_ptr<const cuda::Kernel> kernel_;
};

Hash key_of(const std::string& ptx, std::uint32_t capability, int version) {
  Hasher hasher(kContext);
  const std::uint32_t numbers[] = {capability, static_cast<std::uint32_t>(version)};
  hasher.update(std::as_bytes(std::span(numbers)));
  hasher.update(std::as_bytes(std::span(ptx)));
  return hasher.digest();
}

}  // namespace

std::uint32_t capability_of(std::string_view ptx) {
  constexpr std::string_view kTarget = ".target sm_";
  const std::size_t place = ptx.find(kTarget);
  std::uint32_t capability = 0;
  if (place == std::string_view::npos) return capability;
  const std::string_view digits = ptx.substr(place + kTarget.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), capability);
  return capability;
}

Result<std::unique_ptr<Cuda>> Cuda::open(const std::string& library) {
  Result<cuda::Functions> driver = cuda::load_driver(library);
  if (!driver) return std::unexpected(driver.error());
  std::unique_ptr<Cuda> made(new Cuda);
  made->driver_ = *driver;
  const auto failed = [&](const auto& entry, Status status) {
    return wrong(std::string("the CUDA driver cannot be used: ") + entry.symbol + ": " +
                 driver->text(status));
  };
  int count = 0;
  Status status = driver->init.function(0);
  if (status != Status::Success && status != Status::NoDevice) return failed(driver->init, status);
  if (status == Status::Success) {
    status = driver->driver_version.function(&made->version_);
    if (status != Status::Success) return failed(driver->driver_version, status);
    if (made->version_ < kOldestVersion) {
      return wrong("the CUDA driver is of CUDA " + version_text(made->version_) +
                   ": one of CUDA 11.0 or newer is needed");
    }
    status = driver->device_count.function(&count);
    if (status != Status::Success) return failed(driver->device_count, status);
  }
  if (count == 0) {
    return wrong(
        "the CUDA driver is there and finds no GPU: `nvidia-smi` and CUDA_VISIBLE_DEVICES "
        "say which it may use");
  }
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    Result<CudaGpu> gpu = describe(*driver, ordinal);
    if (!gpu) return std::unexpected(gpu.error());
    made->gpus_.push_back(std::move(*gpu));
  }
  made->opened_.resize(made->gpus_.size());
  return made;
}

DeviceResult<std::shared_ptr<const cuda::Gpu>> Cuda::opened(std::size_t gpu) {
  const std::lock_guard lock(mutex_);
  if (opened_[gpu] == nullptr) {
    auto made =
        cuda::Gpu::open(driver_, static_cast<int>(gpu), numbered(gpus_[gpu].info.name, gpu));
    if (!made) return made;
    opened_[gpu] = *made;
  }
  return opened_[gpu];
}

Result<Cuda::Loaded> Cuda::load(std::size_t gpu, const std::string& ptx, const Cache* cache) {
  const CudaGpu& chosen = gpus_[gpu];
  if (const std::uint32_t wanted = capability_of(ptx); wanted > chosen.capability) {
    return wrong(numbered(chosen.info.name, gpu) + " has compute capability " +
                 capability_text(chosen.capability) + ", where the kernel needs " +
                 capability_text(wanted) + " or more: choose another device");
  }
  const auto context = opened(gpu);
  if (!context) return wrong(context.error().message);
  DeviceResult<cuda::Kernel> kernel =
      cuda::load_kernel(*context, ptx, key_of(ptx, chosen.capability, version_), cache);
  if (!kernel) return wrong(kernel.error().message);
  int groups = 0;
  cuda::Calls calls(**context);
  calls(driver_.resident_groups, &groups, kernel->function, static_cast<int>(kGroup), 0);
  if (!calls.fine()) return wrong(calls.result().error().message);
  DeviceInfo info = chosen.info;
  info.lanes = chosen.multiprocessors * static_cast<std::uint32_t>(std::max(groups, 1)) * kGroup;
  std::string code = kernel->code;
  return Loaded{std::make_unique<CudaDevice>(std::move(info), std::move(*kernel)), std::move(code)};
}

}  // namespace rosetta::gpu
