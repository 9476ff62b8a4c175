#include "engine/replay.h"

#include "engine/interp/interp.h"

namespace rosetta {

std::unique_ptr<Engine> make_replayer(const ir::Program& program, const EngineOptions& options) {
  return make_interpreter(program, {.limits = options.limits});
}

TrapReport replay(Engine& replayer, const ir::Program& program, const Tasks& tasks,
                  const TrapReport& report) {
  if (report.frames != 0 || report.trap == Trap::Interrupted) return report;
  // One task, with columns of its own.
  std::vector<const Cell*> arguments;
  for (const Cell* const column : tasks.arguments) arguments.push_back(column + report.task);
  std::vector<Cell> cells(program.entry().results.size());
  std::vector<Cell*> results;
  for (Cell& cell : cells) results.push_back(&cell);
  std::uint8_t status = 0;
  Result<Outcome> outcome = replayer.run({0, 1, arguments, results, &status});
  if (!outcome || (outcome->trap && outcome->trap->trap == Trap::Interrupted)) return report;
  const std::optional<TrapReport>& again = outcome->trap;
  const bool same_trap = again && again->trap == report.trap;
  const bool same_place = same_trap && (report.place.function == Frame::kUnknownFunction ||
                                        (again->place.function == report.place.function &&
                                         again->place.instruction == report.place.instruction));
  TrapReport found = same_place ? *again : report;
  found.task = report.task;
  found.contradicted = !same_trap;
  return found;
}

}  // namespace rosetta
