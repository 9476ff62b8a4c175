#include <algorithm>
#include <barrier>
#include <thread>

#include "gpu/toy.h"

namespace rosetta::gpu {
namespace {

using fake_cuda::fail;

class CudaQueue : public CudaTest {
 protected:
  static Launch all_of(const ToyBatch& batch, std::uint64_t cells) {
    return {batch.tasks(), {}, kLanes, cells, kDepth, kFuel};
  }

  // A batch as the engine runs one: with few cells first, then again what had not enough.
  static DeviceResult<void> run(Queue& queue, ToyBatch& batch, bool as_column) {
    const Cell first = batch.values.empty() ? 0 : batch.values.front();
    {
      // What the queue was given may be gone when it says that it has it.
      const std::vector<Cell> arguments = batch.arguments(as_column);
      if (auto done = queue.begin(first, batch.tasks(), arguments, 2); !done) return done;
    }
    DeviceResult<Totals> totals = queue.launch(all_of(batch, 4));
    if (!totals) return std::unexpected(totals.error());
    if (auto done = batch.end(queue); !done) return done;
    std::vector<std::uint32_t> picks;
    for (std::uint32_t i = 0; i < batch.tasks(); ++i) {
      if (batch.statuses[i] == kNoStack) picks.push_back(i);
    }
    EXPECT_EQ(totals->of[kTotalNoStack], picks.size());
    if (picks.empty()) return {};
    totals = queue.launch({static_cast<std::uint32_t>(picks.size()), picks, 128, 9, kDepth, kFuel});
    if (!totals) return std::unexpected(totals.error());
    EXPECT_EQ(totals->of[kTotalNoStack], 0U);
    EXPECT_EQ(totals->of[kTotalFirst], ~0U);
    return batch.end(queue);
  }

  static void expect_run(Queue& queue, ToyBatch batch, bool as_column) {
    const DeviceResult<void> done = run(queue, batch, as_column);
    EXPECT_TRUE(done.has_value()) << done.error().message;
    batch.expect_done();
  }

