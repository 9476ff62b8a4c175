// A Program: an entry function and all it reaches, linked and lowered, ready for any engine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "code/function.h"
#include "ir/code.h"

namespace rosetta::ir {

// Immutable once made; may be read from any thread. Function 0 is the entry.
struct Program {
  std::vector<Function> functions;
  // For each function its number in the module that it was linked from.
  std::vector<std::uint32_t> numbers;

  [[nodiscard]] const Function& entry() const { return functions.front(); }
};

// A halt whose function has other result types than the entry: the program is wrong. The numbers
// are the module's, so that whoever has names can say it.
struct LinkError {
  std::uint32_t function;
  std::uint32_t instruction;
};

// Links `entry` of `module` with everything its call sites reach, dead ones included, and lowers
// it. Time and memory linear in what is reached.
std::expected<Program, LinkError> link(std::span<const rosetta::Function> module,
                                       std::uint32_t entry);

}  // namespace rosetta::ir
