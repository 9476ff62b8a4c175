// The driver's functions, in the order of gpu/cuda_driver.def.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "engine/kernel.h"
#include "gpu/fake_state.h"

using namespace rosetta;             // NOLINT
using namespace rosetta::fake_cuda;  // NOLINT

namespace {

// A copy, or a part of one, is looked at when it is made and again when it happens.
Status copy(void* to, int to_device, const void* from, int from_device, std::size_t bytes,
            StreamHandle stream, const ContextOfDriver& context) {
  const auto good = [=] {
    return is_there(to, bytes, to_device) && is_there(from, bytes, from_device);
  };
  if (!good()) return fault(kInvalidValue, "a copy of memory that is not there or is not pinned");
  return append(stream, context, [=](std::unique_lock<std::mutex>& lock) {
    if (!good()) {
      fault(kInvalidValue, "memory went before a copy was done");
      return;
    }
    lock.unlock();
    std::memcpy(to, from, bytes);
    lock.lock();
  });
}

}  // namespace

extern "C" {

Status cuInit(unsigned) {
  return without_context(
      __func__, [] { return state.machine.devices == 0 ? Status::NoDevice : Status::Success; });
}

Status cuDriverGetVersion(int* version) {
  return without_context(__func__, [&] {
    *version = state.machine.version;
    return Status::Success;
  });
}

Status cuGetErrorName(Status status, const char** name) {
  static const std::map<Status, const char*> kNames = {
      {kInvalidValue, "CUDA_ERROR_INVALID_VALUE"},
      {Status::OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {Status{46}, "CUDA_ERROR_DEVICE_UNAVAILABLE"},
      {Status::NoDevice, "CUDA_ERROR_NO_DEVICE"},
      {kInvalidImage, "CUDA_ERROR_INVALID_IMAGE"},
      {kInvalidPtx, "CUDA_ERROR_INVALID_PTX"},
      {Status::UnsupportedPtxVersion, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
      {Status{719}, "CUDA_ERROR_LAUNCH_FAILED"},
  };
  const auto found = kNames.find(status);
  if (found == kNames.end()) return kInvalidValue;
  *name = found->second;
  return Status::Success;
}

Status cuGetErrorString(Status, const char** text) {
  *text = "as the fake driver says";
  return Status::Success;
}

Status cuDeviceGetCount(int* count) {
  return without_context(__func__, [&] {
    *count = state.machine.devices;
    return Status::Success;
  });
}

Status cuDeviceGet(DeviceHandle* device, int ordinal) {
  return without_context(__func__, [&] {
    if (context_of(ordinal) == nullptr) return kInvalidDevice;
    *device = ordinal;
    return Status::Success;
  });
}

Status cuDeviceGetName(char* name, int bytes, DeviceHandle device) {
  return without_context(__func__, [&] {
    if (context_of(device) == nullptr) return kInvalidDevice;
    const std::string text = "Fake GPU " + std::string(1, static_cast<char>('A' + device));
    std::strncpy(name, text.c_str(), static_cast<std::size_t>(bytes));
    return Status::Success;
  });
}

Status cuDeviceTotalMem_v2(std::size_t* bytes, DeviceHandle device) {
  return without_context(__func__, [&] {
    if (context_of(device) == nullptr) return kInvalidDevice;
    *bytes = state.machine.memory;
    return Status::Success;
  });
}

Status cuDeviceGetAttribute(int* value, Attribute attribute, DeviceHandle device) {
  return without_context(__func__, [&] {
    if (context_of(device) == nullptr) return kInvalidDevice;
    switch (attribute) {
      case Attribute::Multiprocessors: *value = state.machine.multiprocessors; break;
      case Attribute::ThreadsPerMultiprocessor: *value = state.machine.threads; break;
      case Attribute::CapabilityMajor: *value = state.machine.capability / 10; break;
      case Attribute::CapabilityMinor: *value = state.machine.capability % 10; break;
    }
    return Status::Success;
  });
}

Status cuDevicePrimaryCtxRetain(ContextHandle* context, DeviceHandle device) {
  return without_context(__func__, [&] {
    *context = context_of(device);
    if (*context == nullptr) return kInvalidDevice;
    ++(*context)->retained;
    return Status::Success;
  });
}

Status cuDevicePrimaryCtxRelease_v2(DeviceHandle device) {
  const std::lock_guard lock(mutex);
  const Status status = began(__func__);
  ContextOfDriver* const context = context_of(device);
  if (context == nullptr || context->retained == 0) {
    return fault(kInvalidContext, "a context was released that nobody had");
  }
  --context->retained;
  return status;
}

Status cuCtxPushCurrent_v2(ContextHandle context) {
  const std::lock_guard lock(mutex);
  const Status status = began(__func__);
  if (context == nullptr || context->retained == 0) {
    return fault(kInvalidContext, "a context was made current that nobody has");
  }
  if (status == Status::Success) current.push_back(context);
  return status;
}

Status cuCtxPopCurrent_v2(ContextHandle* context) {
  const std::lock_guard lock(mutex);
  const Status status = began(__func__);
  if (current.empty()) return fault(kInvalidContext, "a context was popped where there is none");
  *context = current.back();
  current.pop_back();
  return status;
}

Status cuLinkCreate_v2(unsigned count, LinkOption* options, void** values, LinkHandle* link) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (count != 2 || options[0] != LinkOption::ErrorLog ||
        options[1] != LinkOption::ErrorLogBytes) {
      return fault(kInvalidValue, "a link without a log");
    }
    auto made = std::make_unique<LinkOfDriver>(
        LinkOfDriver{&context, static_cast<char*>(values[0]),
                     reinterpret_cast<std::size_t>(values[1])});  // NOLINT: as the driver has it
    *link = made.get();
    state.links[*link] = std::move(made);
    return Status::Success;
  });
}