  static std::vector<Cell> shuffled(std::size_t tasks, std::uint64_t seed) {
    std::vector<Cell> values(tasks);
    for (Cell& value : values)
      value = (seed = seed * 6364136223846793005U + 1442695040888963407U) >> 40;
    return values;
  }
};

TEST_F(CudaQueue, CountsWhatTrapped) {
  const std::unique_ptr<Cuda> cuda = driver();
  const std::unique_ptr<Device> gpu = device(*cuda);
  EXPECT_EQ(gpu->info().lanes, 512U);
  const std::unique_ptr<Queue> one = queue(*gpu);
  ToyBatch batch = ToyBatch::numbered(100, 1000);
  ASSERT_TRUE(one->begin(100, 1000, batch.arguments(false), 2));
  const DeviceResult<Totals> totals = one->launch(all_of(batch, 9));
  ASSERT_TRUE(totals.has_value()) << totals.error().message;
  EXPECT_EQ(totals->of[static_cast<std::size_t>(Trap::IntegerOverflow)], 100U);
  EXPECT_EQ(totals->of[kTotalNoStack], 0U);
  EXPECT_EQ(totals->of[kTotalFirst], 7U);
  ASSERT_TRUE(batch.end(*one));
  batch.expect_done();
}

TEST_F(CudaQueue, TakesBatchesOfAllSizes) {
  const std::unique_ptr<Cuda> cuda = driver();
  const std::unique_ptr<Device> gpu = device(*cuda);
  const std::unique_ptr<Queue> one = queue(*gpu);
  for (const std::size_t tasks : {1U, 1000U, 3U, 50'000U, 257U, 128U, 127U}) {
    expect_run(*one, ToyBatch(shuffled(tasks, tasks)), true);
    expect_run(*one, ToyBatch::numbered(tasks, tasks), false);
  }
}

// A batch that takes the place of one that was never run: its arguments are the ones that count.
TEST_F(CudaQueue, BeginsAnew) {
  const std::unique_ptr<Cuda> cuda = driver();
  const std::unique_ptr<Device> gpu = device(*cuda);
  const std::unique_ptr<Queue> one = queue(*gpu);
  for (std::uint64_t i = 0; i < 5; ++i) {
    const ToyBatch unused(shuffled(500 * (i + 1), i));
    ASSERT_TRUE(one->begin(0, unused.tasks(), unused.arguments(true), 2));
    expect_run(*one, ToyBatch(shuffled(700, i + 10)), true);
  }
  const ToyBatch unused(shuffled(500, 77));
  ASSERT_TRUE(one->begin(0, unused.tasks(), unused.arguments(true), 2));
  EXPECT_GT(fake_cuda::pending(), 0U);  // and goes with its queue
}

TEST_F(CudaQueue, DoesNotWaitForACopy) {
  const std::unique_ptr<Cuda> cuda = driver();
  const std::unique_ptr<Device> gpu = device(*cuda);
  const std::unique_ptr<Queue> one = queue(*gpu);
  const ToyBatch batch(shuffled(100, 1));
  ASSERT_TRUE(one->begin(0, batch.tasks(), batch.arguments(true), 2));
  EXPECT_EQ(fake_cuda::pending(), 1U);
}

// Two kernels that wait for each other: they end only where both run at once.
TEST_F(CudaQueue, RunsKernelsOfTwoQueuesAtOnce) {
  std::barrier both(2);
  const fake_cuda::Kernel kernel = [&](fake_cuda::KernelCall& call) {
    both.arrive_and_wait();
    toy_kernel(call);
  };
  machine({.compile = [&](const std::string&) { return kernel; }});
  const std::unique_ptr<Cuda> cuda = driver();
  const std::unique_ptr<Device> gpu = device(*cuda);
  const auto run_one = [&](std::uint64_t seed) {
    const std::unique_ptr<Queue> mine = queue(*gpu);
    expect_run(*mine, ToyBatch(shuffled(1000, seed)), true);
    EXPECT_EQ(fake_cuda::contexts_of_this_thread(), 0U);
  };
  std::jthread other(run_one, 1);
  run_one(2);
}

TEST_F(CudaQueue, OverlapsQueuesOfSeveralGpusInAnyOrder) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    machine({.devices = 4, .seed = seed});
    const std::unique_ptr<Cuda> cuda = driver();
    std::vector<std::unique_ptr<Device>> gpus;
    for (std::size_t i = 0; i < 4; ++i) gpus.push_back(device(*cuda, i));
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 8; ++i) {
      threads.emplace_back([&gpus, i, seed] {
        const std::unique_ptr<Queue> mine = queue(*gpus[i % 4]);
        for (std::uint64_t turn = 1; turn <= 4; ++turn) {
          expect_run(*mine, ToyBatch(shuffled(turn * 150, seed * 100 + i * 10 + turn)), true);
        }
        EXPECT_EQ(fake_cuda::contexts_of_this_thread(), 0U);
      });
    }
    threads.clear();
    gpus.clear();
    EXPECT_EQ(fake_cuda::faults(), std::vector<std::string>{}) << "seed " << seed;
  }
}

// Steps of one thread through two queues, in turns.
TEST_F(CudaQueue, KeepsQueuesApart) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    machine({.seed = seed});
    const std::unique_ptr<Cuda> cuda = driver();
    const std::unique_ptr<Device> gpu = device(*cuda);
    const std::unique_ptr<Queue> one = queue(*gpu);
    const std::unique_ptr<Queue> other = queue(*gpu);
    ToyBatch mine(shuffled(300, seed));
    ToyBatch yours(shuffled(400, seed + 1000));
    ASSERT_TRUE(one->begin(0, mine.tasks(), mine.arguments(true), 2));
    ASSERT_TRUE(other->begin(0, yours.tasks(), yours.arguments(true), 2));
    ASSERT_TRUE(other->launch(all_of(yours, 9)));
    ASSERT_TRUE(one->launch(all_of(mine, 9)));
    ASSERT_TRUE(yours.end(*other));
    ASSERT_TRUE(mine.end(*one));
    mine.expect_done();
    yours.expect_done();
  }
}

TEST_F(CudaQueue, OutlivesItsDeviceAndDriver) {
  std::unique_ptr<Cuda> cuda = driver();
  std::unique_ptr<Device> gpu = device(*cuda);
  const std::unique_ptr<Queue> one = queue(*gpu);
  gpu.reset();
  cuda.reset();
  expect_run(*one, ToyBatch(shuffled(300, 5)), true);
}

