#include "app/device_checks.h"

#include <limits>
#include <span>

#include "gpu/device_engine.h"
#include "ir/explicit.h"
#include "ir/join.h"

namespace rosetta {
namespace {

// Beyond these a compiler gets another kernel.
constexpr std::size_t kMostPrograms = 512;
constexpr std::size_t kMostInstructions = 20'000;

// A device for one engine after the other.
class Borrowed final : public gpu::Device {
 public:
  explicit Borrowed(gpu::Device& device) : device_(device) {}
  [[nodiscard]] const gpu::DeviceInfo& info() const override { return device_.info(); }
  gpu::DeviceResult<std::unique_ptr<gpu::Queue>> open() override { return device_.open(); }

 private:
  gpu::Device& device_;
};

constexpr std::uint64_t one_more(std::uint64_t limit) {
  return limit == std::numeric_limits<std::uint64_t>::max() ? limit : limit + 1;
}

using Limited = std::pair<std::optional<std::uint64_t>, std::optional<std::uint64_t>>;
Limited limits(const Check& check) { return {check.fuel, check.depth}; }

}  // namespace

std::optional<std::size_t> DeviceChecks::add(ir::Program program) {
  std::size_t instructions = 0;
  for (const ir::Function& function : program.functions) instructions += function.code.size();
  if (instructions > kMostInstructions) return std::nullopt;
  instructions_ += instructions;
  programs_.push_back(std::move(program));
  return programs_.size() - 1;
}

void DeviceChecks::add(const Check& check, std::size_t program) {
  checks_.push_back({&check, program});
}

bool DeviceChecks::full() const {
  return programs_.size() >= kMostPrograms || instructions_ >= kMostInstructions;
}

void DeviceChecks::clear() {
  programs_.clear();
  instructions_ = 0;
  checks_.clear();
  results_.clear();
}

Result<void> DeviceChecks::run() {
  std::vector<const ir::Program*> joined;
  std::vector<Added> joined_checks;
  std::vector<std::optional<std::size_t>> places(programs_.size());
  std::map<std::size_t, std::vector<Added>> alone;
  for (const Added& each : checks_) {
    const ir::Program& program = programs_[each.program];
    if (ir::halts(program)) {
      alone[each.program].push_back(each);
      continue;
    }
    std::optional<std::size_t>& place = places[each.program];
    if (!place) {
      place = joined.size();
      joined.push_back(&program);
    }
    joined_checks.push_back({each.check, *place});
  }
  for (const auto& [program, checks] : alone) {
    const Result<void> ran = run(programs_[program], false, checks);
    if (!ran) return ran;
  }
  if (joined.empty()) return {};
  return run(ir::join(joined), true, joined_checks);
}

Result<void> DeviceChecks::run(const ir::Program& kernel, bool joined,
                               std::span<const Added> checks) {
  const Result<std::unique_ptr<gpu::Device>> device = load_(kernel);
  if (!device) return std::unexpected(device.error());
  const Result<ir::Program> stacked = ir::with_explicit_stacks(kernel);
  if (!stacked) return std::unexpected(stacked.error());
  std::map<Limited, std::vector<Added>> by_limits;
  for (const Added& each : checks) by_limits[limits(*each.check)].push_back(each);
  const ir::Function& entry = kernel.entry();
  for (const auto& [limited, some] : by_limits) {
    EngineOptions options;
    options.limits.fuel = limited.first;
    options.limits.max_depth = limited.second.value_or(options.limits.max_depth);
    if (joined && options.limits.fuel) options.limits.fuel = one_more(*options.limits.fuel);
    if (joined && entry.weight > 0) options.limits.max_depth = one_more(options.limits.max_depth);
    std::vector<std::unique_ptr<gpu::Device>> devices;
    devices.push_back(std::make_unique<Borrowed>(**device));
    const auto engine =
        gpu::make_device_engine(kernel, ir::most_stack_cells(*stacked, options.limits.max_depth),
                                options, std::move(devices));
    std::vector<std::vector<Cell>> arguments(entry.params.size(), std::vector<Cell>(some.size()));
    std::vector<std::vector<Cell>> results(entry.results.size(), std::vector<Cell>(some.size()));
    std::vector<std::uint8_t> statuses(some.size());
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (joined) arguments[0][i] = some[i].program;
      const std::vector<Cell>& from = some[i].check->arguments;
      for (std::size_t k = 0; k < from.size(); ++k) arguments[k + (joined ? 1 : 0)][i] = from[k];
    }
    std::vector<const Cell*> from;
    for (const auto& column : arguments) from.push_back(column.data());
    std::vector<Cell*> to;
    for (auto& column : results) to.push_back(column.data());
    const InterruptGuard guard(*engine, {});
    const Result<Outcome> ran = engine->run({0, some.size(), from, to, statuses.data()});
    if (!ran) return std::unexpected(ran.error());
    for (std::size_t i = 0; i < some.size(); ++i) {
      TaskResult& task = results_[some[i].check];
      if (statuses[i] == 0) {
        for (const auto& column : results) task.results.push_back(column[i]);
        continue;
      }
      TrapReport& trap = task.outcome.trap.emplace();
      trap.trap = static_cast<Trap>(statuses[i]);
      trap.place = Frame::unknown();
    }
  }
  return {};
}

}  // namespace rosetta
