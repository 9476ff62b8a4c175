// What is the processor's own: the way into compiled code and out of it again, on a machine stack
// of its own, and which processor this is.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>

#include "engine/native/context.h"

namespace rosetta::native {

// What compiled code starts with: up to five words as its arguments.
struct Arguments {
  std::uint64_t words[5] = {};
};

// Calls `code` with the context in its register and the stack pointer at `stack`, a multiple of 16.
// Returns when it returns, with its result, or when it leaves; Context::ending says which. Returns
// at once where the context is interrupted.
extern "C" std::uint64_t rosetta_native_enter(Context* context, void* stack, const void* code,
                                              const Arguments* arguments);

// Sets the ways out.
void set_ways_out(Context& context);

// Whether a signal that came at this program counter may leave: it lies in what calls compiled code
// or is called by it, where nothing of the host's would be left undone.
bool may_leave_at(std::uint64_t pc);

// Of a signal handler's machine context.
std::uint64_t program_counter(const ucontext_t& machine);
// Has the interrupted thread leave compiled code when the handler returns.
void leave_from_signal(ucontext_t& machine, Context& context);

// This processor with its features, as far as machine code depends on them.
std::string processor_text();

// What compiled code calls out to, `back` being where it goes on: defined by entrance.cpp.
extern "C" void rosetta_native_print(std::uint64_t cell, std::uint64_t type, Context* context,
                                     std::uint64_t back);
extern "C" void rosetta_native_print_text(std::uint64_t function, std::uint64_t text,
                                          Context* context, std::uint64_t back);

}  // namespace rosetta::native