// Where memory for a larger batch is not there, the smaller one still is.
TEST_F(CudaQueue, HasItsBatchStillWhenMemoryIsShort) {
  for (const char* const call : {"cuMemAlloc_v2", "cuMemHostAlloc"}) {
    const std::unique_ptr<Cuda> cuda = driver();
    const std::unique_ptr<Device> gpu = device(*cuda);
    const std::unique_ptr<Queue> one = queue(*gpu);
    ToyBatch batch(shuffled(300, 5));
    ASSERT_TRUE(one->begin(0, batch.tasks(), batch.arguments(true), 2));
    fail({.symbol = call});
    const ToyBatch large(shuffled(30'000, 6));
    const DeviceResult<void> refused = one->begin(0, large.tasks(), large.arguments(true), 2);
    ASSERT_FALSE(refused.has_value()) << call;
    EXPECT_EQ(refused.error().kind, DeviceError::Kind::NoMemory);
    EXPECT_EQ(refused.error().message, "Fake GPU A (device 0): " + std::string(call) +
                                           ": CUDA_ERROR_OUT_OF_MEMORY: as the fake driver says");
    ASSERT_TRUE(one->launch(all_of(batch, 9)));
    ASSERT_TRUE(batch.end(*one));
    batch.expect_done();
    expect_run(*one, large, true);
  }
}

TEST_F(CudaQueue, RunsWithSmallerStacksWhenMemoryIsShort) {
  machine({.memory = 1 << 20});
  const std::unique_ptr<Cuda> cuda = driver();
  const std::unique_ptr<Device> gpu = device(*cuda);
  const std::unique_ptr<Queue> one = queue(*gpu);
  ToyBatch batch(shuffled(300, 5));
  ASSERT_TRUE(one->begin(0, batch.tasks(), batch.arguments(true), 2));
  // Nearly all of the device's memory, more than that, and more than there are addresses.
  for (const std::uint64_t cells :
       {std::uint64_t{511}, std::uint64_t{1} << 20, ~std::uint64_t{0}}) {
    const DeviceResult<Totals> refused = one->launch(all_of(batch, cells));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, DeviceError::Kind::NoMemory) << refused.error().message;
  }
  ASSERT_TRUE(one->launch(all_of(batch, 400)));
  ASSERT_TRUE(one->launch(all_of(batch, 450)));  // the old stacks make room for the new
  EXPECT_LT(fake_cuda::device_bytes(0), std::size_t{1} << 20);
  ASSERT_TRUE(batch.end(*one));
  batch.expect_done();
}

// Every call fails once, in turn, or all do from there on, as on a device that is lost.
TEST_F(CudaQueue, GivesBackWhateverFails) {
  for (const std::uint64_t times : {std::uint64_t{1}, fake_cuda::kForever}) {
    std::uint64_t failed = 0;
    for (std::uint64_t call = 1;; ++call) {
      machine({});
      const std::unique_ptr<Cuda> cuda = driver();
      std::unique_ptr<Device> gpu = device(*cuda);
      const std::uint64_t before = fake_cuda::calls();
      fail({.from = call, .times = times, .status = cuda::Status{46}});
      DeviceResult<void> done;
      {
        DeviceResult<std::unique_ptr<Queue>> opened = gpu->open();
        if (!opened) {
          done = std::unexpected(opened.error());
        } else {
          ToyBatch batch(shuffled(200, call));
          done = run(**opened, batch, true);
          if (done) batch.expect_done();
        }
      }
      const bool reached = fake_cuda::calls() - before >= call;
      if (!done) {
        ++failed;
        EXPECT_EQ(done.error().kind, DeviceError::Kind::Failed);
        EXPECT_TRUE(done.error().message.starts_with("Fake GPU A (device 0): cu"));
        EXPECT_TRUE(done.error().message.contains("CUDA_ERROR_DEVICE_UNAVAILABLE"));
      }
      fake_cuda::fail_no_more();
      gpu.reset();
      EXPECT_EQ(fake_cuda::faults(), std::vector<std::string>{}) << "call " << call;
      if (!reached) break;
    }
    EXPECT_GT(failed, 20U);
  }
}

}  // namespace
}  // namespace rosetta::gpu
