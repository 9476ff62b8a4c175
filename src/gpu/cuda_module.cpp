#include "gpu/cuda_module.h"

#include <string_view>

namespace rosetta::gpu::cuda {
namespace {

constexpr std::size_t kLogBytes = 8192;

// The GPU's own code (a cubin), from PTX.
DeviceResult<std::string> compile(const Gpu& gpu, const std::string& ptx) {
  // The driver writes into all of these until the link is destroyed.
  std::string log(kLogBytes, '\0');
  LinkOption options[] = {LinkOption::ErrorLog, LinkOption::ErrorLogBytes};
  void* values[] = {log.data(), reinterpret_cast<void*>(log.size())};
  LinkHandle handle = nullptr;
  Calls calls(gpu);
  calls(gpu.driver.link_create, 2, options, values, &handle);
  if (!calls.fine()) return calls.failure();
  const Link link(gpu, handle);
  void* code = nullptr;
  std::size_t bytes = 0;
  calls(gpu.driver.link_add, handle, LinkInput::Ptx, const_cast<char*>(ptx.c_str()), ptx.size() + 1,
        "rosettavm", 0, nullptr, nullptr);
  calls(gpu.driver.link_complete, handle, &code, &bytes);
  if (calls.fine()) return std::string(static_cast<const char*>(code), bytes);
  DeviceError error = calls.result().error();
  if (calls.status() == Status::UnsupportedPtxVersion) {
    error.message += " (the driver is too old for the kernel's PTX: install a newer one)";
  }
  if (log[0] != '\0') error.message += std::string("; the driver's log:\n") + log.c_str();
  return std::unexpected(std::move(error));
}

DeviceResult<Kernel> kernel_of(std::shared_ptr<const Gpu> gpu, const std::string& code) {
  ModuleHandle module = nullptr;
  Calls calls(*gpu);
  calls(gpu->driver.module_load, &module, code.data());
  if (!calls.fine()) return calls.failure();
  Kernel kernel{gpu, Module(*gpu, module), nullptr, {}};
  calls(gpu->driver.module_function, &kernel.function, module, kKernelName);
  if (!calls.fine()) return calls.failure();
  return kernel;
}

}  // namespace

DeviceResult<Kernel> load_kernel(std::shared_ptr<const Gpu> gpu, const std::string& ptx,
                                 const Hash& key, const Cache* cache) {
  std::string why = "not cached";
  if (cache != nullptr) {
    const Cache::Found found = cache->find(key);
    if (found.bytes) {
      DeviceResult<Kernel> kernel = kernel_of(gpu, *found.bytes);
      if (kernel) kernel->code = "cache hit";
      if (kernel || kernel.error().kind == DeviceError::Kind::NoMemory) return kernel;
    }
    why = "cache miss: " + (found.bytes ? "the GPU does not take it" : found.why);
  }
  const DeviceResult<std::string> code = compile(*gpu, ptx);
  if (!code) return std::unexpected(code.error());
  DeviceResult<Kernel> kernel = kernel_of(std::move(gpu), *code);
  if (!kernel) return kernel;
  if (cache != nullptr) {
    const Result<void> kept = cache->keep(key, *code);
    why += kept ? "; kept now" : "; not kept: " + kept.error().message;
  }
  kernel->code = std::move(why);
  return kernel;
}

}  // namespace rosetta::gpu::cuda
