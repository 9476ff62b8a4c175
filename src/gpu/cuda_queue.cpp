// A batch is one piece of memory on the device and one of the same layout on this side, pinned, so
// that copies overlap with whatever else runs: arguments, results, statuses, totals. A batch goes
// up in one copy and comes back in one.
#include "gpu/cuda_queue.h"

#include <cstring>

namespace rosetta::gpu::cuda {
namespace {

// Where the batch's parts are, in bytes.
struct Layout {
  std::size_t results = 0;  // the arguments end there
  std::size_t statuses = 0;
  std::size_t totals = 0;
  std::size_t bytes = 0;

  static Layout of(std::size_t arguments, std::uint32_t tasks, std::uint32_t results) {
    Layout layout;
    layout.results = arguments * sizeof(Cell);
    layout.statuses = layout.results + std::size_t{results} * tasks * sizeof(Cell);
    layout.totals = (layout.statuses + tasks + 3) / 4 * 4;
    layout.bytes = layout.totals + sizeof(Totals);
    return layout;
  }
};

// As much memory on the device as pinned on this side.
class Mirrored {
 public:
  [[nodiscard]] Address there() const { return device_.get(); }
  [[nodiscard]] std::byte* here() const { return static_cast<std::byte*>(pinned_.get()); }

  // Unless there is enough already: new memory, with nothing of what was in the old one. On failure
  // the old one stays.
  DeviceResult<void> reserve(const Gpu& gpu, std::size_t bytes) {
    if (bytes <= bytes_) return {};
    Address device = 0;
    Calls calls(gpu);
    calls(gpu.driver.allocate, &device, bytes);
    if (!calls.fine()) return calls.failure();
    DeviceMemory new_device(gpu, device);
    void* pinned = nullptr;
    calls(gpu.driver.allocate_pinned, &pinned, bytes, 0);
    if (!calls.fine()) return calls.failure();
    device_ = std::move(new_device);
    pinned_ = PinnedMemory(gpu, pinned);
    bytes_ = bytes;
    return {};
  }

 private:
  DeviceMemory device_;
  PinnedMemory pinned_;
  std::size_t bytes_ = 0;
};

class CudaQueue final : public Queue {
 public:
  CudaQueue(std::shared_ptr<const Kernel> kernel, DeviceInfo info, Stream stream, Event event)
      : kernel_(std::move(kernel)),
        info_(std::move(info)),
        stream_(std::move(stream)),
        event_(std::move(event)) {}

  // Nothing may still be under way when the memory goes.
  ~CudaQueue() override {
    Calls calls(gpu());
    wait(calls);
  }

  DeviceResult<void> begin(std::uint64_t first, std::uint32_t tasks,
                           std::span<const Cell> arguments, std::uint32_t results) override {
    const Layout layout = Layout::of(arguments.size(), tasks, results);
    Calls calls(gpu());
    // The last batch may still be on its way through the pinned memory.
    wait(calls);
    if (!calls.fine()) return calls.result();
    if (DeviceResult<void> enough = batch_.reserve(gpu(), layout.bytes); !enough) return enough;
    first_ = first;
    tasks_ = tasks;
    layout_ = layout;
    if (arguments.empty()) return {};
    std::memcpy(batch_.here(), arguments.data(), arguments.size_bytes());
    calls(gpu().driver.upload, batch_.there(), batch_.here(), arguments.size_bytes(),
          stream_.get());
    return calls.result();
  }

  DeviceResult<Totals> launch(const Launch& launch) override {
    const Functions& driver = gpu().driver;
    if (DeviceResult<void> enough = reserve_arena(launch); !enough) {
      return std::unexpected(enough.error());
    }
    if (DeviceResult<void> enough = picks_.reserve(gpu(), launch.picks.size_bytes()); !enough) {
      return std::unexpected(enough.error());
    }
    Calls calls(gpu());
    if (!launch.picks.empty()) {
      std::memcpy(picks_.here(), launch.picks.data(), launch.picks.size_bytes());
      calls(driver.upload, picks_.there(), picks_.here(), launch.picks.size_bytes(), stream_.get());
    }
    const Address totals_there = batch_.there() + layout_.totals;
    calls(driver.fill, totals_there, 0, kTotals, stream_.get());
    calls(driver.fill, totals_there + kTotalFirst * sizeof(std::uint32_t), ~0U, 1, stream_.get());
    run_kernel(calls, launch);
    calls(driver.download, batch_.here() + layout_.totals, totals_there, sizeof(Totals),
          stream_.get());
    wait(calls);
    if (!calls.fine()) return calls.failure();
    Totals totals;
    std::memcpy(&totals, batch_.here() + layout_.totals, sizeof totals);
    return totals;
  }

