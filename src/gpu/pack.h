// A batch's arguments as the kernel wants them (engine/kernel.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/type.h"

namespace rosetta::gpu {

struct Packed {
  std::uint64_t first = 0;  // the number that the kernel is to give the batch's first task
  std::vector<Cell> cells;
};

// Of each column the tasks [begin, begin + tasks), at least one. A column whose cells are all equal
// becomes one cell; one of integers that counts up by one becomes none, where the tasks' numbers
// can be its.
void pack(std::span<const Cell* const> columns, std::span<const Type> types, std::uint64_t begin,
          std::uint32_t tasks, Packed& into);

}  // namespace rosetta::gpu
