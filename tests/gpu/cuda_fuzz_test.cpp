// Random programs by way of PTX on the fake driver, against the interpreter: results and statuses
// of many tasks, with little fuel and little depth among them.
//
// ROSETTAVM_SEEDS="first:count" in the environment asks for other seeds than the suite's
// (fuzz/seeds.h).
#include <fmt/format.h>

#include "compiled.h"
#include "engine/interp/interp.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "gpu/device_engine.h"
#include "gpu/ptx_kernel.h"
#include "gpu/toy.h"
#include "stacks.h"
#include "text/assemble.h"

namespace rosetta::gpu {
namespace {

constexpr std::uint64_t kSeeds = 60;
constexpr std::size_t kTasks = 40;
constexpr Limits kLimits[] = {{1'000, 100'000}, {12, 100'000}, {1'000, 40}};

struct Random {
  std::uint64_t seed;
  std::string text;
  ir::Program program;
  ir::Program stacked;
  std::string ptx;
};

Random random(std::uint64_t seed) {
  Random made{seed, fuzz::random_program(seed), {}, {}, {}};
  const Assembly assembly = assemble(made.text);
  auto program = ir::link(assembly.functions, *assembly.find("main"));
  if (!program) ADD_FAILURE() << "seed " << seed << " does not link";
  made.program = std::move(*program);
  made.stacked = with_stacks(made.program);
  Result<std::string> ptx =
      test_compiler().list(made.stacked, {.fuel = true}, native::Listing::Ptx);
  if (!ptx) ADD_FAILURE() << "seed " << seed << ": " << ptx.error().message;
  made.ptx = std::move(*ptx);
  return made;
}

struct Ran {
  std::vector<std::uint8_t> statuses;
  std::vector<std::vector<Cell>> results;

  friend bool operator==(const Ran&, const Ran&) = default;
};

Ran run(Engine& engine, const std::vector<std::vector<Cell>>& arguments, std::size_t results) {
  Ran ran{std::vector<std::uint8_t>(kTasks),
          std::vector<std::vector<Cell>>(results, std::vector<Cell>(kTasks))};
  std::vector<const Cell*> from;
  std::vector<Cell*> to;
  for (const auto& column : arguments) from.push_back(column.data());
  for (auto& column : ran.results) to.push_back(column.data());
  const Result<Outcome> outcome = engine.run({0, kTasks, from, to, ran.statuses.data()});
  EXPECT_TRUE(outcome.has_value()) << outcome.error().message;
  // What a trapped task leaves means nothing.
  for (std::size_t i = 0; i < kTasks; ++i) {
    for (auto& column : ran.results) column[i] = ran.statuses[i] == 0 ? column[i] : 0;
  }
  return ran;
}

class CudaFuzz : public CudaTest {
 protected:
  CudaFuzz() {
    machine({.compile = [](const std::string& ptx) { return fake_cuda::compile_ptx(ptx); }});
  }

  static std::string compare(Cuda& cuda, const Random& random) {
    const ir::Function& entry = random.program.entry();
    std::vector<std::vector<Cell>> arguments(entry.params.size());
    for (std::size_t task = 0; task < kTasks; ++task) {
      const std::vector<Cell> some =
          fuzz::random_arguments(random.seed * kTasks + task, random.text);
      for (std::size_t k = 0; k < arguments.size(); ++k) arguments[k].push_back(some[k]);
    }
    for (const Limits& limits : kLimits) {
      EngineOptions options;
      options.limits = limits;
      const std::unique_ptr<Engine> interpreter = make_interpreter(random.program, options);
      std::vector<std::unique_ptr<Device>> devices;
      Result<Cuda::Loaded> loaded = cuda.load(0, random.ptx, nullptr);
      if (!loaded) return fmt::format("seed {}: {}", random.seed, loaded.error().message);
      devices.push_back(std::move(loaded->device));
      const std::uint64_t cells = ir::most_stack_cells(random.stacked, limits.max_depth);
      const std::unique_ptr<DeviceEngine> engine =
          make_device_engine(random.program, cells, options, std::move(devices));
      const Ran wanted = run(*interpreter, arguments, entry.results.size());
      if (run(*engine, arguments, entry.results.size()) == wanted) continue;
      return fmt::format("seed {}, depth {}, fuel {}:\n{}", random.seed, limits.max_depth,
                         *limits.fuel, random.text);
    }
    return "";
  }
};

TEST_F(CudaFuzz, RandomProgramsGiveWhatTheInterpreterGives) {
  std::vector<Random> programs;
  fuzz::for_all_seeds(kSeeds, [&](std::uint64_t seed) {
    programs.push_back(random(seed));
    return std::string();
  });
  std::vector<std::string> texts;
  for (const Random& each : programs) texts.push_back(each.ptx);
  ASSERT_TRUE(fake_cuda::compile_all_ptx(texts));
  const std::unique_ptr<Cuda> cuda = driver();
  for (const Random& each : programs) EXPECT_EQ(compare(*cuda, each), "");
}

}  // namespace
}  // namespace rosetta::gpu
