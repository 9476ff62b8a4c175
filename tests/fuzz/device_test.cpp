// What LLVM makes for devices, run on this processor: random programs, with small stacks and little
// fuel too, against the oracle; the check lines of cases, examples and kernels.
//
// ROSETTAVM_SEEDS="first:count" in the environment asks for other seeds than the suite's
// (fuzz/seeds.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/behaviour.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "lanes.h"
#include "reference/oracle.h"
#include "text/assemble.h"

namespace {

using namespace rosetta;
using namespace fuzz;

#if __has_feature(address_sanitizer)
constexpr std::uint64_t kSeeds = 16;
#else
constexpr std::uint64_t kSeeds = 200;
#endif

// A task, as far as a device says what came of it.
struct Ended {
  std::uint8_t status = 0;
  std::vector<Cell> results{};

  friend bool operator==(const Ended&, const Ended&) = default;
};

std::string words(const Ended& task) {
  std::string text = fmt::format("status {}", task.status);
  for (const Cell cell : task.results) text += fmt::format(" {:#x}", cell);
  return text;
}

Ended ended(const Lanes::Outcome& outcome, std::size_t task) {
  Ended made{.status = outcome.statuses[task]};
  for (const std::vector<Cell>& column : outcome.results) made.results.push_back(column[task]);
  return made;
}

Ended ended(const reference::Outcome& wanted, std::size_t results) {
  if (wanted.trap.empty()) return {.status = 0, .results = wanted.results};
  return {.status = static_cast<std::uint8_t>(*trap_named(wanted.trap)),
          .results = std::vector<Cell>(results, Lanes::kUntouched)};
}

std::vector<std::vector<Cell>> single(const std::vector<Cell>& arguments) {
  std::vector<std::vector<Cell>> columns;
  for (const Cell cell : arguments) columns.push_back({cell});
  return columns;
}

class Device {
 public:
  explicit Device(std::uint64_t seed)
      : seed_(seed), text_(random_program(seed)), assembly_(assemble(text_)), random_(seed) {}

  std::string compare();

 private:
  [[nodiscard]] std::string report(const std::string& what) const {
    return fmt::format("seed {}: {}\n{}", seed_, what, text_);
  }
  std::string one(const Lanes& lanes, const std::vector<Cell>& arguments, const Limits& limits);
  std::string batch(const Lanes& lanes, const std::vector<std::vector<Cell>>& tuples);

