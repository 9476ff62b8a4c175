#include "gpu/device_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/wording.h"
#include "engine/interp/interp.h"
#include "gpu/batch.h"
#include "gpu/pack.h"
#include "gpu/queues.h"

namespace rosetta::gpu {
namespace {

// Tasks that no launch could settle.
struct Left {
  std::vector<std::uint64_t> tasks;
  std::uint64_t from;  // and all from this one on
};

// The columns of a batch have one half of a queue's share of the memory, the stacks the other.
std::uint64_t half_share(const DeviceInfo& device) { return device.memory / Queues::kADevice / 2; }

class Tasked final : public DeviceEngine {
 public:
  Tasked(const ir::Program& program, std::uint64_t most_cells, const EngineOptions& options,
         std::vector<std::unique_ptr<Device>> devices)
      : params_(program.entry().params),
        limits_(options.limits),
        most_cells_(most_cells),
        queues_(std::move(devices)),
        processor_(make_interpreter(program, {.limits = options.limits})) {}

  Result<Outcome> run(const Tasks& tasks) override {
    const DeviceResult<Left> left = run_on_device(tasks);
    if (!left) return std::unexpected(Error{Fault::Machine, left.error().message});
    left_ += left->tasks.size() + (tasks.last - left->from);
    // (An interpreter that was interrupted runs nothing, and says so of each task.)
    for (const std::uint64_t task : left->tasks) {
      const Result<void> ran = run_on_processor(tasks, task, task + 1);
      if (!ran) return std::unexpected(ran.error());
    }
    const Result<void> ran = run_on_processor(tasks, left->from, tasks.last);
    if (!ran) return std::unexpected(ran.error());
    return outcome(tasks);
  }

  void interrupt() noexcept override {
    interrupted_.store(true);
    processor_->interrupt();
  }
  [[nodiscard]] bool interrupted() const noexcept override { return interrupted_.load(); }

  [[nodiscard]] std::uint64_t grain() const override { return queues_.most_lanes(); }

  [[nodiscard]] std::string story() const override {
    return fmt::format("launches {}, tasks that ran again {}, tasks that the processor ran {}",
                       grouped(launches_), grouped(reruns_), grouped(left_));
  }

 private:
  DeviceResult<Left> run_on_device(const Tasks& tasks);
  // The tasks of a batch that are left.
  DeviceResult<std::vector<std::uint32_t>> run_batch(const Queues::Lent& lent, const Tasks& tasks,
                                                     std::uint64_t begin, std::uint32_t count);
  [[nodiscard]] std::uint32_t batch_tasks(const DeviceInfo& device, const Tasks& tasks) const;

  Result<void> run_on_processor(const Tasks& tasks, std::uint64_t first, std::uint64_t last) {
    if (first == last) return {};
    const Result<Outcome> ran =
        processor_->run({first, last, tasks.arguments, tasks.results, tasks.statuses});
    if (!ran) return std::unexpected(ran.error());
    return {};
  }

  static Outcome outcome(const Tasks& tasks) {
    if (tasks.first == tasks.last) return {};
    const std::span statuses(tasks.statuses + tasks.first, tasks.statuses + tasks.last);
    const auto trapped = [](std::uint8_t status) { return status != 0; };
    Outcome outcome;
    const auto first = std::ranges::find_if(statuses, trapped);
    if (first == statuses.end()) return outcome;
    outcome.trapped = static_cast<std::uint64_t>(std::count_if(first, statuses.end(), trapped));
    TrapReport& report = outcome.trap.emplace();
    report.trap = static_cast<Trap>(*first);
    report.task = tasks.first + static_cast<std::uint64_t>(first - statuses.begin());
    report.place = Frame::unknown();
    return outcome;
  }

  const std::vector<Type> params_;
  const Limits limits_;
  const std::uint64_t most_cells_;
  Queues queues_;
  std::unique_ptr<Engine> processor_;
  std::atomic<bool> interrupted_ = false;
  std::atomic<std::uint64_t> launches_ = 0;
  std::atomic<std::uint64_t> reruns_ = 0;
  std::atomic<std::uint64_t> left_ = 0;
};

DeviceResult<Left> Tasked::run_on_device(const Tasks& tasks) {
  Left left{{}, tasks.first};
  if (tasks.first == tasks.last || interrupted_.load()) return left;
  DeviceResult<Queues::Lent> lent = queues_.lend();
  if (!lent) return std::unexpected(lent.error());
  std::uint32_t most = batch_tasks(lent->device(), tasks);
  while (left.from < tasks.last && !interrupted_.load() && most > 0) {
    const auto count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(most, tasks.last - left.from));
    const auto some = run_batch(*lent, tasks, left.from, count);
    if (some) {
      for (const std::uint32_t each : *some) left.tasks.push_back(left.from + each);
      left.from += count;
    } else if (some.error().kind == DeviceError::Kind::NoMemory) {
      most = count / 2;
    } else {
      lent->is_broken();
      return std::unexpected(some.error());
    }
  }
  return left;
}

DeviceResult<std::vector<std::uint32_t>> Tasked::run_batch(const Queues::Lent& lent,
                                                           const Tasks& tasks, std::uint64_t begin,
                                                           std::uint32_t count) {
  Packed packed;
  pack(tasks.arguments, params_, begin, count, packed);
  Queue& queue = lent.queue();
  const auto results = static_cast<std::uint32_t>(tasks.results.size());
  const DeviceResult<void> begun = queue.begin(packed.first, count, packed.cells, results);
  if (!begun) return std::unexpected(begun.error());
  const Grants grants{limits_.max_depth, limits_.fuel, most_cells_, half_share(lent.device())};
  Work work;
  auto left = gpu::run_batch(queue, lent.device(), count, grants, interrupted_, work);
  launches_ += work.launches;
  reruns_ += work.reruns;
  if (!left) return left;
  std::vector<Cell*> columns;
  for (Cell* const column : tasks.results) columns.push_back(column + begin);
  const DeviceResult<void> ended = queue.end(columns, tasks.statuses + begin);
  if (!ended) return std::unexpected(ended.error());
  // Of those that are left the device says nothing.
  for (const std::uint32_t each : *left) tasks.statuses[begin + each] = kNoStack;
  for (std::uint64_t task = begin; task < begin + count; ++task) {
    const std::uint8_t status = tasks.statuses[task];
    if (status < kTrapNames.size() || status == kNoStack) continue;
    return std::unexpected(DeviceError{
        DeviceError::Kind::Failed,
        fmt::format("{} computes wrongly: it says that a task ended with status {}, which none has",
                    lent.device().name, status)});
  }
  return left;
}

std::uint32_t Tasked::batch_tasks(const DeviceInfo& device, const Tasks& tasks) const {
  const std::size_t bytes = (tasks.arguments.size() + tasks.results.size()) * sizeof(Cell) + 1;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 31;
  return static_cast<std::uint32_t>(std::min(
      {kMost, most_tasks(device), std::max<std::uint64_t>(half_share(device) / bytes, 1)}));
}

}  // namespace

std::unique_ptr<DeviceEngine> make_device_engine(const ir::Program& program,
                                                 std::uint64_t most_cells,
                                                 const EngineOptions& options,
                                                 std::vector<std::unique_ptr<Device>> devices) {
  return std::make_unique<Tasked>(program, most_cells, options, std::move(devices));
}

}  // namespace rosetta::gpu
