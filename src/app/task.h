// One task on an engine, its arguments and results as plain vectors.
#pragma once

#include <span>
#include <vector>

#include "engine/engine.h"

namespace rosetta {

struct TaskResult {
  std::vector<Cell> results;  // meaningless if it trapped
  Outcome outcome;
};

Result<TaskResult> run_task(Engine& engine, std::span<const Cell> arguments, std::size_t results);

}  // namespace rosetta