  std::uint64_t seed_;
  std::string text_;
  Assembly assembly_;
  std::optional<reference::Program> oracle_;
  std::mt19937_64 random_;
};

// With all the stack that it needs it ends as the oracle says, with less of it as that, or with
// kNoStack.
std::string Device::one(const Lanes& lanes, const std::vector<Cell>& arguments,
                        const Limits& limits) {
  const reference::Outcome outcome =
      oracle_->run("main", arguments, {limits.max_depth, limits.fuel, kMostSteps});
  if (outcome.trap == "gave-up") return "";
  const Ended wanted = ended(outcome, lanes.stacks().entry().results.size());
  Lanes::Launch launch{.columns = single(arguments), .depth = limits.max_depth};
  // None of these programs spends more where it is not limited.
  launch.fuel = limits.fuel.value_or(std::uint64_t{1} << 40);
  const std::uint64_t most = ir::most_stack_cells(
      lanes.stacks(), std::min<std::uint64_t>(limits.max_depth, outcome.deepest + 1));
  const auto run = [&](std::uint64_t cells) {
    launch.cells = cells;
    return ended(lanes.run(launch), 0);
  };
  if (const Ended got = run(most); got != wanted) {
    return report(fmt::format("{}\noracle: {}\ndevice: {}", describe(limits, arguments),
                              words(wanted), words(got)));
  }
  const Ended nothing{.status = gpu::kNoStack,
                      .results = std::vector<Cell>(wanted.results.size(), Lanes::kUntouched)};
  for (std::uint64_t cells = 0, step = 1; cells < most; cells += step, step *= 2) {
    const Ended got = run(cells);
    if (got == wanted || got == nothing) continue;
    return report(fmt::format("{}, {} of {} cells\noracle: {}\ndevice: {}",
                              describe(limits, arguments), cells, most, words(wanted), words(got)));
  }
  return "";
}

// All tuples and more as tasks of one launch, then some of them.
std::string Device::batch(const Lanes& lanes, const std::vector<std::vector<Cell>>& tuples) {
  const ir::Function& entry = lanes.stacks().entry();
  constexpr std::uint32_t kStride = 7;
  constexpr std::uint64_t kDepth = 40;
  constexpr std::uint64_t kFuel = 2'000;
  Lanes::Launch launch{.columns = std::vector<std::vector<Cell>>(entry.params.size()),
                       .stride = kStride,
                       .lanes = 1 + random_() % 9,
                       .cells = ir::most_stack_cells(lanes.stacks(), kDepth),
                       .depth = kDepth,
                       .fuel = kFuel};
  std::vector<Ended> wanted;
  for (std::size_t task = 0; task < kStride; ++task) {
    const std::vector<Cell>& tuple = tuples[task % tuples.size()];
    for (std::size_t k = 0; k < tuple.size(); ++k) launch.columns[k].push_back(tuple[k]);
    wanted.push_back(
        ended(oracle_->run("main", tuple, {kDepth, kFuel, kMostSteps}), entry.results.size()));
  }
  for (const bool some : {false, true}) {
    if (some) launch.picks = {5, 0, 2};
    const Lanes::Outcome outcome = lanes.run(launch);
    std::array<std::uint32_t, gpu::kTotals> totals{};
    totals[gpu::kTotalFirst] = ~0U;
    for (std::uint32_t task = 0; task < kStride; ++task) {
      const bool runs = !some || std::ranges::find(launch.picks, task) != launch.picks.end();
      const Ended want =
          runs ? wanted[task]
               : Ended{.status = Lanes::kNoStatus,
                       .results = std::vector<Cell>(entry.results.size(), Lanes::kUntouched)};
      if (const Ended got = ended(outcome, task); got != want) {
        return report(fmt::format("task {}: {} instead of {}", task, words(got), words(want)));
      }
      if (!runs || want.status == 0) continue;
      ++totals[want.status];
      totals[gpu::kTotalFirst] = std::min(totals[gpu::kTotalFirst], task);
    }
    if (outcome.totals != totals) return report("it counts trapped tasks wrongly");
  }
  return "";
}

std::string Device::compare() {
  if (assembly_.error_count != 0) return report(messages(assembly_, text_));
  const auto program = ir::link(assembly_.functions, *assembly_.find("main"));
  if (!program) return report("it does not link");
  // One in four as functions that are too large to be optimised.
  const Lanes lanes(*program, seed_ % 4 != 0);
  oracle_.emplace(text_);
  std::vector<std::vector<Cell>> tuples;
  for (int tuple = 0; tuple < kTuples; ++tuple) {
    const std::vector<Cell>& arguments = tuples.emplace_back(random_arguments(random_(), text_));
    for (const Limits& each : limits_of_interest(*oracle_, arguments, random_)) {
      const std::string difference = one(lanes, arguments, each);
      if (!difference.empty()) return difference;
    }
  }
  return batch(lanes, tuples);
}

TEST(DeviceTest, AgreesWithTheOracle) {
  for_all_seeds(kSeeds, [](std::uint64_t seed) { return Device(seed).compare(); });
}

// As an engine does it: eight times the stack, until it is enough.
Ended with_enough_stack(const Lanes& lanes, const Check& check) {
  Lanes::Launch launch{.columns = single(check.arguments), .cells = 8};
  if (check.depth) launch.depth = *check.depth;
  if (check.fuel) launch.fuel = *check.fuel;
  const std::uint64_t most = ir::most_stack_cells(lanes.stacks(), launch.depth);
  for (;; launch.cells *= 8) {
    launch.cells = std::min(launch.cells, most);
    const Ended got = ended(lanes.run(launch), 0);
    if (got.status != gpu::kNoStack || launch.cells == most) return got;
  }
}

void run_checks(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const std::string source = text.str();
  const Assembly assembly = assemble(source);
  ASSERT_EQ(assembly.error_count, 0U) << messages(assembly, source);
  std::map<std::uint32_t, Lanes> compiled;
  for (const Check& check : assembly.checks) {
    auto found = compiled.find(check.function);
    if (found == compiled.end()) {
      const auto program = ir::link(assembly.functions, check.function);
      ASSERT_TRUE(program) << path;
      found = compiled.try_emplace(check.function, *program).first;
    }
    const std::size_t results = found->second.stacks().entry().results.size();
    const Ended wanted{.status = static_cast<std::uint8_t>(check.trap),
                       .results = check.trap == Trap::None
                                      ? check.results
                                      : std::vector<Cell>(results, Lanes::kUntouched)};
    const Ended got = with_enough_stack(found->second, check);
    EXPECT_EQ(words(got), words(wanted))
        << path << " at " << check.place.begin << ", " << describe(Limits{}, check.arguments);
  }
}

void run_folder(const char* folder) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".rvm") continue;
    run_checks(entry.path());
    ++files;
  }
  EXPECT_GT(files, 10U) << folder;
}

