#include "engine/interp/interpreter.h"

#include <algorithm>
#include <limits>

#include "engine/interp/interp.h"
#include "engine/region.h"
#include "ir/explicit.h"

namespace rosetta {
namespace interp {

Interpreter::Interpreter(const ir::Program& program, const EngineOptions& options,
                         Takeover* takeover)
    : program_(program),
      options_(options),
      code_(encode(program, options)),
      frame_bytes_(frame_bytes()),
      stack_bytes_(ir::most_stack_cells(program, options.limits.max_depth) * sizeof(Cell)),
      takeover_(takeover) {
  if (takeover == nullptr) return;
  usual_.reserve(code_.events.size());
  for (const std::uint32_t event : code_.events) usual_.push_back(code_.words[event]);
}

// Frames that count are bounded by the depth; the others, by there being no cycle among them.
std::uint64_t Interpreter::frame_bytes() const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / sizeof(Cell);
  std::uint64_t per_weight = 0;
  std::uint64_t others = 64;
  for (const ir::Function& function : program_.functions) {
    const std::uint64_t cells = std::uint64_t{function.registers} + 1;
    // The way into a machine stays when its weight has been given back.
    if (function.weight == 0 || function.enters) others += cells;
    if (function.weight > 0) {
      per_weight = std::max(per_weight, (cells + function.weight - 1) / function.weight);
    }
  }
  if (per_weight == 0) return others * sizeof(Cell);
  // The innermost frame's registers lie beyond its base, and it is counted like any other.
  const std::uint64_t depth = options_.limits.max_depth;
  const bool fits = depth <= (kMost - others) / per_weight;
  return (fits ? depth * per_weight + others : kMost) * sizeof(Cell);
}

Result<Region> Interpreter::take_stack() {
  {
    const std::lock_guard lock(mutex_);
    if (!stacks_.empty()) {
      Region stack = std::move(stacks_.back());
      stacks_.pop_back();
      return stack;
    }
  }
  const bool fits = frame_bytes_ <= std::numeric_limits<std::uint64_t>::max() - stack_bytes_;
  return Region::reserve(fits ? frame_bytes_ + stack_bytes_
                              : std::numeric_limits<std::uint64_t>::max());
}

void Interpreter::give_back(Region stack) {
  const std::lock_guard lock(mutex_);
  stacks_.push_back(std::move(stack));
}

// The arguments' columns to the frame's cells; where it returns to is behind them.
void Interpreter::task(std::uint64_t index, const Tasks& tasks, Context& context,
                       std::uint64_t depth, std::uint64_t fuel) const {
  Cell* const base = context.base;
  const std::size_t params = program_.entry().params.size();
  context.taken_over = false;
  context.top = base + frame_bytes_ / sizeof(Cell);
  for (std::size_t i = 0; i < params; ++i) base[i] = tasks.arguments[i][index];
  base[params] = reinterpret_cast<Cell>(code_.finish);
  enter(code_.entry(), base, &context, depth, fuel);
}

Result<Outcome> Interpreter::run(const Tasks& tasks) {
  std::uint64_t next = 0;
  return run(tasks, std::nullopt, next);
}

Result<Outcome> Interpreter::run(const Tasks& tasks, std::optional<std::uint32_t> turn,
                                 std::uint64_t& next) {
  Result<Region> region = take_stack();
  if (!region) return std::unexpected(region.error());
  const ir::Function& entry = program_.entry();
  const std::size_t results = entry.results.size();
  Context context;
  context.options = &options_;
  context.program = &program_;
  context.base = reinterpret_cast<Cell*>(region->begin());
  context.stack_end = context.base + (frame_bytes_ + stack_bytes_) / sizeof(Cell);
  context.least_depth = options_.limits.max_depth;
  context.takeover = takeover_;
  const std::uint64_t depth = options_.limits.max_depth - entry.weight;
  const std::uint64_t fuel = options_.limits.fuel.value_or(0);
  const bool too_deep = entry.weight > options_.limits.max_depth;
  Outcome outcome;
  std::uint64_t index = tasks.first;
  for (; index < tasks.last; ++index) {
    if (turn && turn_.load(std::memory_order_relaxed) != *turn) break;
    if (interrupted_.load(std::memory_order_relaxed) || too_deep) [[unlikely]] {
      context.pc = nullptr;  // nothing has run
      context.taken_over = false;
      context.trap = interrupted_.load() ? Trap::Interrupted : Trap::CallDepthExceeded;
    } else {
      task(index, tasks, context, depth, fuel);
    }
    tasks.statuses[index] = static_cast<std::uint8_t>(context.trap);
    if (context.trap == Trap::None) [[likely]] {
      for (std::size_t i = 0; i < results; ++i) tasks.results[i][index] = context.results[i];
      continue;
    }
    if (context.failure) break;
    ++outcome.trapped;
    if (options_.count && context.pc != nullptr) {
      context.steps -= std::min(context.steps, uncounted(context));
    }
    if (!outcome.trap) outcome.trap = report(index, context);
  }
  next = index;
  if (takeover_ != nullptr) takeover_->finished(context);
  give_back(std::move(*region));
  if (context.failure) return std::unexpected(std::move(*context.failure));
  outcome.steps = context.steps;
  outcome.deepest = options_.limits.max_depth - context.least_depth;
  return outcome;
}

Frame Interpreter::frame(const Code::Place& place) const {
  return {place.function, program_.functions[place.function].code[place.instruction].origin};
}

// From each frame to its caller, by the call that its link is behind, until `visit` says false.
template <class Visit>
void Interpreter::for_each_frame(const Word* pc, const Cell* fp, Visit visit) const {
  for (;;) {
    const Code::Place place = code_.place(pc);
    if (!visit(place)) return;
    const std::size_t link = program_.functions[place.function].params.size();
    const auto* const back = reinterpret_cast<const Word*>(fp[link]);
    if (back == code_.finish) return;
    pc = back - kCallWords + 1;  // the call's operands: its handler may be an operation's too
    fp -= load<CallOperands>(pc).base;
  }
}

std::vector<Code::Place> Interpreter::frames(const Word* pc, const Cell* fp,
                                             std::size_t most) const {
  std::vector<Code::Place> frames;
  for_each_frame(pc, fp, [&](const Code::Place& place) {
    frames.push_back(place);
    return frames.size() < most;
  });
  return frames;
}

TrapReport Interpreter::report(std::uint64_t task, const Context& context) const {
  if (context.taken_over) return takeover_->report(task, context);
  TrapReport report;
  report.task = task;
  report.trap = context.trap;
  if (context.pc == nullptr) {
    report.frames = 1;
    report.innermost.push_back(report.place);
    return report;
  }
  report.place = frame(code_.place(context.pc));
  for_each_frame(context.pc, context.fp, [&](const Code::Place& place) {
    ++report.frames;
    std::vector<Frame>& outer = report.outermost;
    if (report.innermost.size() < TrapReport::kMostFrames) {
      report.innermost.push_back(frame(place));
    } else if (outer.size() < TrapReport::kMostFrames) {
      outer.push_back(frame(place));
    } else {
      outer[(report.frames - 1) % TrapReport::kMostFrames] = frame(place);
    }
    return true;
  });
  if (report.outermost.size() == TrapReport::kMostFrames) {
    const auto oldest = static_cast<std::ptrdiff_t>(report.frames % TrapReport::kMostFrames);
    std::rotate(report.outermost.begin(), report.outermost.begin() + oldest,
                report.outermost.end());
  }
  return report;
}

// Steps were counted ahead, up to the next call: those that did not happen.
std::uint64_t Interpreter::uncounted(const Context& context) const {
  const Code::Place place = code_.place(context.pc);
  const ir::Function& function = program_.functions[place.function];
  const auto after =
      std::upper_bound(function.blocks.begin(), function.blocks.end(), place.instruction,
                       [](std::uint32_t at, const ir::Block& block) { return at < block.begin; });
  const ir::Block& block = *(after - 1);
  const auto id = static_cast<ir::BlockId>(after - 1 - function.blocks.begin());
  std::uint32_t counted = block.first + block.steps;
  for (std::uint32_t at = place.instruction; at < function.end(id); ++at) {
    if (function.code[at].op != ir::Op::Call) continue;
    counted = function.code[at].origin + 1;
    break;
  }
  const std::uint32_t done = function.code[place.instruction].origin + 1;
  return counted > done ? counted - done : 0;
}

void Interpreter::interrupt() noexcept {
  interrupted_.store(true);
  // Whatever can go on for long comes by one of these soon.
  for (const std::uint32_t event : code_.events) overwrite(event, handler(kHandlers.interrupted));
}

// Whoever interrupts sets the flag before he writes, and whoever else writes looks at it
// afterwards: so what is left in the end is the interruption.
void Interpreter::set(std::size_t event, Word word) noexcept {
  overwrite(code_.events[event], word);
  if (interrupted_.load()) overwrite(code_.events[event], handler(kHandlers.interrupted));
}

void Interpreter::ask() noexcept {
  for (std::size_t event = 0; event < usual_.size(); ++event) {
    const Word word = usual(event);
    const bool taken =
        word == handler(kHandlers.take_loop) || word == handler(kHandlers.take_function);
    if (!taken) set(event, handler(kHandlers.ask));
  }
}

void Interpreter::stop_asking() {
  for (std::size_t event = 0; event < usual_.size(); ++event) set(event, usual(event));
}

void Interpreter::take_over(const Word* at, bool function) {
  const Word word = handler(function ? kHandlers.take_function : kHandlers.take_loop);
  const auto offset = static_cast<std::uint32_t>(at - code_.words.data());
  const auto event = std::ranges::lower_bound(code_.events, offset);
  if (event == code_.events.end() || *event != offset) return overwrite(offset, word);
  const auto index = static_cast<std::size_t>(event - code_.events.begin());
  __atomic_store_n(&usual_[index], word, __ATOMIC_SEQ_CST);
  set(index, word);
}

}  // namespace interp

std::unique_ptr<Engine> make_interpreter(const ir::Program& program, const EngineOptions& options) {
  return std::make_unique<interp::Interpreter>(program, options);
}

}  // namespace rosetta
