#include "gpu/opencl_library.h"

#include <dlfcn.h>

#include <algorithm>

namespace rosetta::gpu::opencl {
namespace {

struct Code {
  cl_int code;
  const char* name;
  const char* meaning = "";
};
constexpr Code kCodes[] = {
#define CODE(name, ...) \
  { name, #name __VA_OPT__(, ) __VA_ARGS__ }
    CODE(CL_DEVICE_NOT_FOUND),
    CODE(CL_DEVICE_NOT_AVAILABLE, "another process may have it to itself"),
    CODE(CL_COMPILER_NOT_AVAILABLE, "the driver cannot compile"),
    CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE, "the device has not so much memory left"),
    CODE(CL_OUT_OF_RESOURCES, "the device has not so much memory or so many registers left"),
    CODE(CL_OUT_OF_HOST_MEMORY, "the driver got no memory from the system"),
    CODE(CL_BUILD_PROGRAM_FAILURE, "the driver's compiler refuses the text"),
    CODE(CL_INVALID_VALUE),
    CODE(CL_INVALID_PLATFORM),
    CODE(CL_INVALID_DEVICE),
    CODE(CL_INVALID_CONTEXT),
    CODE(CL_INVALID_QUEUE_PROPERTIES),
    CODE(CL_INVALID_COMMAND_QUEUE, "an earlier command broke the queue"),
    CODE(CL_INVALID_MEM_OBJECT),
    CODE(CL_INVALID_BINARY),
    CODE(CL_INVALID_BUILD_OPTIONS),
    CODE(CL_INVALID_PROGRAM),
    CODE(CL_INVALID_PROGRAM_EXECUTABLE, "the driver has no code for this device"),
    CODE(CL_INVALID_KERNEL_NAME),
    CODE(CL_INVALID_KERNEL),
    CODE(CL_INVALID_ARG_INDEX),
    CODE(CL_INVALID_ARG_VALUE),
    CODE(CL_INVALID_ARG_SIZE),
    CODE(CL_INVALID_KERNEL_ARGS),
    CODE(CL_INVALID_WORK_GROUP_SIZE),
    CODE(CL_INVALID_WORK_ITEM_SIZE),
    CODE(CL_INVALID_OPERATION),
    CODE(CL_INVALID_BUFFER_SIZE, "the device allows no buffer so large"),
    CODE(CL_INVALID_GLOBAL_WORK_SIZE),
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR", "no driver is registered with the loader"},
#undef CODE
};

}  // namespace

Result<Library> load_library(const std::string& name) {
  void* handle = RTLD_DEFAULT;
  if (dlsym(handle, "clGetPlatformIDs") == nullptr) {
    handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      return std::unexpected(
          Error{Fault::Machine,
                std::string("no OpenCL was found: ") + dlerror() +
                    " (an ICD loader installs it, and a device's driver registers with that; on "
                    "Debian: ocl-icd-libopencl1, and for the processor pocl-opencl-icd)"});
    }
  }
  Library library;
  const char* missing = nullptr;
  const auto look_up = [&](auto& function, const char* symbol) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, symbol));
    if (function == nullptr && missing == nullptr) missing = symbol;
  };
#define OPENCL(function) look_up(library.function, #function);
#include "gpu/opencl_library.def"
#undef OPENCL
  if (missing == nullptr) return library;
  return std::unexpected(Error{Fault::Machine, "the OpenCL library " + name + " has no " + missing +
                                                   ": one of OpenCL 1.2 or newer is needed"});
}

std::string code_text(cl_int code) {
  const auto* const known = std::ranges::find(kCodes, code, &Code::code);
  if (known == std::end(kCodes)) return "code " + std::to_string(code);
  std::string text = known->name + (" (" + std::to_string(code) + ")");
  if (*known->meaning != '\0') text += std::string(": ") + known->meaning;
  return text;
}

DeviceError failure(const char* call, const std::string& device, cl_int code, Allocates allocates) {
  const bool memory = code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES ||
                      code == CL_OUT_OF_HOST_MEMORY || code == CL_INVALID_BUFFER_SIZE;
  return {memory && allocates == Allocates::Yes ? DeviceError::Kind::NoMemory
                                                : DeviceError::Kind::Failed,
          std::string(call) + " failed on OpenCL device `" + device + "`: " + code_text(code)};
}

}  // namespace rosetta::gpu::opencl
