// The kernel of a text, compiled for one device.
#pragma once

#include <string>

#include "engine/cache.h"
#include "gpu/opencl_library.h"

namespace rosetta::gpu::opencl {

// A device, and what of its texts of information is needed.
struct Target {
  cl_device_id id = nullptr;
  std::string name;
  std::string versions;  // of all that may make other code from one text
};

struct Compiled {
  Handle<cl_program> program;
  std::string story;  // where it came from, for people
};

// Takes the driver's code from the cache, or compiles and keeps it. `cache` may be null. The error
// has what the driver's compiler says.
Result<Compiled> compile(const Library& library, cl_context context, const Target& target,
                         const std::string& text, const Cache* cache);

}  // namespace rosetta::gpu::opencl
