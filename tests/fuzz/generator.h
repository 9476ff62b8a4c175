// Random programs in the exact form of the text, and arguments for them.
//
// A program is well typed, ends with high probability and is the same on every machine for a seed
// and shape. Its instructions come from the rows of isa/opcodes.def, so a new arithmetic opcode is
// covered without an edit here. The entry is `main`. Some programs trap, and a few would run for
// long: run them with fuel. Code that no path reaches is deliberately not well typed.
//
// What it stresses: NaN bits on their way through moves, calls and reinterpretation; values left on
// the stack across jumps, joins and calls; recursion of all kinds; frames of more than 64 cells.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

enum class Type : std::uint8_t { I64, I32, F64, F32 };

struct Shape {
  unsigned functions = 6;    // at most, beside main
  unsigned statements = 10;  // at most, at the top level of a body
  unsigned nesting = 3;      // of blocks, branches and loops
  unsigned body = 250;       // instructions after which nothing more is nested
  unsigned height = 8;       // of the stack, above which values are taken away again
  unsigned unguarded = 12;   // percent of operations that can trap given operands that may do so
  double work = 20'000;      // instructions that a run is allowed by estimate
  bool recursion = true;
  bool print = true;
};

std::string random_program(std::uint64_t seed, const Shape& shape = {});

// The types of main's parameters, read from a program's text.
std::vector<Type> entry_parameters(std::string_view program);

// A cell for each parameter, corner cases often; the upper half of an i32 or f32 is zero.
std::vector<std::uint64_t> random_arguments(std::uint64_t seed, std::span<const Type> parameters);
std::vector<std::uint64_t> random_arguments(std::uint64_t seed, std::string_view program);

}  // namespace fuzz
