// Whole jobs through the device engine, on several GPUs of the fake driver. Their kernel is the
// interpreter, with as much stack and fuel as a launch gives.
#include "gpu/device_engine.h"

#include <algorithm>
#include <thread>

#include "engine/interp/interp.h"
#include "gpu/toy.h"
#include "unit/machine.h"

namespace rosetta::gpu {
namespace {

// As deep as the argument says; traps where it ends in 99.
constexpr std::string_view kDeep = R"(
fn main(n) {
    load n push 100 mod push 99 eq jumpif bad
    load n call down ret
bad:
    push 1 push 0 div ret
}
fn down(n) { load n jumpifnot end load n push 1 sub call down push 1 add ret end: push 0 ret }
)";

constexpr std::uint64_t kCellsACall = 2;

std::uint8_t run_task(const ir::Program& program, const fake_cuda::KernelCall& call,
                      std::uint32_t task) {
  std::vector<Cell> arguments;
  std::vector<const Cell*> columns;
  for (std::size_t i = 0; i < program.entry().params.size(); ++i) {
    const std::uint64_t column = call.arguments[2 * i];
    const std::uint64_t step = call.arguments[2 * i + 1];
    arguments.push_back(column == 0 ? call.first + task : call.arguments[column + step * task]);
  }
  for (const Cell& argument : arguments) columns.push_back(&argument);
  std::vector<Cell> results(program.entry().results.size());
  std::vector<Cell*> to;
  for (Cell& result : results) to.push_back(&result);
  const std::uint64_t depth = std::min(call.depth, call.cells / kCellsACall);
  EngineOptions options;
  options.limits = {depth, call.fuel};
  std::uint8_t status = 0xee;
  if (!make_interpreter(program, options)->run({0, 1, columns, to, &status})) return 0xee;
  if (status == static_cast<std::uint8_t>(Trap::CallDepthExceeded) && depth < call.depth) {
    return kNoStack;
  }
  for (std::size_t k = 0; k < results.size(); ++k) {
    if (status == 0) call.results[k * call.stride + task] = results[k];
  }
  return status;
}

fake_cuda::Kernel interpreted(const ir::Program& program) {
  return [&program](fake_cuda::KernelCall& call) {
    for (std::uint32_t i = 0; i < call.count; ++i) {
      const std::uint32_t task = call.picks == nullptr ? i : call.picks[i];
      const std::uint8_t status = run_task(program, call, task);
      call.statuses[task] = status;
      if (status == kNoStack) {
        ++call.totals[kTotalNoStack];
      } else if (status != 0) {
        ++call.totals[status];
        call.totals[kTotalFirst] = std::min(call.totals[kTotalFirst], task);
      }
    }
  };
}

class CudaEngine : public CudaTest {
 protected:
  CudaEngine() : program_(link_first(kDeep)) {
    for (Cell i = 0; i < 1200; ++i) column_.push_back(i * 7 % 600);
  }

  void use(int devices, unsigned seed, std::size_t memory = std::size_t{64} << 20) {
    machine({.devices = devices, .memory = memory, .seed = seed, .compile = [this](const auto&) {
               return interpreted(program_);
             }});
    cuda_ = driver();
    std::vector<std::unique_ptr<Device>> all;
    for (std::size_t i = 0; i < cuda_->gpus().size(); ++i) all.push_back(device(*cuda_, i));
    EngineOptions options;
    options.limits.max_depth = 1000;
    engine_ = make_device_engine(program_, options.limits.max_depth * kCellsACall, options,
                                 std::move(all));
  }
  void TearDown() override {
    engine_.reset();
    cuda_.reset();
    CudaTest::TearDown();
  }

  Result<Outcome> run(std::size_t first, std::size_t last) {
    const Cell* const arguments[] = {column_.data()};
    Cell* const results[] = {results_.data()};
    return engine_->run({first, last, arguments, results, statuses_.data()});
  }

  // All tasks, on several threads.
  void run_all(std::size_t threads) {
    results_.assign(column_.size(), 77);
    statuses_.assign(column_.size(), 0xee);
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < threads; ++i) {
      running.emplace_back([this, i, threads] {
        const Result<Outcome> outcome =
            run(column_.size() * i / threads, column_.size() * (i + 1) / threads);
        EXPECT_TRUE(outcome.has_value()) << outcome.error().message;
      });
    }
    running.clear();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < column_.size(); ++i) {
      const bool traps = column_[i] % 100 == 99;
      const auto trap = static_cast<std::uint8_t>(Trap::IntegerDivideByZero);
      if (traps ? statuses_[i] != trap : statuses_[i] != 0 || results_[i] != column_[i]) ++wrong;
    }
    EXPECT_EQ(wrong, 0U);
  }

  ir::Program program_;
  std::vector<Cell> column_;
  std::vector<Cell> results_;
  std::vector<std::uint8_t> statuses_;
  std::unique_ptr<Cuda> cuda_;
  std::unique_ptr<DeviceEngine> engine_;
};

TEST_F(CudaEngine, GivesWhatTheProgramSaysOnSeveralGpus) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    use(seed % 2 == 0 ? 4 : 1, seed);
    run_all(6);
    EXPECT_TRUE(engine_->story().contains("tasks that the processor ran 0")) << engine_->story();
    TearDown();
  }
}

TEST_F(CudaEngine, RunsOnWithLittleMemory) {
  use(1, 1, 200'000);
  run_all(3);
}

TEST_F(CudaEngine, RunsOnWhereMemoryIsShortNowAndThen) {
  for (std::uint64_t call = 1; call <= 12; ++call) {
    use(2, 1);
    fake_cuda::fail({.symbol = "cuMemAlloc_v2", .from = call, .times = 2});
    run_all(2);
    TearDown();
  }
}

TEST_F(CudaEngine, SaysThatTheDeviceIsLost) {
  use(1, 1);
  run_all(1);
  fake_cuda::fail({.from = 20, .times = fake_cuda::kForever, .status = cuda::Status{46}});
  for (const char* const turn : {"when it is lost", "and afterwards"}) {
    const Result<Outcome> outcome = run(0, column_.size());
    ASSERT_FALSE(outcome.has_value()) << turn;
    EXPECT_TRUE(outcome.error().message.starts_with("Fake GPU A (device 0): cu")) << turn;
    EXPECT_TRUE(outcome.error().message.contains("CUDA_ERROR_DEVICE_UNAVAILABLE")) << turn;
  }
}

}  // namespace
}  // namespace rosetta::gpu
