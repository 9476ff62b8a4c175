// A GPU, its context, and how the driver is called: what the CUDA runner's parts have in common.
//
// The context is the device's primary one, which all users of CUDA in a process share. The driver
// wants it to be current in the calling thread: Calls makes it so, and gives the thread back the
// one that it had.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gpu/cuda_driver.h"
#include "gpu/device.h"

namespace rosetta::gpu::cuda {

// May be used from any thread.
class Gpu {
 public:
  static DeviceResult<std::shared_ptr<const Gpu>> open(const Functions& driver, int ordinal,
                                                       std::string name);
  ~Gpu();
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  const Functions driver;
  const std::string name;  // "NVIDIA L4 (device 0)"

  [[nodiscard]] ContextHandle context() const { return context_; }
  // What a call that failed becomes.
  [[nodiscard]] DeviceError error(std::string_view call, Status status) const;

 private:
  Gpu(const Functions& functions, std::string text) : driver(functions), name(std::move(text)) {}

  DeviceHandle device_ = 0;
  ContextHandle context_ = nullptr;
};

// Calls in a row, in the GPU's context: after one that fails none is made.
class Calls {
 public:
  explicit Calls(const Gpu& gpu) : gpu_(gpu) {
    (*this)(gpu.driver.push_context, gpu.context());
    entered_ = result_.has_value();
  }
  ~Calls() {
    ContextHandle context = nullptr;
    if (entered_) gpu_.driver.pop_context.function(&context);
  }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  template <class... Parameters>
  Calls& operator()(const Entry<Parameters...>& entry,
                    std::type_identity_t<Parameters>... arguments) {
    if (!result_) return *this;
    status_ = entry.function(arguments...);
    if (status_ != Status::Success) result_ = std::unexpected(gpu_.error(entry.symbol, status_));
    return *this;
  }

  [[nodiscard]] bool fine() const { return result_.has_value(); }
  [[nodiscard]] Status status() const { return status_; }  // of the last call made
  [[nodiscard]] const DeviceResult<void>& result() const { return result_; }
  [[nodiscard]] std::unexpected<DeviceError> failure() const {
    return std::unexpected(result_.error());
  }

 private:
  const Gpu& gpu_;
  bool entered_ = false;
  Status status_ = Status::Success;
  DeviceResult<void> result_;
};

// What the driver made and has to be given back. The GPU has to outlive it.
template <class Handle, auto kGiveBack>
class Owned {
 public:
  Owned() = default;
  Owned(const Gpu& gpu, Handle handle) : gpu_(&gpu), handle_(handle) {}
  Owned(Owned&& other) noexcept
      : gpu_(std::exchange(other.gpu_, nullptr)), handle_(std::exchange(other.handle_, {})) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(gpu_, other.gpu_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  // (Nobody could do anything about it if it failed.)
  ~Owned() {
    if (gpu_ == nullptr) return;
    Calls calls(*gpu_);
    calls(gpu_->driver.*kGiveBack, handle_);
  }

  [[nodiscard]] Handle get() const { return handle_; }

 private:
  const Gpu* gpu_ = nullptr;
  Handle handle_{};
};

using Module = Owned<ModuleHandle, &Functions::module_unload>;
using Stream = Owned<StreamHandle, &Functions::stream_destroy>;
using Event = Owned<EventHandle, &Functions::event_destroy>;
using Link = Owned<LinkHandle, &Functions::link_destroy>;
using DeviceMemory = Owned<Address, &Functions::free>;
using PinnedMemory = Owned<void*, &Functions::free_pinned>;

}  // namespace rosetta::gpu::cuda
