#include <filesystem>

#include "engine/cache.h"
#include "gpu/toy.h"
#include "unit/files.h"

namespace rosetta::gpu {
namespace {

using fake_cuda::fail;

class CudaOpen : public CudaTest {
 protected:
  static std::string refused(const std::string& library = ROSETTAVM_FAKE_CUDA) {
    const Result<std::unique_ptr<Cuda>> cuda = Cuda::open(library);
    EXPECT_FALSE(cuda.has_value());
    if (cuda) return {};
    EXPECT_EQ(cuda.error().fault, Fault::Machine);
    return cuda.error().message;
  }

  static std::string load(const std::string& ptx, const Cache* cache, std::size_t gpu = 0) {
    const std::unique_ptr<Cuda> cuda = driver();
    Result<Cuda::Loaded> loaded = cuda->load(gpu, ptx, cache);
    return loaded ? loaded->code : loaded.error().message;
  }
};

TEST_F(CudaOpen, SaysThatThereIsNoDriver) {
  EXPECT_EQ(refused("libno-such-cuda.so.1"),
            "no CUDA driver was found: libno-such-cuda.so.1: cannot open shared object file: No "
            "such file or directory (NVIDIA's driver for the GPU installs it; the CUDA toolkit is "
            "not needed)");
}

TEST_F(CudaOpen, SaysWhatADriverDoesNotHave) {
  EXPECT_EQ(refused("libm.so.6"),
            "the CUDA driver libm.so.6 has no cuInit: one of CUDA 11.0 or newer is needed");
}

TEST_F(CudaOpen, SaysThatTheDriverIsTooOld) {
  machine({.version = 10020});
  EXPECT_EQ(refused(), "the CUDA driver is of CUDA 10.2: one of CUDA 11.0 or newer is needed");
}

TEST_F(CudaOpen, SaysThatThereIsNoGpu) {
  machine({.devices = 0});
  EXPECT_EQ(refused(),
            "the CUDA driver is there and finds no GPU: `nvidia-smi` and CUDA_VISIBLE_DEVICES say "
            "which it may use");
}

TEST_F(CudaOpen, SaysWhichCallFailed) {
  fail({.symbol = "cuInit", .status = cuda::Status{719}});
  EXPECT_EQ(refused(),
            "the CUDA driver cannot be used: cuInit: CUDA_ERROR_LAUNCH_FAILED: as the fake driver "
            "says");
  fail({.symbol = "cuDeviceGetName", .status = cuda::Status{1234}});
  EXPECT_EQ(refused(),
            "CUDA device 0: cuDeviceGetName: error 1234, which this driver has no name for");
}

TEST_F(CudaOpen, DescribesTheGpus) {
  machine({.devices = 4, .version = 12040, .capability = 89, .multiprocessors = 3});
  const std::unique_ptr<Cuda> cuda = driver();
  EXPECT_EQ(cuda->version(), 12040);
  ASSERT_EQ(cuda->gpus().size(), 4U);
  const CudaGpu& last = cuda->gpus()[3];
  EXPECT_EQ(last.info.name, "Fake GPU D");
  EXPECT_EQ(last.info.memory, std::uint64_t{256} << 20);
  EXPECT_EQ(last.info.group, 128U);
  EXPECT_EQ(last.info.lanes, 3U * 256U);
  EXPECT_EQ(last.capability, 89U);
}

TEST_F(CudaOpen, FindsThePtxsTarget) {
  EXPECT_EQ(capability_of(kToyPtx), 60U);
  EXPECT_EQ(capability_of(".target sm_90a, debug"), 90U);
  EXPECT_EQ(capability_of(".version 6.0"), 0U);
}

TEST_F(CudaOpen, RefusesAGpuThatTheKernelIsNotFor) {
  machine({.devices = 2, .capability = 52});
  EXPECT_EQ(load(kToyPtx, nullptr, 1),
            "Fake GPU B (device 1) has compute capability 5.2, where the kernel needs 6.0 or more: "
            "choose another device");
}

TEST_F(CudaOpen, ShowsTheDriversLogOfWhatDoesNotCompile) {
  EXPECT_EQ(load(".version 6.0", nullptr),
            "Fake GPU A (device 0): cuLinkComplete: CUDA_ERROR_INVALID_PTX: as the fake driver "
            "says; the driver's log:\nptxas fatal: no kernel is there");
}

TEST_F(CudaOpen, SaysThatTheDriverDoesNotKnowThePtx) {
  fail({.symbol = "cuLinkAddData_v2", .status = cuda::Status::UnsupportedPtxVersion});
  EXPECT_EQ(load(kToyPtx, nullptr),
            "Fake GPU A (device 0): cuLinkAddData_v2: CUDA_ERROR_UNSUPPORTED_PTX_VERSION: as the "
            "fake driver says (the driver is too old for the kernel's PTX: install a newer one)");
}

TEST_F(CudaOpen, KeepsWhatTheDriverCompiled) {
  const Folder folder;
  const Cache cache(folder.path("code"));
  EXPECT_EQ(load(kToyPtx, &cache), "cache miss: not there; kept now");
  EXPECT_EQ(load(kToyPtx, &cache), "cache hit");
  EXPECT_EQ(fake_cuda::compilations(), 1U);
  // Other PTX, another kind of GPU, another driver: other code.
  EXPECT_EQ(load(std::string(kToyPtx) + "\n", &cache), "cache miss: not there; kept now");
  machine({.capability = 90});
  EXPECT_EQ(load(kToyPtx, &cache), "cache miss: not there; kept now");
  machine({.version = 12050});
  EXPECT_EQ(load(kToyPtx, &cache), "cache miss: not there; kept now");
  EXPECT_EQ(load(kToyPtx, &cache), "cache hit");
}

TEST_F(CudaOpen, CompilesWithoutACache) {
  EXPECT_EQ(load(kToyPtx, nullptr), "not cached");
  EXPECT_EQ(load(kToyPtx, nullptr), "not cached");
  EXPECT_EQ(fake_cuda::compilations(), 2U);
}

TEST_F(CudaOpen, CompilesAgainWhatIsDamaged) {
  const Folder folder;
  const Cache cache(folder.path("code"));
  EXPECT_EQ(load(kToyPtx, &cache), "cache miss: not there; kept now");
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("code"))) {
    std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 1);
  }
  EXPECT_EQ(load(kToyPtx, &cache), "cache miss: damaged; kept now");
  EXPECT_EQ(load(kToyPtx, &cache), "cache hit");
}

