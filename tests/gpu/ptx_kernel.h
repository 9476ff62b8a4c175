// A kernel's PTX, as a kernel of the fake driver: through C and this machine's compiler.
#pragma once

#include <span>
#include <string>

#include "gpu/fake_cuda.h"

namespace rosetta::fake_cuda {

// Null, and the reason on standard error, where it cannot be done. What is compiled once is there
// for good.
Kernel compile_ptx(const std::string& ptx);

// So many at once take less time than one by one. Whether all could be compiled.
bool compile_all_ptx(std::span<const std::string> texts);

}  // namespace rosetta::fake_cuda
