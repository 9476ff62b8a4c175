#include "gpu/cuda_driver.h"

#include <dlfcn.h>

namespace rosetta::gpu::cuda {
namespace {

template <class... Parameters>
bool found(Entry<Parameters...>& entry, void* library) {
  entry.function = reinterpret_cast<Status (*)(Parameters...)>(dlsym(library, entry.symbol));
  return entry.function != nullptr;
}

}  // namespace

std::string Functions::text(Status status) const {
  const char* name = nullptr;
  const char* text = nullptr;
  if (error_name.function(status, &name) != Status::Success || name == nullptr) {
    return "error " + std::to_string(static_cast<std::uint32_t>(status)) +
           ", which this driver has no name for";
  }
  if (error_text.function(status, &text) != Status::Success || text == nullptr) return name;
  return std::string(name) + ": " + text;
}

Result<Functions> load_driver(const std::string& library) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    return std::unexpected(
        Error{Fault::Machine, std::string("no CUDA driver was found: ") + dlerror() +
                                  " (NVIDIA's driver for the GPU installs it; the CUDA toolkit is "
                                  "not needed)"});
  }
  Functions functions;
  const char* missing = nullptr;
#define CUDA(name, exported, ...) \
  if (!found(functions.name, handle) && missing == nullptr) missing = functions.name.symbol;
#include "gpu/cuda_driver.def"
#undef CUDA
  if (missing == nullptr) return functions;
  dlclose(handle);
  return std::unexpected(Error{Fault::Machine, "the CUDA driver " + library + " has no " + missing +
                                                   ": one of CUDA 11.0 or newer is needed"});
}

}  // namespace rosetta::gpu::cuda
