// Where a program spends its time, as far as that can be seen from one look at its stack.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/interp/encode.h"
#include "engine/native/compiler.h"

namespace rosetta {

// By function: whether tail calls may go round through it.
std::vector<bool> tail_cycles(const ir::Program& program);

// What of the running program to compile next: a loop, or a function that calls itself or through
// which tail calls go round, whichever lies outermost and was not `taken` yet. `frames`: the
// innermost first; `goes_round`: the program's tail_cycles().
std::optional<native::Start> find_spot(const ir::Program& program,
                                       const std::vector<bool>& goes_round,
                                       std::span<const interp::Code::Place> frames,
                                       std::span<const native::Start> taken);

// All loops and functions, whether anything runs there or not.
std::vector<native::Start> all_spots(const ir::Program& program);

// For a loop: where the interpreter can be when it jumps back to its head. `at` are words of its
// code, whose handlers can be replaced; `from` the instructions of register code that each stands
// for.
struct Latch {
  std::uint32_t at;
  std::uint32_t from;
};
std::vector<Latch> latches(const ir::Program& program, const interp::Code& code,
                           const native::Start& loop);

}  // namespace rosetta