TEST(DeviceTest, ChecksOfCases) { run_folder(ROSETTAVM_CASES); }
TEST(DeviceTest, ChecksOfExamples) { run_folder(ROSETTAVM_EXAMPLES); }
TEST(DeviceTest, ChecksOfKernels) { run_folder(ROSETTAVM_KERNELS); }

Lanes lanes_of(std::string_view text) {
  const Assembly assembly = assemble(text);
  EXPECT_EQ(assembly.error_count, 0U) << messages(assembly, text);
  return Lanes(*ir::link(assembly.functions, *assembly.find("main")));
}

TEST(DeviceTest, AParameterWithoutAColumnIsTheTasksNumber) {
  const Lanes lanes = lanes_of("fn main(n, m) { load n push 10 mul load m add ret }");
  const Lanes::Outcome outcome =
      lanes.run({.first = 100, .columns = {{}, {7}}, .stride = 3, .lanes = 2});
  EXPECT_EQ(outcome.results, (std::vector<std::vector<Cell>>{{1'007, 1'017, 1'027}}));
}

TEST(DeviceTest, ATaskThatTrapsLeavesItsNeighboursAlone) {
  const Lanes lanes = lanes_of("fn main(n) { push 12 load n div ret }");
  const Lanes::Outcome outcome = lanes.run({.columns = {{1, 0, 2, 0, 3}}, .stride = 5, .lanes = 2});
  constexpr auto kDivided = static_cast<std::uint8_t>(Trap::IntegerDivideByZero);
  EXPECT_EQ(outcome.statuses, (std::vector<std::uint8_t>{0, kDivided, 0, kDivided, 0}));
  EXPECT_EQ(outcome.results,
            (std::vector<std::vector<Cell>>{{12, Lanes::kUntouched, 6, Lanes::kUntouched, 4}}));
  EXPECT_EQ(outcome.totals[kDivided], 2U);
  EXPECT_EQ(outcome.totals[gpu::kTotalFirst], 1U);
}

TEST(DeviceTest, TasksWithoutEnoughStackAreCountedApart) {
  const Lanes lanes = lanes_of(
      "fn sum(n) { load n jumpifnot none load n load n push 1 sub call sum add ret none: push 0 "
      "ret }"
      "fn main(n) { load n call sum ret }");
  const Lanes::Outcome outcome =
      lanes.run({.columns = {{1, 1'000, 2}}, .stride = 3, .lanes = 2, .cells = 10});
  EXPECT_EQ(outcome.statuses, (std::vector<std::uint8_t>{0, gpu::kNoStack, 0}));
  EXPECT_EQ(outcome.totals[gpu::kTotalNoStack], 1U);
  EXPECT_EQ(outcome.totals[gpu::kTotalFirst], ~0U);
}

}  // namespace
