// What of OpenCL is used, from the library that is there when the program runs: neither starting
// the program nor its other engines take one.
#pragma once

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

#include <memory>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "gpu/device.h"

namespace rosetta::gpu::opencl {

struct Library {
#define OPENCL(name) decltype(&::name) name = nullptr;
#include "gpu/opencl_library.def"
#undef OPENCL
};

// Opens it for good. Where the process has an OpenCL already (tools that watch one bring theirs),
// it is that. The error says what was looked for.
Result<Library> load_library(const std::string& name);

// "CL_OUT_OF_RESOURCES (-5)", with what it means where the name does not say it.
std::string code_text(cl_int code);

// Of a call that failed. Only what allocates may fail for want of memory.
enum class Allocates : bool { No, Yes };
DeviceError failure(const char* call, const std::string& device, cl_int code,
                    Allocates allocates = Allocates::No);

// Whatever clCreate… gives, released when it goes. The library outlives it.
template <class T>
struct Release {
  using pointer = T;
  cl_int(CL_API_CALL* release)(T) = nullptr;
  void operator()(T value) const { release(value); }
};
template <class T>
using Handle = std::unique_ptr<std::remove_pointer_t<T>, Release<T>>;

}  // namespace rosetta::gpu::opencl
