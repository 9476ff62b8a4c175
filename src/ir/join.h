// Several programs as one, for what is slow to start: a device's compiler wants most of its time
// once, however many functions it gets.
#pragma once

#include <span>

#include "ir/program.h"

namespace rosetta::ir {

// A program whose first argument says which of `programs` (at least one) a task runs; those beyond
// run the first. Arguments and results are the cells of that one's, as i64: behind the first
// argument as many as any of them takes, and as many results as any gives, zero where it gives
// fewer. A task has one call more: it costs 1 of fuel, and of depth the new entry's weight. None of
// the programs halts.
Program join(std::span<const Program* const> programs);

bool halts(const Program& program);

}  // namespace rosetta::ir
