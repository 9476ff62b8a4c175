// The call chain of a trap, where the engine keeps none: since programs are pure, the interpreter
// can run the task again and read it back. That takes as long as interpreting the task takes, and
// whoever asks for it bounds it, by interrupting the replayer.
#pragma once

#include <memory>

#include "engine/engine.h"

namespace rosetta {

// What replay() runs a task on: an interpreter with the limits of `options`, which prints nothing.
// The program has to outlive it.
std::unique_ptr<Engine> make_replayer(const ir::Program& program, const EngineOptions& options);

// Runs the report's task of `tasks` again, whose columns are only read. Gives the trap with its
// chain where it happens again at the same place, or where no place was known; else the report as
// it was, contradicted where the task ended otherwise. The report at once where it has its chain,
// or where the task was interrupted.
TrapReport replay(Engine& replayer, const ir::Program& program, const Tasks& tasks,
                  const TrapReport& report);

}  // namespace rosetta
