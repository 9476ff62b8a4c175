// The kernel of a program (engine/kernel.h), around its functions for devices.
#pragma once

#include <llvm/IR/Module.h>

#include "engine/native/compiler.h"

namespace rosetta::llvm_engine {

// Puts the kernel into the module, not yet optimised. `program` has explicit stacks.
void emit_kernel(llvm::Module& module, const ir::Program& program,
                 const native::CompileOptions& options);

// The same for this processor: a native::RunLane instead of what a device starts.
void emit_lane(llvm::Module& module, const ir::Program& program,
               const native::CompileOptions& options);

}  // namespace rosetta::llvm_engine
