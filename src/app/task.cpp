#include "app/task.h"

#include <algorithm>

#include "engine/replay.h"

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

bool prints(const ir::Program& program) {
  return std::ranges::any_of(program.functions, [](const ir::Function& function) {
    return std::ranges::any_of(function.code, [](const ir::Instruction& each) {
      return each.op == ir::Op::Print || each.op == ir::Op::PrintText;
    });
  });
}

void find_chain(TaskResult& task, std::span<const Cell> arguments, const ir::Program& program,
                const EngineOptions& options, std::unique_ptr<Engine>& replayer,
                InterruptGuard& guard) {
  std::optional<TrapReport>& trap = task.outcome.trap;
  if (!trap || trap->frames != 0 || trap->trap == Trap::Interrupted) return;
  replayer = make_replayer(program, options);
  guard.hand_over(*replayer, kMostReplaySeconds);
  std::vector<const Cell*> from;
  for (const Cell& cell : arguments) from.push_back(&cell);
  trap = replay(*replayer, program, {0, 1, from, {}, nullptr}, *trap);
}

}  // namespace rosetta
