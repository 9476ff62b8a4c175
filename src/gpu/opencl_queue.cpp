#include "gpu/opencl_queue.h"

#include <span>
#include <utility>

namespace rosetta::gpu::opencl {
namespace {

// Memory of the device that is grown and never shrunk.
struct Buffer {
  Handle<cl_mem> memory;
  std::size_t bytes = 0;
};

class OpenClQueue final : public Queue {
 public:
  OpenClQueue(std::shared_ptr<const Kernel> kernel, Handle<cl_command_queue> queue,
              Handle<cl_kernel> function)
      : shared_(std::move(kernel)),
        cl_(*shared_->library),
        queue_(std::move(queue)),
        kernel_(std::move(function)) {}

  DeviceResult<void> begin(std::uint64_t first, std::uint32_t tasks,
                           std::span<const Cell> arguments, std::uint32_t results) override {
    first_ = first;
    tasks_ = tasks;
    return in_order([&] { return grow(arguments_, arguments.size_bytes()); },
                    [&] { return grow(results_, sizeof(Cell) * tasks * results); },
                    [&] { return grow(statuses_, tasks); },
                    [&] { return grow(totals_, sizeof(Totals)); },
                    [&] { return write(arguments_, std::as_bytes(arguments), CL_TRUE); });
  }

  DeviceResult<Totals> launch(const Launch& launch) override {
    static constexpr Totals kFresh = [] {
      Totals totals;
      totals.of[kTotalFirst] = 0xffff'ffff;
      return totals;
    }();
    Totals totals;
    const DeviceResult<void> done =
        in_order([&] { return grow(picks_, launch.picks.size_bytes()); },
                 [&] { return grow(arena_, sizeof(Cell) * launch.cells * launch.lanes); },
                 [&] { return write(picks_, std::as_bytes(launch.picks), CL_TRUE); },
                 [&] { return write(totals_, std::as_bytes(std::span(&kFresh, 1)), CL_FALSE); },
                 [&] { return enqueue(launch); },
                 [&] { return read(totals_, 0, std::as_writable_bytes(std::span(&totals, 1))); });
    if (!done) return std::unexpected(done.error());
    return totals;
  }

  DeviceResult<void> end(std::span<Cell* const> results, std::uint8_t* statuses) override {
    const std::size_t column = sizeof(Cell) * tasks_;
    for (std::size_t k = 0; k < results.size(); ++k) {
      const DeviceResult<void> got =
          read(results_, k * column, std::as_writable_bytes(std::span(results[k], tasks_)));
      if (!got) return got;
    }
    return read(statuses_, 0, std::as_writable_bytes(std::span(statuses, tasks_)));
  }

 private:
  // One after the other, up to the first that fails.
  template <class... Steps>
  static DeviceResult<void> in_order(const Steps&... steps) {
    DeviceResult<void> result;
    static_cast<void>(((result = steps()).has_value() && ...));
    return result;
  }

  DeviceResult<void> checked(const char* call, cl_int code,
                             Allocates allocates = Allocates::No) const {
    if (code == CL_SUCCESS) return {};
    return std::unexpected(failure(call, shared_->target.name, code, allocates));
  }

  // What was in it is gone. (The old one goes first: there may be no room for both.)
  DeviceResult<void> grow(Buffer& buffer, std::size_t bytes) {
    if (bytes <= buffer.bytes) return {};
    buffer = {};
    cl_int code = 0;
    const cl_mem memory =
        cl_.clCreateBuffer(shared_->context.get(), CL_MEM_READ_WRITE, bytes, nullptr, &code);
    if (code != CL_SUCCESS) return checked("clCreateBuffer", code, Allocates::Yes);
    buffer = {{memory, {cl_.clReleaseMemObject}}, bytes};
    return {};
  }

  DeviceResult<void> write(const Buffer& buffer, std::span<const std::byte> bytes, cl_bool wait) {
    if (bytes.empty()) return {};
    return checked("clEnqueueWriteBuffer",
                   cl_.clEnqueueWriteBuffer(queue_.get(), buffer.memory.get(), wait, 0,
                                            bytes.size(), bytes.data(), 0, nullptr, nullptr),
                   Allocates::Yes);
  }

