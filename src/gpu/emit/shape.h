// The shape of a program's C functions: what they are called, take and give, and in which order
// they stand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "gpu/emit.h"

namespace rosetta::gpu {

struct Shape {
  // What a C function does beyond computing its results.
  struct Traits {
    bool ends = false;    // it can end the task: its caller has to look
    bool spends = false;  // fuel
    bool task = false;    // it takes the task
    bool counts = false;  // it takes what is left of the call depth
    bool stack = false;   // it takes where the stack's top is
  };

  Shape(const ir::Program& program, const Naming& naming);

  const ir::Program& program;
  std::vector<std::string> names;    // of the C functions
  std::vector<std::string> origins;  // what the comment above a function says
  std::vector<Traits> traits;
  std::vector<std::uint32_t> order;  // callees first; of those that the entry calls in the end
  bool recursive = false;            // so they have to be declared
  bool machines = false;             // there is a stack
  bool f64 = false;                  // the type is used
  bool entry_called = false;         // by a function of the program
  bool halting = false;              // a function ends the task with results

  // A `halt` of the entry, where no one calls it, is a return.
  [[nodiscard]] bool halts(std::uint32_t function) const { return function != 0 || entry_called; }
  // `rv_end_i64 f1_fib(…)` up to the body; with the parameters' names.
  [[nodiscard]] std::string head(std::uint32_t function) const;
  // The type of what a function gives.
  [[nodiscard]] std::string given(std::uint32_t function) const;
};

// `_i64_f64`, behind the names of all that has to do with such results.
std::string suffix(const std::vector<Type>& results);
// What ends a function of these results that can end a task: with a status, or with results.
std::string stop_text(const std::vector<Type>& results, const std::string& status);

// The structs that functions give results in, with what makes them.
std::string result_types(const Shape& shape);
// The task: what all its functions have in common.
std::string task_type(const Shape& shape);

}  // namespace rosetta::gpu
