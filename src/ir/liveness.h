// Which registers hold a value that may still be read.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ir/program.h"

namespace rosetta::ir {

// For each call of `function` to a function of component `mine`, by the calls' order in the code:
// the registers that live across it, in ascending order; its results are not among them. Values
// that lie on the operand stack where a block goes on in another count as read. `component` is by
// number in the program.
//
// Nothing where there would be more than kMostLive of them, or more than kMostSteps steps to take:
// each variable takes as many as it has blocks where it lives, a block as many as it has edges.
inline constexpr std::uint64_t kMostLive = std::uint64_t{1} << 21;
inline constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 28;
using LiveRegisters = std::vector<std::vector<Register>>;
std::optional<LiveRegisters> live_across_calls(const Function& function, const Program& program,
                                               std::span<const std::uint32_t> component,
                                               std::uint32_t mine);

}  // namespace rosetta::ir
