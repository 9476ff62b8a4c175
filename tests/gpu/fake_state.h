// What the fake driver has: the state that its functions and the tests' controls share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gpu/fake_cuda.h"

namespace rosetta::gpu::cuda {

struct ContextOfDriver {
  int device;
  int retained = 0;
};
struct ModuleOfDriver {
  ContextHandle context;
  fake_cuda::Kernel kernel;
};
struct FunctionOfDriver {
  ModuleHandle module;
};
struct StreamOfDriver {
  ContextHandle context;
  std::deque<std::function<void(std::unique_lock<std::mutex>&)>> operations{};
  bool busy = false;
};
struct EventOfDriver {
  ContextHandle context;
  std::uint64_t recorded = 0;
  std::uint64_t come = 0;
};
struct LinkOfDriver {
  ContextHandle context;
  char* log;
  std::size_t log_bytes;
  std::string ptx{};
  std::string code{};
};

}  // namespace rosetta::gpu::cuda

namespace rosetta::fake_cuda {

using namespace gpu::cuda;  // NOLINT

inline constexpr Status kInvalidValue{1};
inline constexpr Status kInvalidDevice{101};
inline constexpr Status kInvalidImage{200};
inline constexpr Status kInvalidContext{201};
inline constexpr Status kInvalidPtx{218};
inline constexpr Status kInvalidHandle{400};
inline constexpr Status kNotFound{500};

// Memory with a page behind it that cannot be touched.
struct Allocation {
  std::byte* mapping;
  std::size_t mapped;
  std::size_t bytes;
  int device;  // or kPinned
  bool live = true;
};
inline constexpr int kPinned = -1;

template <class T>
using Made = std::map<T*, std::unique_ptr<T>>;

struct State {
  Machine machine;
  std::mt19937 random;
  std::vector<std::unique_ptr<ContextOfDriver>> contexts;
  Made<ModuleOfDriver> modules;
  Made<FunctionOfDriver> functions;
  Made<StreamOfDriver> streams;
  Made<EventOfDriver> events;
  Made<LinkOfDriver> links;
  std::map<const std::byte*, Allocation> allocations;  // by where they begin; dead ones too
  std::vector<Failure> failures;
  std::vector<std::string> faults;
  std::uint64_t calls = 0;
  std::uint64_t compilations = 0;
  bool failed = false;  // some call did: who wanted to wait may not have been let
};

extern std::mutex mutex;
extern State state;                                      // behind the mutex
extern thread_local std::vector<ContextHandle> current;  // the innermost one last

// How the code of this machine's GPUs begins; the PTX that it is made from comes behind it.
std::string code_mark();

// Notes what was done wrong, and gives `status`.
Status fault(Status status, std::string text);

// Counts a call; what it has to fail with.
Status began(std::string_view symbol);

// A driver's function whose body may need the current context.
template <class Body>
Status in_context(const char* symbol, Body body) {
  std::unique_lock lock(mutex);
  if (const Status status = began(symbol); status != Status::Success) return status;
  if (current.empty()) {
    return fault(kInvalidContext, std::string(symbol) + " without a current context");
  }
  return body(*current.back(), lock);
}

template <class Body>
Status without_context(const char* symbol, Body body) {
  const std::lock_guard lock(mutex);
  if (const Status status = began(symbol); status != Status::Success) return status;
  return body();
}

// Whether the handle is one of these, and of this context.
template <class T>
bool owns(const Made<T>& made, T* handle, const ContextOfDriver& context) {
  const auto found = made.find(handle);
  return found != made.end() && found->second->context == &context;
}

// Giving back works on a device that is lost, too.
template <class T>
Status give_back(const char* symbol, Made<T>& made, T* handle) {
  const std::lock_guard lock(mutex);
  const Status status = began(symbol);
  if (current.empty()) {
    return fault(kInvalidContext, std::string(symbol) + " without a current context");
  }
  if (!owns(made, handle, *current.back())) {
    return fault(kInvalidHandle, std::string(symbol) + " of what is not there");
  }
  made.erase(handle);
  return status;
}

std::size_t device_bytes_now(int device);
std::byte* allocate(std::size_t bytes, int device);
Status free_memory(const char* symbol, const std::byte* at, int device);
// Whether all of it lies in one live allocation of the device, or of pinned memory.
bool is_there(const void* at, std::size_t bytes, int device);

// A device's memory is this machine's.
template <class T = std::byte>
T* pointer(Address address) {
  return reinterpret_cast<T*>(address);
}

using Operation = std::function<void(std::unique_lock<std::mutex>&)>;
Status append(StreamHandle stream, const ContextOfDriver& context, Operation operation);

// Runs one operation of some stream, or waits where another thread has to.
void go_on(std::unique_lock<std::mutex>& lock);

// Null where there is no such device.
ContextOfDriver* context_of(DeviceHandle device);

}  // namespace rosetta::fake_cuda
