// A CUDA driver without a GPU: a library with the driver's functions over this machine's memory,
// which the runner opens in the driver's place, and what tests steer it by.
//
// It is stricter than the real one. Nothing that is asynchronous happens before somebody waits, and
// then what different streams have to do goes on in a scrambled order, so that memory used again
// too early, or read too early, shows. Device memory ends at a page that cannot be touched; what
// was given back is never used again. What the driver forbids, or only leaves undefined, is a
// fault, and so is anything that is left over in the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gpu/cuda_driver.h"

namespace rosetta::fake_cuda {

// What a launch passes to the kernel (engine/kernel.h).
struct KernelCall {
  std::uint32_t count;
  std::uint64_t first;
  std::uint64_t stride;
  const std::uint32_t* picks;
  const std::uint64_t* arguments;
  std::uint64_t* results;
  std::uint8_t* statuses;
  std::uint32_t* totals;
  std::uint64_t* arena;
  std::uint64_t cells;
  std::uint64_t depth;
  std::uint64_t fuel;
  std::uint32_t groups;
  std::uint32_t group;
  std::uint32_t lanes;  // of all groups
  int device;
};

// Runs all lanes. May be called in several threads at once.
using Kernel = std::function<void(KernelCall&)>;

struct Machine {
  int devices = 1;
  int version = 12040;
  int capability = 86;
  std::size_t memory = std::size_t{256} << 20;  // bytes of each device
  int multiprocessors = 2;
  int threads = 256;  // of a multiprocessor
  unsigned seed = 1;  // of the order in which streams go on
  // The driver's compiler; null is given back for what it does not take.
  std::function<Kernel(const std::string& ptx)> compile{};
};

// Another machine, on which nothing has happened yet. What the runner has of the old one must be
// gone.
void reset(Machine machine);

// From the `from`-th call on (1: the next), `times` of them fail.
struct Failure {
  std::string
      symbol{};  // empty: of all, but those that are no device's: pushing a context, popping
  std::uint64_t from = 1;
  std::uint64_t times = 1;
  gpu::cuda::Status status = gpu::cuda::Status::OutOfMemory;
};
inline constexpr std::uint64_t kForever = ~std::uint64_t{0};
void fail(const Failure& failure);
void fail_no_more();

// What was done wrong since the reset, and what is still there: streams, memory, modules, contexts.
std::vector<std::string> faults();
std::vector<std::string> left_over();

std::uint64_t calls();                  // of all functions, since the reset
std::uint64_t compilations();           // of PTX
std::size_t pending();                  // operations that no stream has come to
std::size_t device_bytes(int device);   // allocated
std::size_t contexts_of_this_thread();  // pushed and not popped

}  // namespace rosetta::fake_cuda