  // Waits for all that was enqueued, and says what became of it.
  DeviceResult<void> read(const Buffer& buffer, std::size_t from, std::span<std::byte> bytes) {
    return checked("clEnqueueReadBuffer",
                   cl_.clEnqueueReadBuffer(queue_.get(), buffer.memory.get(), CL_TRUE, from,
                                           bytes.size(), bytes.data(), 0, nullptr, nullptr));
  }

  DeviceResult<void> enqueue(const Launch& launch) {
    const cl_uint count = launch.count;
    const cl_ulong stride = tasks_;
    const cl_mem picks = launch.picks.empty() ? nullptr : picks_.memory.get();
    const DeviceResult<void> set = in_order(
        [&] { return argument(0, count); }, [&] { return argument(1, first_); },
        [&] { return argument(2, stride); }, [&] { return argument(3, picks); },
        [&] { return argument(4, arguments_.memory.get()); },
        [&] { return argument(5, results_.memory.get()); },
        [&] { return argument(6, statuses_.memory.get()); },
        [&] { return argument(7, totals_.memory.get()); },
        [&] { return argument(8, arena_.memory.get()); }, [&] { return argument(9, launch.cells); },
        [&] { return argument(10, launch.depth); }, [&] { return argument(11, launch.fuel); });
    if (!set) return set;
    const std::size_t lanes = launch.lanes;
    const std::size_t group = shared_->info.group;
    return checked("clEnqueueNDRangeKernel",
                   cl_.clEnqueueNDRangeKernel(queue_.get(), kernel_.get(), 1, nullptr, &lanes,
                                              &group, 0, nullptr, nullptr),
                   Allocates::Yes);
  }

  template <class T>
  DeviceResult<void> argument(cl_uint number, const T& value) {
    return checked("clSetKernelArg",
                   cl_.clSetKernelArg(kernel_.get(), number, sizeof value, &value));
  }

  const std::shared_ptr<const Kernel> shared_;
  const Library& cl_;
  const Handle<cl_command_queue> queue_;
  const Handle<cl_kernel> kernel_;
  std::uint64_t first_ = 0;
  std::uint32_t tasks_ = 0;
  Buffer arguments_;
  Buffer results_;
  Buffer statuses_;
  Buffer totals_;
  Buffer picks_;
  Buffer arena_;
};

class OpenClDevice final : public Device {
 public:
  explicit OpenClDevice(std::shared_ptr<const Kernel> kernel) : shared_(std::move(kernel)) {}

  [[nodiscard]] const DeviceInfo& info() const override { return shared_->info; }

  DeviceResult<std::unique_ptr<Queue>> open() override {
    const Library& cl = *shared_->library;
    cl_int code = 0;
    Handle<cl_command_queue> queue{
        cl.clCreateCommandQueue(shared_->context.get(), shared_->target.id, 0, &code),
        {cl.clReleaseCommandQueue}};
    if (code != CL_SUCCESS) {
      return std::unexpected(failure("clCreateCommandQueue", shared_->target.name, code));
    }
    // Each has its own: their arguments are the kernel's.
    Handle<cl_kernel> kernel{cl.clCreateKernel(shared_->program.get(), kKernelName, &code),
                             {cl.clReleaseKernel}};
    if (code != CL_SUCCESS) {
      return std::unexpected(failure("clCreateKernel", shared_->target.name, code));
    }
    return std::make_unique<OpenClQueue>(shared_, std::move(queue), std::move(kernel));
  }

 private:
  const std::shared_ptr<const Kernel> shared_;
};

}  // namespace

std::unique_ptr<Device> make_device(std::shared_ptr<const Kernel> kernel) {
  return std::make_unique<OpenClDevice>(std::move(kernel));
}

}  // namespace rosetta::gpu::opencl
