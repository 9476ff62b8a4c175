// What every engine is: something that runs tasks [first, last) of one program over columns of
// arguments into columns of results and one status byte a task. One run is a range of one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ir/program.h"
#include "isa/trap.h"
#include "isa/type.h"

namespace rosetta {

struct Limits {
  std::uint64_t max_depth = 1'000'000;  // of calls, as the language counts them
  std::optional<std::uint64_t> fuel;    // calls and backward jumps; none: not counted
};

// Columns of cells. Task i has its k-th argument in arguments[k][i] and leaves its k-th result in
// results[k][i], and in statuses[i] its Trap; the results of a trapped task mean nothing.
struct Tasks {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::span<const Cell* const> arguments;
  std::span<Cell* const> results;
  std::uint8_t* statuses = nullptr;
};

// An active frame: a function of the program and the instruction (of the checked function) that it
// is at.
struct Frame {
  std::uint32_t function;
  std::uint32_t instruction;

  // Where compiled code was interrupted, only the function is known.
  static constexpr std::uint32_t kUnknownInstruction = 0xffff'ffff;
  // Where a device ran it, not even that.
  static constexpr std::uint32_t kUnknownFunction = 0xffff'ffff;
  static constexpr Frame unknown() { return {kUnknownFunction, kUnknownInstruction}; }
};

struct TrapReport {
  Trap trap = Trap::None;
  std::uint64_t task = 0;
  Frame place{};
  // The call chain from the trap's own frame outwards: all of it, or its first and last
  // kMostFrames of `frames`. Where `frames` is 0 it is not known: see engine/replay.h.
  std::vector<Frame> innermost;
  std::vector<Frame> outermost;
  std::uint64_t frames = 0;
  // The interpreter, which ran the task again, says otherwise: whoever reported this is wrong.
  bool contradicted = false;

  static constexpr std::size_t kMostFrames = 16;
};

struct Outcome {
  std::uint64_t trapped = 0;       // tasks
  std::optional<TrapReport> trap;  // of the first task that trapped
  // Where the engine was asked to count: instructions of the language executed, and the greatest
  // call depth.
  std::uint64_t steps = 0;
  std::uint64_t deepest = 0;
};

// Takes what a program prints, in program order.
class Output {
 public:
  virtual ~Output() = default;
  virtual void value(Cell cell, Type type) = 0;
  virtual void text(std::string_view text) = 0;
};

// Watches register instructions before they run.
class Observer {
 public:
  virtual ~Observer() = default;
  // `values` are the cells of the instruction's operands a, b and c, where it has them.
  virtual void step(std::uint32_t function, const ir::Instruction& instruction, std::uint64_t depth,
                    std::span<const Cell, 3> values) = 0;
};

struct EngineOptions {
  Limits limits;
  Output* output = nullptr;      // null: prints are dropped
  Observer* observer = nullptr;  // slow
  bool count = false;            // fill Outcome::steps and ::deepest; slows calls most, up to twice
};

class Engine {
 public:
  virtual ~Engine() = default;

  // May be called from several threads at once, on tasks that do not overlap. An error is the
  // machine's: not enough memory for the call depth.
  [[nodiscard]] virtual Result<Outcome> run(const Tasks& tasks) = 0;

  // How many tasks at once keep it busy. Each of fewer takes longer.
  [[nodiscard]] virtual std::uint64_t grain() const { return 1; }

  // Ends what runs, and all that runs later, with the trap `interrupted`. May be called from any
  // thread and from a signal handler.
  virtual void interrupt() noexcept = 0;
  [[nodiscard]] virtual bool interrupted() const noexcept = 0;
};

}  // namespace rosetta
