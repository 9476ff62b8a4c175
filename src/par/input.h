// Where the arguments of tasks come from: something that gives one or more parameters of the entry
// function a value for each task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "isa/type.h"

namespace rosetta::par {

class Input {
 public:
  virtual ~Input() = default;

  // Writes the arguments of tasks [first, first + count): columns[k][i] is that of task first + i
  // for its k-th parameter. Called by one thread at a time, for one range of tasks after the other;
  // a range that is before the last one may take long. The error names the column and the row.
  [[nodiscard]] virtual Result<void> read(std::uint64_t first, std::size_t count,
                                          std::span<Cell* const> columns) = 0;
};

}  // namespace rosetta::par
