// Recursion without a machine stack, for devices that have none.
//
// Each recursive component of the call graph becomes one function, a machine: a loop around a
// switch over states, where a state is a member's entry or the place behind a call of a member. A
// call saves what lives across it, and the state to go on with, on a stack of cells; a return takes
// the state from there. A member itself becomes a function of one block that enters the machine, so
// its callers, its number and its weight stay as they were.
//
// Members make no tail calls any more: those among them are jumps, others calls and returns.
#pragma once

#include <cstdint>

#include "ir/program.h"

namespace rosetta::ir {

// The same results, kinds of traps, fuel and call depth as of `program`; its functions have the
// same numbers, machines come behind them. Where in a machine a trap is says an instruction, but
// not of which member: who wants places runs the task again on the program as it was
// (engine/replay.h). Time and memory linear in the program and what lives across its recursive
// calls; the error is a program where that is beyond reason (see ir/liveness.h).
Result<Program> with_explicit_stacks(const Program& program);

// The most cells that a task's stack can have within this call depth; 0 where there is no machine.
std::uint64_t most_stack_cells(const Program& program, std::uint64_t max_depth);

}  // namespace rosetta::ir
