// The oracle's own arithmetic: what each numeric mnemonic of the exact form does to cells.
//
// The table is made once and never changes; any thread may read it. An operation that traps throws
// Trapped. It expects as many cells as it has operands, the first operand first, the upper half of
// an i32 or f32 zero, and gives such a cell.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "reference/oracle.h"

namespace reference {

constexpr std::uint64_t kNan64 = 0x7ff8000000000000;
constexpr std::uint32_t kNan32 = 0x7fc00000;

// Thrown where a program traps, caught where it is run.
struct Trapped {
  const char* name;
};

struct Operation {
  std::vector<Type> operands;
  Type result;
  std::function<std::uint64_t(const std::uint64_t*)> apply;
};

using Operations = std::unordered_map<std::string, Operation>;

const Operations& operations();

}  // namespace reference
