// Stack code to register code, one function at a time.
#pragma once

#include <cstdint>
#include <span>

#include "code/function.h"
#include "ir/code.h"

namespace rosetta::ir {

// What a call site calls: a function and its number in the program.
struct CallSite {
  std::uint32_t number;
  const rosetta::Function* function;
};

// `self` is the function's number in the program, `calls` are its call sites in their order. The
// frame's weight is the linker's to fill in. Linear time and memory.
Function lower(const rosetta::Function& function, std::uint32_t self,
               std::span<const CallSite> calls);

// Inserts the Canon instructions that make NaNs canonical where their bits are seen.
void canonicalize(Function& function, std::span<const Function> program);

}  // namespace rosetta::ir
