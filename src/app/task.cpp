#include "app/task.h"

namespace rosetta {

Result<TaskResult> run_task(Engine& engine, std::span<const Cell> arguments, std::size_t results) {
  TaskResult task{std::vector<Cell>(results), {}};
  std::vector<const Cell*> from;
  std::vector<Cell*> to;
  for (const Cell& cell : arguments) from.push_back(&cell);
  for (Cell& cell : task.results) to.push_back(&cell);
  std::uint8_t status = 0;
  Result<Outcome> outcome = engine.run({0, 1, from, to, &status});
  if (!outcome) return std::unexpected(outcome.error());
  task.outcome = std::move(*outcome);
  return task;
}

}  // namespace rosetta