  DeviceResult<void> end(std::span<Cell* const> results, std::uint8_t* statuses) override {
    const std::size_t begin = results.empty() ? layout_.statuses : layout_.results;
    Calls calls(gpu());
    calls(gpu().driver.download, batch_.here() + begin, batch_.there() + begin,
          layout_.statuses + tasks_ - begin, stream_.get());
    wait(calls);
    if (!calls.fine()) return calls.result();
    const std::byte* from = batch_.here() + layout_.results;
    const std::size_t column = tasks_ * sizeof(Cell);
    for (Cell* const to : results) {
      std::memcpy(to, from, column);
      from += column;
    }
    std::memcpy(statuses, batch_.here() + layout_.statuses, tasks_);
    return {};
  }

 private:
  [[nodiscard]] const Gpu& gpu() const { return *kernel_->gpu; }

  void wait(Calls& calls) const {
    calls(gpu().driver.event_record, event_.get(), stream_.get());
    calls(gpu().driver.event_wait, event_.get());
  }

  // Between launches the stacks hold nothing: the old ones go first.
  DeviceResult<void> reserve_arena(const Launch& launch) {
    if (launch.lanes == 0 || launch.cells > info_.memory / sizeof(Cell) / launch.lanes) {
      return std::unexpected(DeviceError{DeviceError::Kind::NoMemory,
                                         gpu().name + ": its memory does not hold " +
                                             std::to_string(launch.lanes) + " stacks of " +
                                             std::to_string(launch.cells) + " cells"});
    }
    const std::size_t bytes = launch.cells * launch.lanes * sizeof(Cell);
    if (bytes <= arena_bytes_) return {};
    arena_ = {};
    arena_bytes_ = 0;
    Address arena = 0;
    Calls calls(gpu());
    calls(gpu().driver.allocate, &arena, bytes);
    if (!calls.fine()) return calls.result();
    arena_ = DeviceMemory(gpu(), arena);
    arena_bytes_ = bytes;
    return {};
  }

  void run_kernel(Calls& calls, const Launch& launch) {
    std::uint32_t count = launch.count;
    std::uint64_t first = first_;
    std::uint64_t stride = tasks_;
    Address picks = launch.picks.empty() ? 0 : picks_.there();
    Address arguments = batch_.there();
    Address results = batch_.there() + layout_.results;
    Address statuses = batch_.there() + layout_.statuses;
    Address totals = batch_.there() + layout_.totals;
    Address arena = arena_.get();
    std::uint64_t cells = launch.cells;
    std::uint64_t depth = launch.depth;
    std::uint64_t fuel = launch.fuel;
    void* parameters[] = {&count,    &first,  &stride, &picks, &arguments, &results,
                          &statuses, &totals, &arena,  &cells, &depth,     &fuel};
    calls(gpu().driver.launch, kernel_->function, launch.lanes / info_.group, 1, 1, info_.group, 1,
          1, 0, stream_.get(), parameters, nullptr);
  }

  std::shared_ptr<const Kernel> kernel_;
  DeviceInfo info_;
  Mirrored batch_;
  Mirrored picks_;
  DeviceMemory arena_;
  std::size_t arena_bytes_ = 0;
  Stream stream_;
  Event event_;
  std::uint64_t first_ = 0;
  std::uint32_t tasks_ = 0;
  Layout layout_;
};

}  // namespace

DeviceResult<std::unique_ptr<Queue>> open_queue(std::shared_ptr<const Kernel> kernel,
                                                const DeviceInfo& info) {
  const Gpu& gpu = *kernel->gpu;
  StreamHandle stream = nullptr;
  EventHandle event = nullptr;
  Calls calls(gpu);
  calls(gpu.driver.stream_create, &stream, kStreamOfItsOwn);
  if (!calls.fine()) return calls.failure();
  Stream owned(gpu, stream);
  calls(gpu.driver.event_create, &event, kEventThatSleeps | kEventWithoutTime);
  if (!calls.fine()) return calls.failure();
  return std::make_unique<CudaQueue>(std::move(kernel), info, std::move(owned), Event(gpu, event));
}

}  // namespace rosetta::gpu::cuda
