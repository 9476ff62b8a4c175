// Every handler does its work and ends in a tail call of the next one's, so the machine stack never
// grows and the state stays in machine registers. Those of regular opcodes are made from the rows
// of opcodes.def and the functions of arith.h; the rest is below, by hand.
#include <algorithm>
#include <cassert>

#include "engine/interp/code.h"
#include "engine/interp/takeover.h"
#include "isa/signature.h"

namespace rosetta::interp {
namespace {

#define RV_HANDLER RV_PRESERVE_NONE void
// A handler's address is loaded atomically, since interrupt() replaces some while others run; that
// is the same machine instruction as a plain load.
Handler* handler_at(const Word* pc) {
  return reinterpret_cast<Handler*>(__atomic_load_n(pc, __ATOMIC_RELAXED));
}

#define RV_GO(target)                                                                  \
  do {                                                                                 \
    const Word* const rv_next = (target);                                              \
    [[clang::musttail]] return handler_at(rv_next)(rv_next, fp, context, depth, fuel); \
  } while (false)

// Ends the task; the handler that calls it returns at once.
void stop(const Word* pc, Cell* fp, Context* context, Trap trap) {
  context->pc = pc;
  context->fp = fp;
  context->trap = trap;
}

// Regular opcodes.
template <class S, Form form>
struct Operands {
  using A = S::Operand;
  A a;
  A b;
  explicit Operands(const Word* pc, const Cell* fp) {
    const auto at = load<Registers>(pc + 1);
    a = from_cell<A>(form == Form::Left ? pc[2] : fp[at.a]);
    if constexpr (S::kArity == 2) b = from_cell<A>(form == Form::Right ? pc[2] : fp[at.b]);
  }
};

template <class Float>
Float canonical(Float value) {
  if constexpr (sizeof(Float) == 8) return rv_f64_canon(value);
  if constexpr (sizeof(Float) == 4) return rv_f32_canon(value);
}

// The call that a frame returns behind says where its caller's frame begins.
#define RV_RETURN(link_cell)                                              \
  do {                                                                    \
    const Word* const rv_back = reinterpret_cast<const Word*>(link_cell); \
    depth += at.weight;                                                   \
    fp -= load<CallOperands>(rv_back - kCallWords + 1).base;              \
    RV_GO(rv_back);                                                       \
  } while (false)

template <class S, auto kFunction, bool kTraps, Form form, bool kCanon, Then then>
RV_HANDLER regular(RV_STATE) {
  const Operands<S, form> in(pc, fp);
  typename S::Result result;
  if constexpr (kTraps) {
    rv_i32 trap;
    if constexpr (S::kArity == 1) trap = kFunction(in.a, &result);
    if constexpr (S::kArity == 2) trap = kFunction(in.a, in.b, &result);
    if (trap != 0) [[unlikely]]
      return stop(pc, fp, context, static_cast<Trap>(trap));
  } else {
    if constexpr (S::kArity == 1) result = kFunction(in.a);
    if constexpr (S::kArity == 2) result = kFunction(in.a, in.b);
    if constexpr (kCanon) result = canonical(result);
  }
  constexpr int kWords = form == Form::Registers ? 2 : 3;
  if constexpr (then == Then::Next || then == Then::Call || then == Then::Jump) {
    fp[load<Registers>(pc + 1).dst] = to_cell(result);
  }
  if constexpr (then == Then::If || then == Then::IfNot) {
    if ((result != 0) == (then == Then::If)) RV_GO(pc + load<Near>(pc + kWords).offset);
    RV_GO(pc + kWords + 1);
  } else if constexpr (then == Then::Jump) {
    RV_GO(pc + load<Near>(pc + kWords).offset);
  } else if constexpr (then == Then::Next) {
    RV_GO(pc + kWords);
  } else if constexpr (then == Then::Call) {
    const Word* const operands = pc + kWords;
    const auto at = load<CallOperands>(operands);
    if (depth < at.weight) [[unlikely]]
      return stop(operands, fp, context, Trap::CallDepthExceeded);
    depth -= at.weight;
    fp += at.base;
    fp[at.link] = reinterpret_cast<Cell>(operands + kCallWords - 1);
    RV_GO(reinterpret_cast<const Word*>(operands[1]));
  } else {
    const auto at = load<RetOperands>(pc + kWords);
    const Cell link = fp[at.link];
    fp[0] = to_cell(result);
    RV_RETURN(link);
  }
}

// A test and the branch on it.
template <class S, auto kFunction, Form form, bool kOn, bool kCosts>
RV_HANDLER test_branch(RV_STATE) {
  using A = S::Operand;
  const auto at = load<Near>(pc + 1);
  rv_i64 result;
  if constexpr (S::kArity == 1) {
    result = kFunction(from_cell<A>(fp[at.a]));
  } else {
    result =
        kFunction(from_cell<A>(fp[at.a]), from_cell<A>(form == Form::Right ? pc[2] : fp[at.b]));
  }
  if ((result != 0) == kOn) {
    if constexpr (kCosts) {
      if (fuel == 0) [[unlikely]]
        return stop(pc, fp, context, Trap::OutOfFuel);
      --fuel;
    }
    RV_GO(pc + at.offset);
  }
  RV_GO(pc + (form == Form::Right ? 3 : 2));
}

enum class Kind : std::uint8_t { Total, Tests, Traps };

template <class S, auto kFunction, bool kTraps, bool kCanon, Then then>
constexpr RegularHandlers::Forms make_forms() {
  RegularHandlers::Forms made{};
  made[0] = regular<S, kFunction, kTraps, Form::Registers, kCanon, then>;
  if constexpr (S::kArity == 2) {
    made[1] = regular<S, kFunction, kTraps, Form::Right, kCanon, then>;
    // An operation with a constant on its left keeps its jumps and branches apart.
    constexpr bool kGoes = then == Then::If || then == Then::IfNot || then == Then::Jump;
    if constexpr (!kGoes) made[2] = regular<S, kFunction, kTraps, Form::Left, kCanon, then>;
  }
  return made;
}

template <class S, auto kFunction, Kind kind, Nan nan>
constexpr RegularHandlers make_regular() {
  constexpr bool kTraps = kind == Kind::Traps;
  RegularHandlers made;
  const auto set = [&made]<bool kCanon, Then then>() {
    made.forms[kCanon][static_cast<std::size_t>(then)] =
        make_forms<S, kFunction, kTraps, kCanon, then>();
  };
  set.template operator()<false, Then::Next>();
  set.template operator()<false, Then::Return>();
  set.template operator()<false, Then::Call>();
  set.template operator()<false, Then::Jump>();
  if constexpr (std::is_integral_v<typename S::Result> && kind != Kind::Tests) {
    set.template operator()<false, Then::If>();
    set.template operator()<false, Then::IfNot>();
  }
  if constexpr (nan == Nan::Makes && std::is_floating_point_v<typename S::Result>) {
    set.template operator()<true, Then::Next>();
    set.template operator()<true, Then::Return>();
    set.template operator()<true, Then::Call>();
    set.template operator()<true, Then::Jump>();
  }
  if constexpr (kind == Kind::Tests) {
    made.branch[0][0] = test_branch<S, kFunction, Form::Registers, false, false>;
    made.branch[0][1] = test_branch<S, kFunction, Form::Registers, false, true>;
    made.branch[1][0] = test_branch<S, kFunction, Form::Registers, true, false>;
    made.branch[1][1] = test_branch<S, kFunction, Form::Registers, true, true>;
    if constexpr (S::kArity == 2) {
      made.branch_right[0][0] = test_branch<S, kFunction, Form::Right, false, false>;
      made.branch_right[0][1] = test_branch<S, kFunction, Form::Right, false, true>;
      made.branch_right[1][0] = test_branch<S, kFunction, Form::Right, true, false>;
      made.branch_right[1][1] = test_branch<S, kFunction, Form::Right, true, true>;
    }
  }
  return made;
}

// Moves.
RV_HANDLER copy(RV_STATE) {
  const auto at = load<Registers>(pc + 1);
  fp[at.dst] = fp[at.a];
  RV_GO(pc + 2);
}

RV_HANDLER copies(RV_STATE) {
  const auto at = load<Registers>(pc + 1);
  fp[at.dst] = fp[at.a];
  fp[at.b] = fp[at.c];
  RV_GO(pc + 2);
}

RV_HANDLER constant(RV_STATE) {
  fp[load<Registers>(pc + 1).dst] = pc[2];
  RV_GO(pc + 3);
}

RV_HANDLER swap(RV_STATE) {
  const auto at = load<Registers>(pc + 1);
  std::swap(fp[at.dst], fp[at.a]);
  RV_GO(pc + 2);
}

template <bool kConstantA, bool kConstantB>
RV_HANDLER select(RV_STATE) {
  const auto at = load<Registers>(pc + 1);
  const Cell a = kConstantA ? pc[2] : fp[at.a];
  const Cell b = kConstantB ? pc[kConstantA ? 3 : 2] : fp[at.b];
  fp[at.dst] = fp[at.c] != 0 ? a : b;
  RV_GO(pc + 2 + kConstantA + kConstantB);
}

template <class Float, auto kCanon>
RV_HANDLER canon(RV_STATE) {
  Cell& cell = fp[load<Registers>(pc + 1).dst];
  cell = to_cell(kCanon(from_cell<Float>(cell)));
  RV_GO(pc + 2);
}

// Watching.
RV_HANDLER print(RV_STATE) {
  const auto at = load<PrintOperands>(pc + 1);
  Output* const output = context->options->output;
  if (output != nullptr) {
    output->value(at.constant ? pc[2] : fp[at.a], static_cast<Type>(at.type));
  }
  RV_GO(pc + 3);
}

RV_HANDLER print_text(RV_STATE) {
  Output* const output = context->options->output;
  if (output != nullptr) output->text(*reinterpret_cast<const std::string*>(pc[1]));
  RV_GO(pc + 2);
}

RV_HANDLER count(RV_STATE) {
  context->steps += load<CountOperands>(pc + 1).steps;
  context->least_depth = std::min(context->least_depth, depth);
  RV_GO(pc + 2);
}

void report(const Word* pc, const Cell* fp, const Context* context, std::uint64_t depth) {
  const auto at = load<ObserveOperands>(pc + 1);
  const ir::Function& function = context->program->functions[at.function];
  const ir::Instruction& instruction = function.code[at.instruction];
  const auto params = static_cast<ir::Register>(function.params.size());
  const auto value = [&](ir::Operand operand) -> Cell {
    if (operand.is_constant()) return function.constants[operand.index()];
    return fp[operand.reg() < params ? operand.reg() : operand.reg() + 1];
  };
  const bool has_c = instruction.op == ir::Op::Select;
  const std::array<Cell, 3> values{value(instruction.a), value(instruction.b),
                                   has_c ? value(instruction.c) : 0};
  context->options->observer->step(at.function, instruction,
                                   context->options->limits.max_depth - depth, values);
}

RV_HANDLER observe(RV_STATE) {
  report(pc, fp, context, depth);
  RV_GO(pc + 2);
}

// Jumps.
template <bool kCosts>
RV_HANDLER jump(RV_STATE) {
  if constexpr (kCosts) {
    if (fuel == 0) [[unlikely]]
      return stop(pc, fp, context, Trap::OutOfFuel);
    --fuel;
  }
  RV_GO(pc + load<Near>(pc + 1).offset);
}

template <bool kOn, bool kCosts>
RV_HANDLER branch(RV_STATE) {
  const auto at = load<Near>(pc + 1);
  if ((fp[at.a] != 0) == kOn) {
    if constexpr (kCosts) {
      if (fuel == 0) [[unlikely]]
        return stop(pc, fp, context, Trap::OutOfFuel);
      --fuel;
    }
    RV_GO(pc + at.offset);
  }
  RV_GO(pc + 2);
}

template <bool kFuel>
RV_HANDLER jump_table(RV_STATE) {
  const auto at = load<SwitchOperands>(pc + 1);
  const auto entry = load<SwitchEntry>(pc + 2 + std::min(fp[at.a], static_cast<Cell>(at.count)));
  if constexpr (kFuel) {
    if (fuel < entry.costs) [[unlikely]]
      return stop(pc, fp, context, Trap::OutOfFuel);
    fuel -= entry.costs;
  }
  RV_GO(pc + entry.offset);
}

// Calls.
template <bool kFuel>
RV_HANDLER call(RV_STATE) {
  const auto at = load<CallOperands>(pc + 1);
  if constexpr (kFuel) {
    if (fuel == 0) [[unlikely]]
      return stop(pc, fp, context, Trap::OutOfFuel);
    --fuel;
  }
  if (depth < at.weight) [[unlikely]]
    return stop(pc, fp, context, Trap::CallDepthExceeded);
  depth -= at.weight;
  fp += at.base;
  fp[at.link] = reinterpret_cast<Cell>(pc + kCallWords);
  RV_GO(reinterpret_cast<const Word*>(pc[2]));
}

template <bool kFuel>
RV_HANDLER tail_call(RV_STATE) {
  const auto mine = load<TailOperands>(pc + 1);
  const auto callee = load<CallOperands>(pc + 3);
  if constexpr (kFuel) {
    if (fuel == 0) [[unlikely]]
      return stop(pc, fp, context, Trap::OutOfFuel);
    --fuel;
  }
  if (depth + mine.weight < callee.weight) [[unlikely]] {
    return stop(pc, fp, context, Trap::CallDepthExceeded);
  }
  depth = depth + mine.weight - callee.weight;
  const Cell link = fp[mine.link];
  std::memmove(fp, fp + mine.first, mine.count * sizeof(Cell));
  fp[callee.link] = link;
  RV_GO(reinterpret_cast<const Word*>(pc[2]));
}

RV_HANDLER ret(RV_STATE) {
  const auto at = load<RetOperands>(pc + 1);
  const Cell link = fp[at.link];
  fp[0] = fp[at.a];
  RV_RETURN(link);
}

RV_HANDLER ret_constant(RV_STATE) {
  const auto at = load<RetOperands>(pc + 1);
  const Cell link = fp[at.link];
  fp[0] = pc[2];
  RV_RETURN(link);
}

RV_HANDLER ret_many(RV_STATE) {
  const auto at = load<RetOperands>(pc + 1);
  const Cell link = fp[at.link];
  std::memmove(fp, fp + at.a, pc[2] * sizeof(Cell));
  RV_RETURN(link);
}

// Explicit stacks.
template <bool kFuel>
RV_HANDLER charge(RV_STATE) {
  const auto at = load<ChargeOperands>(pc + 1);
  if constexpr (kFuel) {
    if (fuel == 0) [[unlikely]]
      return stop(pc, fp, context, Trap::OutOfFuel);
    --fuel;
  }
  if (depth + at.gives < at.takes) [[unlikely]]
    return stop(pc, fp, context, Trap::CallDepthExceeded);
  depth = depth + at.gives - at.takes;
  RV_GO(pc + 2);
}

RV_HANDLER credit(RV_STATE) {
  depth += load<StackOperands>(pc + 1).count;
  RV_GO(pc + 2);
}

RV_HANDLER push(RV_STATE) {
  context->top += load<StackOperands>(pc + 1).count;
  assert(context->top <= context->stack_end);
  RV_GO(pc + 2);
}

RV_HANDLER pop(RV_STATE) {
  context->top -= load<StackOperands>(pc + 1).count;
  RV_GO(pc + 2);
}

Cell& below(const Context* context, const StackOperands& at) {
  return context->top[-1 - std::ptrdiff_t{at.count}];
}

template <bool kConstant>
RV_HANDLER save(RV_STATE) {
  const auto at = load<StackOperands>(pc + 1);
  below(context, at) = kConstant ? pc[2] : fp[at.reg];
  RV_GO(pc + 2 + kConstant);
}

RV_HANDLER restore(RV_STATE) {
  const auto at = load<StackOperands>(pc + 1);
  fp[at.reg] = below(context, at);
  RV_GO(pc + 2);
}

// The task's end.
RV_HANDLER halt(RV_STATE) {
  context->results = fp + load<RetOperands>(pc + 1).a;
  stop(pc, fp, context, Trap::None);
}

RV_HANDLER halt_constant(RV_STATE) {
  *context->base = pc[2];
  context->results = context->base;
  stop(pc, fp, context, Trap::None);
}

RV_HANDLER finish(RV_STATE) {
  context->results = fp;
  stop(pc, fp, context, Trap::None);
}

template <Trap kTrap>
RV_HANDLER raise(RV_STATE) {
  stop(pc, fp, context, kTrap);
}

// Hot code. What the takeover says comes back by value, so that nothing here has an address.
RV_HANDLER ask(RV_STATE) {
  context->takeover->asked(pc, fp);
  RV_GO(pc);
}

template <Takeover::Resumed (Takeover::*kRuns)(const Word*, Cell*, Context*, std::uint64_t,
                                               std::uint64_t) noexcept>
RV_HANDLER take(RV_STATE) {
  const Takeover::Resumed resumed = (context->takeover->*kRuns)(pc, fp, context, depth, fuel);
  if (resumed.pc == nullptr) return;
  fuel = resumed.fuel;
  if (resumed.returned) {
    depth += resumed.weight;
    fp -= load<CallOperands>(resumed.pc - kCallWords + 1).base;
  }
  RV_GO(resumed.pc);
}

consteval Handlers make_handlers() {
  Handlers made;
  using namespace signature;
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  made.regular[byte] = make_regular<Signature<signature>, function, Kind::traps, Nan::nan>();
#include "isa/opcodes.def"
  made.copy = copy;
  made.copies = copies;
  made.constant = constant;
  made.swap = swap;
  made.select[0][0] = select<false, false>;
  made.select[0][1] = select<false, true>;
  made.select[1][0] = select<true, false>;
  made.select[1][1] = select<true, true>;
  made.canon_f32 = canon<rv_f32, rv_f32_canon>;
  made.canon_f64 = canon<rv_f64, rv_f64_canon>;
  made.print = print;
  made.print_text = print_text;
  made.jump[0] = jump<false>;
  made.jump[1] = jump<true>;
  made.branch[0][0] = branch<false, false>;
  made.branch[0][1] = branch<false, true>;
  made.branch[1][0] = branch<true, false>;
  made.branch[1][1] = branch<true, true>;
  made.jump_table[0] = jump_table<false>;
  made.jump_table[1] = jump_table<true>;
  made.call[0] = call<false>;
  made.call[1] = call<true>;
  made.tail_call[0] = tail_call<false>;
  made.tail_call[1] = tail_call<true>;
  made.ret = ret;
  made.ret_constant = ret_constant;
  made.ret_many = ret_many;
  made.halt = made.halt_many = halt;
  made.halt_constant = halt_constant;
  made.trap = raise<Trap::Unreachable>;
  made.charge[0] = charge<false>;
  made.charge[1] = charge<true>;
  made.credit = credit;
  made.push = push;
  made.pop = pop;
  made.save = save<false>;
  made.save_constant = save<true>;
  made.restore = restore;
  made.finish = finish;
  made.interrupted = raise<Trap::Interrupted>;
  made.ask = ask;
  made.take_loop = take<&Takeover::loop>;
  made.take_function = take<&Takeover::function>;
  made.count = count;
  made.observe = observe;
  return made;
}

}  // namespace

constinit const Handlers kHandlers = make_handlers();

// Without locals of its own, and never inlined: nothing of the caller's has to survive a handler
// that preserves no register.
__attribute__((noinline)) void enter(const Word* pc, Cell* fp, Context* context,
                                     std::uint64_t depth, std::uint64_t fuel) {
  handler_at(pc)(pc, fp, context, depth, fuel);
}

}  // namespace rosetta::interp
