// Programs as C-family text: the kernel of engine/kernel.h, complete, for a compiler of the dialect
// and its plain flags.
//
// The text is a function of what it is made from: same program and names, same bytes. It has no
// prints. Every operation is called by its name in isa/arith.h, whose text stands at its head
// behind a prelude of the dialect's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "ir/program.h"

namespace rosetta::gpu {

enum class Dialect : std::uint8_t { Cuda, Hip, OpenCl, C };

// For each function of the program as it was linked, for people to read. Machines, which come
// behind them, are named after their members.
struct Naming {
  std::vector<std::string> names;   // as in the language: letters, digits, _ and .
  std::vector<std::string> hashes;  // hexadecimal digits, all of them
};

enum class Recursion : std::uint8_t {
  Stacks,  // of our own: any depth, in every dialect
  Native,  // of the device: calls itself, for those who measure; not in OpenCL
};

// The program as the emitter and other compilers for devices want it: without recursion, each loop
// entered at one place. The error is a program that saves too much (ir/explicit.h).
Result<ir::Program> prepare(const ir::Program& program);

// The kernel and what it needs, no more. `program` is as it was linked. The error is of
// prepare(), or of native recursion, where the dialect or the program does not bear it.
Result<std::string> emit_kernel(const ir::Program& program, Dialect dialect, const Naming& naming,
                                Recursion recursion = Recursion::Stacks);

// The same with a host program behind it, that runs tasks and prints the sums of their results as
// `rosettavm par` does. Not for OpenCL: its host is a program of its own.
Result<std::string> emit_program(const ir::Program& program, Dialect dialect, const Naming& naming,
                                 Recursion recursion = Recursion::Stacks);

}  // namespace rosetta::gpu
