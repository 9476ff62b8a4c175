// One task on an engine, its arguments and results as plain vectors.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "app/interrupt.h"
#include "engine/engine.h"

namespace rosetta {

struct TaskResult {
  std::vector<Cell> results;  // meaningless if it trapped
  Outcome outcome;
};

Result<TaskResult> run_task(Engine& engine, std::span<const Cell> arguments, std::size_t results);

// Whether a task of the program may print.
bool prints(const ir::Program& program);

// Finds the call chain of the task's trap, where there is a trap and the engine kept no chain, if
// that can be done in kMostReplaySeconds, within the guard's own time. `replayer` is made for it,
// and has to outlive the guard.
void find_chain(TaskResult& task, std::span<const Cell> arguments, const ir::Program& program,
                const EngineOptions& options, std::unique_ptr<Engine>& replayer,
                InterruptGuard& guard);
inline constexpr double kMostReplaySeconds = 10;

}  // namespace rosetta
