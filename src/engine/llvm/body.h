// The bodies of a module's functions: register code to LLVM's.
#pragma once

#include "engine/llvm/module.h"

namespace rosetta::llvm_engine {

// Writes the body of a function of the program. As the top frame of a task its `halt` is a return.
void write_body(ModuleBuilder& module, std::uint32_t number, llvm::Function* into, bool top);

// Writes a native::RunLoop.
void write_loop(ModuleBuilder& module, const native::Start& start, llvm::Function* into);

}  // namespace rosetta::llvm_engine
