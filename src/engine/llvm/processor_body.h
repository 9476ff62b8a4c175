// Bodies of functions for this processor.
#pragma once

#include "engine/llvm/processor_module.h"

namespace rosetta::llvm_engine {

// As the top frame of a task its `halt` is a return.
void write_body(ProcessorModule& module, std::uint32_t number, llvm::Function* into, bool top);

// Writes a native::RunLoop.
void write_loop(ProcessorModule& module, const native::Start& start, llvm::Function* into);

}  // namespace rosetta::llvm_engine
