// What compiled code and its runtime say to each other, in memory. Compiled code has the address
// of one in a register of its own (LLVM's `swiftself`) and knows the offsets below; nothing else
// outside itself.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/type.h"

namespace rosetta::native {

struct Context {
  // Set by enter(): where it goes on when compiled code leaves, by return or by kLeave.
  void* stack = nullptr;
  // Ways out, in processor.cpp. Compiled code calls them with the context in its register.
  void (*leave)() = nullptr;       // never returns: ends what enter() began
  void (*print)() = nullptr;       // (Cell, Type as i64)
  void (*print_text)() = nullptr;  // (number of the function, number of its text), as i64
  // Limits: what is left for the entry's callees, and for a task; and what is left of it now.
  std::uint64_t depth = 0;
  std::uint64_t fuel_limit = 0;
  std::uint64_t fuel = 0;
  // Which task runs, and why it ended: a Trap with its place, or kHalted.
  std::uint64_t task = 0;
  std::uint64_t ending = 0;
  std::uint64_t place = 0;  // the function's number << 32 | the instruction
  // Results of calls beyond kInRegisters, and all of a `halt`.
  Cell* results = nullptr;
  // Set to leave at the next way out; see Native::interrupt.
  std::uint64_t interrupted = 0;
  // Where the explicit stack (ir/explicit.h) of each task begins, in programs that have one.
  Cell* cells = nullptr;
};

inline constexpr std::uint64_t kHalted = 0x100;
inline constexpr std::size_t kInRegisters = 2;

// Compiled code for tasks: see Tasks for the columns. Statuses of tasks that end without a trap are
// set to 0. Context::task is the one that runs.
using RunTasks = void(std::uint64_t first, std::uint64_t last, const Cell* const* arguments,
                      Cell* const* results, std::uint8_t* statuses);
// A function: the interpreter's frame has its arguments in the first cells, and gets its results
// there. `depth` is what is left behind its frame.
using RunFunction = void(Cell* frame, std::uint64_t depth);
// A loop, and what comes behind it, from the middle of a function: the interpreter's frame is at
// one of the instructions that it was compiled for, `from`. Gives the block that the interpreter
// goes on with, or kReturned where the function has returned, with its results in the frame's first
// cells.
using RunLoop = std::uint64_t(Cell* frame, std::uint64_t depth, std::uint64_t from);
inline constexpr std::uint64_t kReturned = ~std::uint64_t{0};
// A lane of the kernel (engine/kernel.h) as on a device, of a program with explicit stacks: the
// arguments are the kernel's, each in a cell. It needs no context, and may be called as it is.
using RunLane = void(std::uint64_t lane, std::uint64_t lanes, const Cell* arguments);

}  // namespace rosetta::native
