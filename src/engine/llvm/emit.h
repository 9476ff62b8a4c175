// From a program to a module of LLVM with everything that its start needs, not yet optimised.
#pragma once

#include <llvm/IR/Module.h>

#include "engine/native/compiler.h"

namespace rosetta::llvm_engine {

// The name of the function where an image begins.
inline constexpr char kStart[] = "start";

// Gives how many frames are left behind by tail calls for each that is active, at most.
std::uint64_t emit(llvm::Module& module, const ir::Program& program, const native::Start& start,
                   const native::CompileOptions& options);

}  // namespace rosetta::llvm_engine
