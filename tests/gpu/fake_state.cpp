// All state is behind one mutex. A stream is a list of operations; whoever waits for an event takes
// operations, of any stream, until the event has come, and runs each without the mutex.
#include "gpu/fake_state.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace rosetta::fake_cuda {

std::mutex mutex;
State state;
thread_local std::vector<ContextHandle> current;

namespace {

std::condition_variable something_done;

constexpr std::size_t round_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

// What is asked of a thread, and not of a device.
bool is_of_a_thread(std::string_view symbol) {
  return symbol == "cuCtxPushCurrent_v2" || symbol == "cuCtxPopCurrent_v2";
}

}  // namespace

std::string code_mark() { return "FAKE CUBIN " + std::to_string(state.machine.capability) + "\n"; }

Status fault(Status status, std::string text) {
  state.faults.push_back(std::move(text));
  return status;
}
Status began(std::string_view symbol) {
  ++state.calls;
  Status status = Status::Success;
  for (Failure& failure : state.failures) {
    if (failure.symbol.empty() ? is_of_a_thread(symbol) : failure.symbol != symbol) continue;
    if (failure.from > 1) {
      --failure.from;
    } else if (failure.times > 0) {
      if (failure.times != kForever) --failure.times;
      status = failure.status;
      state.failed = true;
    }
  }
  return status;
}

std::size_t device_bytes_now(int device) {
  std::size_t bytes = 0;
  for (const auto& [at, allocation] : state.allocations) {
    if (allocation.live && allocation.device == device) bytes += allocation.bytes;
  }
  return bytes;
}

std::byte* allocate(std::size_t bytes, int device) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t usable = round_up(bytes, page);
  void* const mapping = mmap(nullptr, usable + page, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  auto* const first = static_cast<std::byte*>(mapping);
  mprotect(first + usable, page, PROT_NONE);
  std::byte* const at = first + usable - round_up(bytes, 16);
  std::memset(at, 0xa5, std::min(bytes, std::size_t{1} << 20));  // (not all of a huge arena)
  state.allocations[at] = {first, usable + page, bytes, device};
  return at;
}

Status free_memory(const char* symbol, const std::byte* at, int device) {
  const auto found = state.allocations.find(at);
  if (found == state.allocations.end() || !found->second.live || found->second.device != device) {
    return fault(kInvalidValue, std::string(symbol) + " of memory that is not there");
  }
  found->second.live = false;
  mprotect(found->second.mapping, found->second.mapped, PROT_NONE);
  madvise(found->second.mapping, found->second.mapped, MADV_DONTNEED);
  return Status::Success;
}
bool is_there(const void* at, std::size_t bytes, int device) {
  const auto* const first = static_cast<const std::byte*>(at);
  auto found = state.allocations.upper_bound(first);
  if (found == state.allocations.begin()) return false;
  const auto& [begin, allocation] = *--found;
  return allocation.live && allocation.device == device &&
         first + bytes <= begin + allocation.bytes;
}

Status append(StreamHandle stream, const ContextOfDriver& context,
              std::function<void(std::unique_lock<std::mutex>&)> operation) {
  if (!owns(state.streams, stream, context)) {
    return fault(kInvalidHandle, "work for a stream that is not there");
  }
  stream->operations.push_back(std::move(operation));
  return Status::Success;
}

void go_on(std::unique_lock<std::mutex>& lock) {
  std::vector<StreamOfDriver*> ready;
  for (const auto& [handle, stream] : state.streams) {
    if (!stream->busy && !stream->operations.empty()) ready.push_back(handle);
  }
  if (ready.empty()) {
    something_done.wait(lock);
    return;
  }
  StreamOfDriver& stream = *ready[state.random() % ready.size()];
  const auto operation = std::move(stream.operations.front());
  stream.operations.pop_front();
  stream.busy = true;
  operation(lock);
  stream.busy = false;
  something_done.notify_all();
}

ContextOfDriver* context_of(DeviceHandle device) {
  const auto index = static_cast<std::size_t>(device);
  return device < 0 || index >= state.contexts.size() ? nullptr : state.contexts[index].get();
}
void reset(Machine machine) {
  const std::lock_guard lock(mutex);
  for (const auto& [at, allocation] : state.allocations) {
    munmap(allocation.mapping, allocation.mapped);
  }
  state = {};
  state.random.seed(machine.seed);
  for (int device = 0; device < machine.devices; ++device) {
    state.contexts.push_back(std::make_unique<ContextOfDriver>(ContextOfDriver{device}));
  }
  state.machine = std::move(machine);
}

void fail(const Failure& failure) {
  const std::lock_guard lock(mutex);
  state.failures.push_back(failure);
}

void fail_no_more() {
  const std::lock_guard lock(mutex);
  state.failures.clear();
}

std::vector<std::string> faults() {
  const std::lock_guard lock(mutex);
  return state.faults;
}

std::vector<std::string> left_over() {
  const std::lock_guard lock(mutex);
  std::vector<std::string> left;
  for (const auto& [at, allocation] : state.allocations) {
    if (allocation.live) {
      left.push_back(std::to_string(allocation.bytes) +
                     (allocation.device == kPinned ? " pinned bytes" : " bytes of a device"));
    }
  }
  if (!state.streams.empty()) left.emplace_back("streams");
  if (!state.events.empty()) left.emplace_back("events");
  if (!state.modules.empty()) left.emplace_back("modules");
  if (!state.links.empty()) left.emplace_back("links");
  for (const auto& context : state.contexts) {
    if (context->retained != 0) left.emplace_back("a context");
  }
  return left;
}

std::uint64_t calls() {
  const std::lock_guard lock(mutex);
  return state.calls;
}

std::uint64_t compilations() {
  const std::lock_guard lock(mutex);
  return state.compilations;
}

std::size_t pending() {
  const std::lock_guard lock(mutex);
  std::size_t operations = 0;
  for (const auto& [handle, stream] : state.streams) operations += stream->operations.size();
  return operations;
}

std::size_t device_bytes(int device) {
  const std::lock_guard lock(mutex);
  return device_bytes_now(device);
}

std::size_t contexts_of_this_thread() { return current.size(); }

}  // namespace rosetta::fake_cuda
