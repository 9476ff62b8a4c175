// What turned one sequence of lines into another.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rosetta {

// A line that stays, goes or comes. `line` is its index: in the first sequence, or for one that
// comes in the second.
struct Edit {
  enum class Kind : std::uint8_t { Keep, Remove, Add };
  Kind kind{};
  std::uint32_t line = 0;
};

// The fewest edits, in order; where more than 2,000 are needed between the common beginning and the
// common end, all lines there are removed and added. (E. W. Myers, "An O(ND) Difference Algorithm
// and Its Variations", 1986.)
std::vector<Edit> edits(std::span<const std::string> from, std::span<const std::string> to);

}  // namespace rosetta
