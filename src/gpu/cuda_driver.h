// What of the CUDA driver's binary interface is used, as it is in the driver's library. It is
// written down here, so that neither building nor running takes NVIDIA's toolkit; a test holds it
// against the toolkit's header where there is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace rosetta::gpu::cuda {

using DeviceHandle = int;
using Address = unsigned long long;  // in a device's memory
using ContextHandle = struct ContextOfDriver*;
using ModuleHandle = struct ModuleOfDriver*;
using FunctionHandle = struct FunctionOfDriver*;
using StreamHandle = struct StreamOfDriver*;
using EventHandle = struct EventOfDriver*;
using LinkHandle = struct LinkOfDriver*;

enum class Status : std::uint32_t {
  Success = 0,
  OutOfMemory = 2,
  NoDevice = 100,
  UnsupportedPtxVersion = 222,
};

enum class Attribute : std::uint32_t {
  Multiprocessors = 16,
  ThreadsPerMultiprocessor = 39,
  CapabilityMajor = 75,
  CapabilityMinor = 76,
};

enum class LinkOption : std::uint32_t { ErrorLog = 5, ErrorLogBytes = 6 };
enum class LinkInput : std::uint32_t { Ptx = 1 };

inline constexpr unsigned kStreamOfItsOwn = 1;   // does not wait for the default stream
inline constexpr unsigned kEventThatSleeps = 1;  // who waits for it leaves the processor alone
inline constexpr unsigned kEventWithoutTime = 2;

// A function of the library, with its name for messages.
template <class... Parameters>
struct Entry {
  const char* symbol;
  Status (*function)(Parameters...) = nullptr;
};

struct Functions {
#define CUDA(name, exported, ...) Entry<__VA_ARGS__> name{#exported};
#include "gpu/cuda_driver.def"
#undef CUDA

  // "CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure", as the driver itself calls it.
  [[nodiscard]] std::string text(Status status) const;
};

// Opens the library (a path, or a name that the system's loader knows), and keeps it. The error
// says whether there is none or one that is too old.
Result<Functions> load_driver(const std::string& library);

}  // namespace rosetta::gpu::cuda