// Bytes that the cache has as they were kept, and the driver does not take.
TEST_F(CudaOpen, CompilesAgainWhatTheGpuDoesNotTake) {
  const Folder folder;
  const Cache cache(folder.path("code"));
  EXPECT_EQ(load(kToyPtx, &cache), "cache miss: not there; kept now");
  fail({.symbol = "cuModuleLoadData", .status = cuda::Status{200}});
  EXPECT_EQ(load(kToyPtx, &cache), "cache miss: the GPU does not take it; kept now");
  EXPECT_EQ(load(kToyPtx, &cache), "cache hit");
}

TEST_F(CudaOpen, RunsWhereNothingCanBeKept) {
  const Folder folder;
  const Cache cache(folder.file("code", "a file where a folder should be"));
  EXPECT_EQ(load(kToyPtx, &cache).substr(0, 61),
            "cache miss: not read: Not a directory; not kept: cannot write");
}

// Whichever call fails, loading says so and leaves nothing behind.
TEST_F(CudaOpen, GivesBackWhateverFails) {
  std::uint64_t failed = 0;
  for (std::uint64_t call = 1;; ++call) {
    machine({});
    fail({.from = call, .status = cuda::Status{719}});
    const std::uint64_t before = fake_cuda::calls();
    bool fine = false;
    if (const Result<std::unique_ptr<Cuda>> cuda = Cuda::open(ROSETTAVM_FAKE_CUDA); cuda) {
      const Result<Cuda::Loaded> loaded = (*cuda)->load(0, kToyPtx, nullptr);
      fine = loaded.has_value() && loaded->device->open().has_value();
    }
    if (fake_cuda::calls() - before < call) break;
    if (!fine) ++failed;
    EXPECT_EQ(fake_cuda::faults(), std::vector<std::string>{}) << "call " << call;
    EXPECT_EQ(fake_cuda::left_over(), std::vector<std::string>{}) << "call " << call;
  }
  EXPECT_GT(failed, 15U);
}

}  // namespace
}  // namespace rosetta::gpu
