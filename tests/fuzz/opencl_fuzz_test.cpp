// Random programs on an OpenCL device and in the interpreter: the same bits and traps, with little
// fuel and depth too. Many programs at once, joined, since a device's compiler is slow to start.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <random>

#include "engine/interp/interp.h"
#include "fuzz/behaviour.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "gpu/device_engine.h"
#include "gpu/emit.h"
#include "gpu/opencl.h"
#include "ir/explicit.h"
#include "ir/join.h"

namespace {

using namespace rosetta;

#if __has_feature(address_sanitizer)
constexpr std::uint64_t kSeeds = 12;
#else
constexpr std::uint64_t kSeeds = 60;
#endif
constexpr std::size_t kTogether = 12;
constexpr std::size_t kTasks = 40;  // of each program

struct Ended {
  std::vector<std::uint8_t> statuses;
  std::vector<std::vector<Cell>> results;  // columns; 0 where a task trapped
};

Ended run(Engine& engine, const std::vector<std::vector<Cell>>& arguments, std::size_t results) {
  const std::size_t tasks = arguments.front().size();
  Ended ended{std::vector<std::uint8_t>(tasks), {results, std::vector<Cell>(tasks)}};
  std::vector<const Cell*> from;
  for (const auto& column : arguments) from.push_back(column.data());
  std::vector<Cell*> to;
  for (auto& column : ended.results) to.push_back(column.data());
  const Result<Outcome> outcome = engine.run({0, tasks, from, to, ended.statuses.data()});
  EXPECT_TRUE(outcome) << outcome.error().message;
  for (std::size_t i = 0; i < tasks; ++i) {
    for (auto& column : ended.results) column[i] = ended.statuses[i] == 0 ? column[i] : 0;
  }
  return ended;
}

struct Sample {
  std::uint64_t seed = 0;
  std::string text;
  ir::Program program;
  std::vector<std::vector<Cell>> arguments;  // columns
};

std::optional<Sample> sample(std::uint64_t seed) {
  Sample made{seed, fuzz::random_program(seed), {}, {}};
  const Assembly assembly = assemble(made.text);
  EXPECT_EQ(assembly.error_count, 0U) << made.text;
  auto program = ir::link(assembly.functions, *assembly.find("main"));
  if (!program || ir::halts(*program)) return std::nullopt;
  made.program = std::move(*program);
  made.arguments.assign(made.program.entry().params.size() + 1, std::vector<Cell>(kTasks));
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < kTasks; ++i) {
    const std::vector<Cell> arguments = fuzz::random_arguments(random(), made.text);
    for (std::size_t k = 0; k < arguments.size(); ++k) made.arguments[k][i] = arguments[k];
  }
  made.arguments.pop_back();
  return made;
}

class Devices {
 public:
  Devices() : opened_(gpu::OpenCl::open()) {}
  [[nodiscard]] const Result<std::unique_ptr<gpu::OpenCl>>& opened() const { return opened_; }

  // Runs the samples together and compares each with the interpreter. Says what differs.
  std::string differences(const std::vector<Sample>& samples);

 private:
  Result<std::unique_ptr<gpu::OpenCl>> opened_;
};

std::string Devices::differences(const std::vector<Sample>& samples) {
  std::vector<const ir::Program*> programs;
  for (const Sample& each : samples) programs.push_back(&each.program);
  const ir::Program joined = ir::join(programs);
  const std::size_t results = joined.entry().results.size();
  std::vector<std::vector<Cell>> arguments(joined.entry().params.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    arguments[0].insert(arguments[0].end(), kTasks, i);
    for (std::size_t k = 0; k + 1 < arguments.size(); ++k) {
      const auto& from = samples[i].arguments;
      std::vector<Cell> column(kTasks);
      if (k < from.size()) column = from[k];
      arguments[k + 1].insert(arguments[k + 1].end(), column.begin(), column.end());
    }
  }
  const auto text =
      gpu::emit_kernel(joined, gpu::Dialect::OpenCl,
                       {std::vector<std::string>(joined.functions.size(), "f"),
                        std::vector<std::string>(joined.functions.size(), std::string(64, '0'))});
  if (!text) return text.error().message;
  for (const Limits& limits :
       {Limits{1'000'000, 20'000}, Limits{1'000'000, 300}, Limits{12, 20'000}}) {
    Limits more{limits.max_depth + joined.entry().weight, *limits.fuel + 1};
    auto loaded = (*opened_)->load(0, *text, gpu::floats_of(joined), nullptr);
    if (!loaded) return loaded.error().message;
    std::vector<std::unique_ptr<gpu::Device>> devices;
    devices.push_back(std::move(loaded->device));
    const auto engine = gpu::make_device_engine(
        joined, ir::most_stack_cells(ir::with_explicit_stacks(joined).value(), more.max_depth),
        {.limits = more}, std::move(devices));
    const Ended got = run(*engine, arguments, results);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const ir::Program& program = samples[i].program;
      const auto interpreter = make_interpreter(program, {.limits = limits});
      std::vector<std::vector<Cell>> own = samples[i].arguments;
      if (own.empty()) own.emplace_back(kTasks);
      const Ended wanted = run(*interpreter, own, program.entry().results.size());
      for (std::size_t task = 0; task < kTasks; ++task) {
        const std::size_t at = i * kTasks + task;
        std::vector<Cell> theirs{got.statuses[at]};
        std::vector<Cell> ours{wanted.statuses[task]};
        for (std::size_t k = 0; k < wanted.results.size(); ++k) {
          theirs.push_back(got.results[k][at]);
          ours.push_back(wanted.results[k][task]);
        }
        if (theirs == ours) continue;
        return fmt::format("seed {}, task {}, {}: {::#x} instead of {::#x}\n{}", samples[i].seed,
                           task, fuzz::describe(limits, {}), theirs, ours, samples[i].text);
      }
    }
  }
  return "";
}

TEST(OpenClFuzzTest, ADeviceAgreesWithTheInterpreter) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "drivers keep memory until the process ends, which would count as lost";
#endif
  Devices devices;
  if (!devices.opened()) GTEST_SKIP() << devices.opened().error().message;
  const fuzz::Seeds range = fuzz::seeds(kSeeds);
  std::vector<Sample> samples;
  for (std::uint64_t i = 0; i < range.count; ++i) {
    if (auto made = sample(range.first + i)) samples.push_back(std::move(*made));
    const bool enough = samples.size() == kTogether || i + 1 == range.count;
    if (!enough || samples.empty()) continue;
    const std::string difference = devices.differences(samples);
    ASSERT_TRUE(difference.empty()) << difference;
    samples.clear();
  }
}

}  // namespace
