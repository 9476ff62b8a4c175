// The fake driver for whole processes: it has two GPUs that run a kernel's PTX, and a process that
// used the driver wrongly does not end well.
#include <unistd.h>

#include <iostream>

#include "gpu/fake_cuda.h"
#include "gpu/ptx_kernel.h"

namespace rosetta::fake_cuda {
namespace {

struct Process {
  Process() {
    Machine machine;
    machine.devices = 2;
    machine.compile = compile_ptx;
    reset(std::move(machine));
  }
  ~Process() {
    for (const std::string& fault : faults()) std::cerr << "the fake driver: " << fault << '\n';
    if (!faults().empty()) _exit(99);
  }
};

const Process process;

}  // namespace
}  // namespace rosetta::fake_cuda