Status cuLinkAddData_v2(LinkHandle link, LinkInput input, void* data, std::size_t bytes,
                        const char*, unsigned, LinkOption*, void**) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (!owns(state.links, link, context)) return fault(kInvalidHandle, "no such link");
    link->ptx.assign(static_cast<const char*>(data), bytes);
    if (input != LinkInput::Ptx || bytes == 0 || link->ptx.back() != '\0') {
      return fault(kInvalidValue, "a link of what is no PTX that ends in a zero");
    }
    link->ptx.pop_back();
    return Status::Success;
  });
}

Status cuLinkComplete(LinkHandle link, void** code, std::size_t* bytes) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (!owns(state.links, link, context)) return fault(kInvalidHandle, "no such link");
    ++state.compilations;
    if (!state.machine.compile(link->ptx)) {
      std::strncpy(link->log, "ptxas fatal: no kernel is there", link->log_bytes - 1);
      return kInvalidPtx;
    }
    link->code = code_mark() + link->ptx;
    *code = link->code.data();
    *bytes = link->code.size() + 1;
    return Status::Success;
  });
}

Status cuLinkDestroy(LinkHandle link) { return give_back(__func__, state.links, link); }

Status cuModuleLoadData(ModuleHandle* module, const void* image) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    const std::string_view code = static_cast<const char*>(image);
    if (!code.starts_with(code_mark())) return kInvalidImage;
    auto made = std::make_unique<ModuleOfDriver>(ModuleOfDriver{
        &context, state.machine.compile(std::string(code.substr(code_mark().size())))});
    *module = made.get();
    state.modules[*module] = std::move(made);
    return Status::Success;
  });
}

Status cuModuleUnload(ModuleHandle module) { return give_back(__func__, state.modules, module); }

Status cuModuleGetFunction(FunctionHandle* function, ModuleHandle module, const char* name) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (!owns(state.modules, module, context)) return fault(kInvalidHandle, "no such module");
    if (std::string_view(name) != gpu::kKernelName) return kNotFound;
    auto made = std::make_unique<FunctionOfDriver>(FunctionOfDriver{module});
    *function = made.get();
    state.functions[*function] = std::move(made);
    return Status::Success;
  });
}

Status cuOccupancyMaxActiveBlocksPerMultiprocessor(int* groups, FunctionHandle function, int group,
                                                   std::size_t) {
  return in_context(__func__, [&](ContextOfDriver&, auto&) {
    if (!state.functions.contains(function)) return fault(kInvalidHandle, "no such function");
    *groups = state.machine.threads / group;
    return Status::Success;
  });
}

Status cuStreamCreate(StreamHandle* stream, unsigned flags) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (flags != kStreamOfItsOwn) return fault(kInvalidValue, "a stream that waits for others");
    auto made = std::make_unique<StreamOfDriver>(StreamOfDriver{&context});
    *stream = made.get();
    state.streams[*stream] = std::move(made);
    return Status::Success;
  });
}

Status cuStreamDestroy_v2(StreamHandle stream) {
  {
    const std::lock_guard lock(mutex);
    if (state.streams.contains(stream) && !stream->operations.empty() && !state.failed) {
      fault(kInvalidHandle, "a stream was destroyed that had work to do");
    }
  }
  return give_back(__func__, state.streams, stream);
}

Status cuEventCreate(EventHandle* event, unsigned) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    auto made = std::make_unique<EventOfDriver>(EventOfDriver{&context});
    *event = made.get();
    state.events[*event] = std::move(made);
    return Status::Success;
  });
}

Status cuEventRecord(EventHandle event, StreamHandle stream) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (!owns(state.events, event, context)) return fault(kInvalidHandle, "no such event");
    const std::uint64_t number = ++event->recorded;
    return append(stream, context, [=](auto&) { event->come = number; });
  });
}

