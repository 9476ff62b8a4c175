// Most tasks need little, so all of them get little at first: small stacks for many lanes, and a
// slice of fuel that bounds how long a launch takes. Programs are pure: a task for which it was not
// enough starts again from the beginning, and that costs a seventh at most of what it takes in the
// end.
#include "gpu/batch.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rosetta::gpu {
namespace {

// Tasks that are to run with the same grants.
struct Round {
  std::uint64_t cells;
  std::uint64_t fuel;
  std::vector<std::uint32_t> picks;  // none: all of the batch
};

class Batch {
 public:
  Batch(Queue& queue, const DeviceInfo& device, std::uint32_t tasks, const Grants& grants,
        const std::atomic<bool>& interrupted, Work& work)
      : queue_(queue),
        device_(device),
        tasks_(tasks),
        grants_(grants),
        interrupted_(interrupted),
        work_(work),
        arena_bytes_(grants.arena_bytes) {}

  DeviceResult<std::vector<std::uint32_t>> run() {
    rounds_.push_back({std::min(Grants::kFirstCells, grants_.most_cells),
                       std::min(Grants::kFirstFuel, most_fuel()),
                       {}});
    while (!rounds_.empty()) {
      const Round round = std::move(rounds_.back());
      rounds_.pop_back();
      const DeviceResult<void> ran = run(round);
      if (!ran) return std::unexpected(ran.error());
    }
    return std::move(left_);
  }

 private:
  [[nodiscard]] std::uint64_t most_fuel() const {
    return std::min(grants_.fuel.value_or(Grants::kMostFuel), Grants::kMostFuel);
  }

  // How many stacks of so many cells there can be at once; a multiple of the group.
  [[nodiscard]] std::uint64_t most_lanes(std::uint64_t cells) const {
    if (cells == 0) return device_.lanes;
    const std::uint64_t fitting = arena_bytes_ / sizeof(Cell) / cells;
    return std::min<std::uint64_t>(device_.lanes, fitting) / device_.group * device_.group;
  }

  // As few launches as may be; what could not be launched is left.
  DeviceResult<void> run(const Round& round) {
    const std::uint32_t count =
        round.picks.empty() ? tasks_ : static_cast<std::uint32_t>(round.picks.size());
    std::uint64_t stragglers = 0;
    std::uint32_t done = 0;
    while (done < count && !interrupted_.load()) {
      const std::uint64_t lanes = most_lanes(round.cells);
      if (lanes == 0) break;
      const std::uint32_t now = round.picks.empty() ? count : part(round, done, lanes);
      const DeviceResult<Totals> totals = launch(round, done, now, lanes);
      if (!totals && totals.error().kind == DeviceError::Kind::NoMemory && round.cells > 0) {
        arena_bytes_ = lanes * round.cells * sizeof(Cell) / 2;
        continue;
      }
      if (!totals) return std::unexpected(totals.error());
      stragglers += totals->of[kTotalNoStack];
      if (round.fuel != grants_.fuel) stragglers += totals->of[kOutOfFuel];
      done += now;
    }
    if (stragglers == 0 && done == count) return {};
    return sort_out(round, done);
  }

  // How many of the picks that are left one launch may have.
  static std::uint32_t part(const Round& round, std::uint32_t done, std::uint64_t lanes) {
    const std::uint64_t each = std::max<std::uint64_t>(Grants::kMostFuelALane / round.fuel, 1);
    return static_cast<std::uint32_t>(std::min(round.picks.size() - done, lanes * each));
  }

  DeviceResult<Totals> launch(const Round& round, std::uint32_t done, std::uint32_t count,
                              std::uint64_t most_lanes) {
    // Where a lane needs no memory, each task has one: the device shares them out.
    std::uint64_t lanes =
        (std::uint64_t{count} + device_.group - 1) / device_.group * device_.group;
    if (round.cells > 0) lanes = std::min(lanes, most_lanes);
    Launch launch;
    launch.count = count;
    if (!round.picks.empty()) launch.picks = std::span(round.picks).subspan(done, count);
    launch.lanes = static_cast<std::uint32_t>(lanes);
    launch.cells = round.cells;
    launch.depth = grants_.depth;
    launch.fuel = round.fuel;
    ++work_.launches;
    return queue_.launch(launch);
  }

  // Of the first `done` tasks of a round those that had too little come into new rounds, where
  // there is more to be had.
  DeviceResult<void> sort_out(const Round& round, std::uint32_t done) {
    std::vector<std::uint32_t> all;
    if (round.picks.empty()) {
      all.resize(tasks_);
      std::iota(all.begin(), all.end(), 0U);
    }
    const std::span<const std::uint32_t> picks = round.picks.empty() ? all : round.picks;
    left_.insert(left_.end(), picks.begin() + done, picks.end());
    if (done == 0) return {};
    statuses_.resize(tasks_);
    const DeviceResult<void> fetched = queue_.end({}, statuses_.data());
    if (!fetched) return fetched;
    Round deeper{std::min(round.cells * Grants::kFactor, grants_.most_cells), round.fuel, {}};
    Round longer{round.cells, std::min(round.fuel * Grants::kFactor, most_fuel()), {}};
    const bool has_more_cells = deeper.cells > round.cells;
    const bool has_more_fuel = longer.fuel > round.fuel;
    for (const std::uint32_t pick : picks.first(done)) {
      if (statuses_[pick] == kNoStack) {
        (has_more_cells ? deeper.picks : left_).push_back(pick);
      } else if (statuses_[pick] == kOutOfFuel && round.fuel != grants_.fuel) {
        (has_more_fuel ? longer.picks : left_).push_back(pick);
      }
    }
    for (Round* const next : {&longer, &deeper}) {
      work_.reruns += next->picks.size();
      if (!next->picks.empty()) rounds_.push_back(std::move(*next));
    }
    return {};
  }

  static constexpr auto kOutOfFuel = static_cast<std::uint8_t>(Trap::OutOfFuel);

  Queue& queue_;
  const DeviceInfo& device_;
  const std::uint32_t tasks_;
  const Grants& grants_;
  const std::atomic<bool>& interrupted_;
  Work& work_;
  std::uint64_t arena_bytes_;  // halved where the device has not so much
  std::vector<Round> rounds_;
  std::vector<std::uint8_t> statuses_;
  std::vector<std::uint32_t> left_;
};

}  // namespace

DeviceResult<std::vector<std::uint32_t>> run_batch(Queue& queue, const DeviceInfo& device,
                                                   std::uint32_t tasks, const Grants& grants,
                                                   const std::atomic<bool>& interrupted,
                                                   Work& work) {
  return Batch(queue, device, tasks, grants, interrupted, work).run();
}

std::uint64_t most_tasks(const DeviceInfo& device) {
  return device.lanes * (Grants::kMostFuelALane / Grants::kFirstFuel);
}

}  // namespace rosetta::gpu
