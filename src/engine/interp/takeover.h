// Another engine that takes over from the interpreter while a task runs.
#pragma once

#include <cstdint>

#include "engine/interp/code.h"

namespace rosetta::interp {

// Called by the interpreter at words that were overwritten for it (Interpreter::ask,
// Interpreter::take_over), on the thread that interprets.
class Takeover {
 public:
  virtual ~Takeover() = default;

  // At an event, which is executed as usual then. The words are the usual ones again.
  virtual void asked(const Word* pc, const Cell* fp) noexcept = 0;

  // Where the interpreter goes on, with what is left of its fuel. Without a pc the task has ended:
  // the context has its trap or its results.
  struct Resumed {
    const Word* pc;
    std::uint64_t fuel;
    std::uint64_t weight;  // of the frame, where it has returned
    bool returned;         // the results are where the caller looks for them; pc is the link
  };
  // At a jump backwards: runs the loop until it is left, or the function until it returns.
  virtual Resumed loop(const Word* pc, Cell* fp, Context* context, std::uint64_t depth,
                       std::uint64_t fuel) noexcept = 0;
  // At a function's first word: runs it until it returns.
  virtual Resumed function(const Word* pc, Cell* fp, Context* context, std::uint64_t depth,
                           std::uint64_t fuel) noexcept = 0;

  // The trap of a task that did not end in the interpreter's own code.
  virtual TrapReport report(std::uint64_t task, const Context& context) = 0;
  // A run is over; what Context::takeover_state names is not needed any more.
  virtual void finished(Context& context) noexcept = 0;
};

}  // namespace rosetta::interp