Status cuEventSynchronize(EventHandle event) {
  return in_context(__func__, [&](ContextOfDriver& context, auto& lock) {
    if (!owns(state.events, event, context)) return fault(kInvalidHandle, "no such event");
    const std::uint64_t wanted = event->recorded;
    while (event->come < wanted) go_on(lock);
    return Status::Success;
  });
}

Status cuEventDestroy_v2(EventHandle event) { return give_back(__func__, state.events, event); }

Status cuMemAlloc_v2(Address* address, std::size_t bytes) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (bytes == 0) return fault(kInvalidValue, "an allocation of nothing");
    const std::size_t used = device_bytes_now(context.device);
    if (bytes > state.machine.memory - used) return Status::OutOfMemory;
    std::byte* const at = allocate(bytes, context.device);
    if (at == nullptr) return Status::OutOfMemory;
    *address = reinterpret_cast<Address>(at);
    return Status::Success;
  });
}

Status cuMemFree_v2(Address address) {
  const std::lock_guard lock(mutex);
  const Status status = began(__func__);
  if (current.empty()) return fault(kInvalidContext, "memory freed without a current context");
  const Status freed = free_memory(__func__, pointer(address), current.back()->device);
  return freed == Status::Success ? status : freed;
}

Status cuMemHostAlloc(void** at, std::size_t bytes, unsigned) {
  return in_context(__func__, [&](ContextOfDriver&, auto&) {
    if (bytes == 0) return fault(kInvalidValue, "an allocation of nothing");
    *at = allocate(bytes, kPinned);
    return *at == nullptr ? Status::OutOfMemory : Status::Success;
  });
}

Status cuMemFreeHost(void* at) {
  const std::lock_guard lock(mutex);
  const Status status = began(__func__);
  if (current.empty()) return fault(kInvalidContext, "memory freed without a current context");
  const Status freed = free_memory(__func__, static_cast<std::byte*>(at), kPinned);
  return freed == Status::Success ? status : freed;
}

Status cuMemcpyHtoDAsync_v2(Address to, const void* from, std::size_t bytes, StreamHandle stream) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    return copy(pointer(to), context.device, from, kPinned, bytes, stream, context);
  });
}

Status cuMemcpyDtoHAsync_v2(void* to, Address from, std::size_t bytes, StreamHandle stream) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    return copy(to, kPinned, pointer(from), context.device, bytes, stream, context);
  });
}

Status cuMemsetD32Async(Address to, unsigned value, std::size_t count, StreamHandle stream) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (!is_there(pointer(to), count * sizeof value, context.device)) {
      return fault(kInvalidValue, "memory filled that is not there");
    }
    return append(stream, context,
                  [=](auto&) { std::fill_n(pointer<unsigned>(to), count, value); });
  });
}

Status cuLaunchKernel(FunctionHandle function, unsigned grid, unsigned grid_y, unsigned grid_z,
                      unsigned group, unsigned group_y, unsigned group_z, unsigned shared,
                      StreamHandle stream, void** parameters, void** extra) {
  return in_context(__func__, [&](ContextOfDriver& context, auto&) {
    if (!state.functions.contains(function) || !owns(state.modules, function->module, context)) {
      return fault(kInvalidHandle, "the launch of a function that is not there");
    }
    if (grid == 0 || group == 0 || group > 1024 || grid_y != 1 || grid_z != 1 || group_y != 1 ||
        group_z != 1 || shared != 0 || extra != nullptr) {
      return fault(kInvalidValue, "a launch of another shape than one row");
    }
    KernelCall call{};
    std::size_t next = 0;
    const auto take = [&](auto& into) { std::memcpy(&into, parameters[next++], sizeof into); };
    take(call.count), take(call.first), take(call.stride), take(call.picks);
    take(call.arguments), take(call.results), take(call.statuses), take(call.totals);
    take(call.arena), take(call.cells), take(call.depth), take(call.fuel);
    call.groups = grid;
    call.group = group;
    call.lanes = grid * group;
    call.device = context.device;
    return append(
        stream, context,
        [call, kernel = function->module->kernel](std::unique_lock<std::mutex>& lock) mutable {
          const auto good = [&](const void* at, std::size_t bytes) {
            return bytes == 0 || is_there(at, bytes, call.device);
          };
          if (!good(call.statuses, call.stride) ||
              !good(call.totals, sizeof(unsigned[gpu::kTotals])) ||
              !good(call.arena, call.cells * call.lanes * 8) ||
              !good(call.picks, call.picks == nullptr ? 0 : call.count * sizeof(unsigned))) {
            fault(kInvalidValue, "a kernel over memory that is not there");
            return;
          }
          lock.unlock();
          kernel(call);
          lock.lock();
        });
  });
}

}  // extern "C"

#define CUDA(name, exported, ...) \
  static_assert(std::is_same_v<decltype(&exported), Status (*)(__VA_ARGS__)>);
#include "gpu/cuda_driver.def"
