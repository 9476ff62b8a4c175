#include "engine/native/native.h"

#include "engine/native/entrance.h"
#include "ir/explicit.h"

namespace rosetta {
namespace {

using namespace native;

class Native final : public Engine {
 public:
  Native(const ir::Program& program, const EngineOptions& options, Mapping code)
      : program_(program),
        options_(options),
        code_(std::move(code)),
        cells_(ir::most_stack_cells(program, options.limits.max_depth)),
        entrances_(program, options.output) {}

  Result<Outcome> run(const Tasks& tasks) override;
  void interrupt() noexcept override { entrances_.interrupt(); }
  bool interrupted() const noexcept override { return entrances_.interrupted(); }

 private:
  Outcome run(const Tasks& tasks, Entrance& entrance);

  const ir::Program& program_;
  const EngineOptions options_;
  const Mapping code_;
  const std::uint64_t cells_;
  Entrances entrances_;
};

// Compiled code goes from task to task by itself, until one of them traps or halts.
Outcome Native::run(const Tasks& tasks, Entrance& entrance) {
  Context& context = entrance.context();
  const ir::Function& entry = program_.entry();
  context.depth = options_.limits.max_depth - entry.weight;
  context.fuel_limit = options_.limits.fuel.value_or(0);
  Outcome outcome;
  for (std::uint64_t first = tasks.first; first < tasks.last;) {
    context.task = first;
    if (entry.weight > options_.limits.max_depth) {
      context.ending = static_cast<std::uint64_t>(Trap::CallDepthExceeded);
      context.place = 0;
    } else {
      entrance.run(code_,
                   {{first, tasks.last, reinterpret_cast<std::uint64_t>(tasks.arguments.data()),
                     reinterpret_cast<std::uint64_t>(tasks.results.data()),
                     reinterpret_cast<std::uint64_t>(tasks.statuses)}});
      if (context.ending == 0) break;
    }
    const std::uint64_t task = context.task;
    first = task + 1;
    if (context.ending == kHalted) {
      for (std::size_t i = 0; i < entry.results.size(); ++i) {
        tasks.results[i][task] = entrance.results()[i];
      }
      tasks.statuses[task] = 0;
      continue;
    }
    tasks.statuses[task] = static_cast<std::uint8_t>(context.ending);
    ++outcome.trapped;
    if (!outcome.trap) outcome.trap = entrance.report(task);
  }
  return outcome;
}

Result<Outcome> Native::run(const Tasks& tasks) {
  Entrance& entrance = entrances_.take();
  const Result<void> ready = entrance.prepare(code_, options_.limits.max_depth, cells_);
  Result<Outcome> outcome = ready ? Result<Outcome>(run(tasks, entrance))
                                  : Result<Outcome>(std::unexpected(ready.error()));
  entrances_.give_back(entrance);
  return outcome;
}

}  // namespace

std::unique_ptr<Engine> make_native(const ir::Program& program, const EngineOptions& options,
                                    native::Mapping code) {
  return std::make_unique<Native>(program, options, std::move(code));
}

}  // namespace rosetta
