// Each function is walked once from every place where a path begins. At a label the first path to
// come by leaves its stack, later ones must agree with it. Errors do not end the walk where it can
// go on sensibly: a value of the wrong type is taken as if it were right.
#include "check/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/wording.h"
#include "check/words.h"

namespace rosetta {
namespace {

class Walk {
 public:
  Walk(const Draft& draft, std::uint32_t number, const std::vector<Callee>& callees,
       TypeVariables& types, std::vector<Inferred>& found, Moves& moves, Issues& errors)
      : draft_(draft),
        function_(draft.functions[number]),
        number_(number),
        callees_(callees),
        types_(types),
        found_(found),
        me_(found[number]),
        moves_(moves),
        errors_(errors) {}

  void run();

 private:
  using Value = Stacks::Value;
  static constexpr Stacks::Ref kNoStack = 0xffff'ffff;

  void path(std::uint32_t at);
  // The next instruction's work; false where the path ends.
  bool step();
  bool irregular(Opcode opcode, std::uint32_t operand);
  bool apply(std::string_view mnemonic, std::uint32_t arity, TypeSet set, TypeVar& operand);
  bool call(std::uint32_t callee, bool tail);
  bool returns(std::string_view mnemonic);
  bool go(std::uint32_t target);
  bool join(std::uint32_t target, Stacks::Ref stack);

  bool within_limits();
  [[nodiscard]] std::uint32_t height() const { return stacks_.height(stack_); }
  bool need(std::uint32_t count);
  Value pop();
  void push(TypeVar type) { push({type, at_}); }
  void push(Value value) {
    stack_ = stacks_.push(stack_, value);
    me_.max_height = std::max(me_.max_height, height());
    ++moves_.made;
  }

  std::string describe(TypeVar var) { return words_of_value(types_.set(var)); }
  [[nodiscard]] Place here() const { return {number_, at_}; }
  Note origin(const Value& value) {
    return {{number_, value.origin}, describe(value.type) + " pushed here"};
  }
  void wrong(auto make_issue) {
    me_.wrong = true;
    if (errors_.full()) return errors_.count_only();
    errors_.add(make_issue());
  }

  const Draft& draft_;
  const DraftFunction& function_;
  std::uint32_t number_;
  const std::vector<Callee>& callees_;
  TypeVariables& types_;
  std::vector<Inferred>& found_;
  Inferred& me_;
  Moves& moves_;
  Issues& errors_;

  Stacks stacks_;
  Stacks::Ref stack_ = Stacks::kEmpty;
  std::uint32_t at_ = 0;
  std::vector<bool> is_target_;
  std::vector<Stacks::Ref> entry_;  // the stack at each target; kNoStack until a path comes by
  std::vector<std::uint32_t> pending_;
};

bool Walk::need(std::uint32_t count) {
  if (height() >= count) return true;
  wrong([&] {
    return Issue{here(),
                 fmt::format("`{}` needs {}, but the stack has {} here",
                             name(function_.code[at_].mnemonic), counted(count, "value"),
                             height() == 0 ? "none" : fmt::format("only {}", height())),
                 {},
                 {}};
  });
  return false;
}

Walk::Value Walk::pop() {
  const Value value = stacks_.top(stack_);
  stack_ = stacks_.below(stack_);
  return value;
}

// Pops `arity` values of one type out of `set`; `operand` becomes that type.
bool Walk::apply(std::string_view mnemonic, std::uint32_t arity, TypeSet set, TypeVar& operand) {
  if (!need(arity)) return false;
  const Value last = pop();
  const Value first = arity == 2 ? pop() : last;
  operand = first.type;
  for (const Value& value : {first, last}) {
    if (types_.narrow(value.type, set)) continue;
    wrong([&] {
      return Issue{
          here(),
          fmt::format("`{}` needs {}, but has {}", mnemonic, words(set), describe(value.type)),
          {origin(value)},
          conversion_hint(types_.set(value.type), set, {number_, value.origin})};
    });
    operand = types_.fresh(set);
    return true;
  }
  if (arity == 2 && !types_.unify(first.type, last.type)) {
    wrong([&] {
      const TypeSet a = types_.set(first.type);
      const TypeSet b = types_.set(last.type);
      // An integer becomes a float, and a narrow value a wide one, rather than the reverse.
      const bool convert_first = is_integer(a.choose()) != is_integer(b.choose())
                                     ? is_integer(a.choose())
                                     : !is_wide(a.choose());
      const std::string has = (a & b).empty() ? words_of_value(a) + " and " + words_of_value(b)
                                              : "a value and what `bits` makes of it";
      return Issue{
          here(),
          fmt::format("`{}` needs two {} of one type, but has {}", mnemonic, plural(set), has),
          {origin(first), origin(last)},
          convert_first ? conversion_hint(a, b, {number_, first.origin})
                        : conversion_hint(b, a, {number_, last.origin})};
    });
    operand = types_.fresh(set);
  }
  return true;
}

bool Walk::go(std::uint32_t target) { return join(target, stack_); }

bool Walk::join(std::uint32_t target, Stacks::Ref stack) {
  Stacks::Ref& entry = entry_[target];
  if (entry == kNoStack) {
    entry = stack;
    pending_.push_back(target);
    return true;
  }
  if (stacks_.height(entry) != stacks_.height(stack)) {
    wrong([&] {
      return Issue{here(),
                   fmt::format("paths meet with stacks of different heights: {} here, {} there",
                               stacks_.height(stack), stacks_.height(entry)),
                   {{{number_, target}, "where they meet"}},
                   {}};
    });
    return false;
  }
  bool agree = true;
  stacks_.merge(entry, stack, [&](const Value& there, const Value& mine) {
    if (types_.unify(there.type, mine.type)) return;
    if (agree) {
      wrong([&] {
        return Issue{here(),
                     fmt::format("paths meet with different types on the stack: {} here, {} there",
                                 describe(mine.type), describe(there.type)),
                     {origin(mine), origin(there), {{number_, target}, "where they meet"}},
                     {}};
      });
    }
    agree = false;
  });
  return agree;
}

bool Walk::call(std::uint32_t callee, bool tail) {
  const DraftFunction& target = draft_.functions[callee];
  const std::string_view mnemonic = tail ? "tailcall" : "call";
  const bool same_component = !found_[callee].types.empty();
  const auto variable = [&](TypeSet set) {
    return set.single() ? types_.fixed(set.choose()) : types_.fresh(set);
  };
  const auto param = [&](std::size_t i) {
    return same_component ? found_[callee].params[i] : variable(callees_[callee].params[i]);
  };
  const auto result = [&](std::size_t i) {
    return same_component ? found_[callee].results[i] : variable(callees_[callee].results[i]);
  };
  const auto count = static_cast<std::uint32_t>(target.params.size());
  moves_.made += count;
  if (height() < count) {
    wrong([&] {
      return Issue{here(),
                   fmt::format("`{} {}` needs {}, but the stack has {}", mnemonic,
                               shortened(target.name), counted(count, "argument"),
                               height() == 0 ? "none" : fmt::format("only {}", height())),
                   {{{callee, Place::kSignature}, "it is declared here"}},
                   {}};
    });
    return false;
  }
  for (std::uint32_t i = count; i-- > 0;) {
    const Value argument = pop();
    const TypeVar wanted = param(i);
    if (types_.unify(wanted, argument.type)) continue;
    wrong([&] {
      return Issue{
          here(),
          fmt::format("`{} {}` needs {} as argument {}, but has {}", mnemonic,
                      shortened(target.name), describe(wanted), i + 1, describe(argument.type)),
          {origin(argument), {{callee, Place::kSignature}, "it is declared here"}},
          conversion_hint(types_.set(argument.type), types_.set(wanted),
                          {number_, argument.origin})};
    });
  }
  if (!tail) {
    for (std::size_t i = 0; i < target.results.size(); ++i) push(result(i));
    return true;
  }
  moves_.made += target.results.size();
  if (!within_limits()) return false;
  bool same = target.results.size() == me_.results.size();
  for (std::size_t i = 0; same && i < me_.results.size(); ++i) {
    same = types_.unify(me_.results[i], result(i));
  }
  if (!same) {
    wrong([&] {
      return Issue{here(),
                   fmt::format("`tailcall {}` needs a callee with this function's result types",
                               shortened(target.name)),
                   {{{callee, Place::kSignature}, "the callee is declared here"},
                    {{number_, Place::kSignature}, "this function is declared here"}},
                   {"`call` and `ret`", {}}};
    });
  }
  return false;
}

bool Walk::returns(std::string_view mnemonic) {
  const auto count = static_cast<std::uint32_t>(me_.results.size());
  moves_.made += count;
  if (!within_limits() || !need(count)) return false;
  for (std::uint32_t i = count; i-- > 0;) {
    const Value value = pop();
    if (types_.unify(me_.results[i], value.type)) continue;
    wrong([&] {
      return Issue{
          here(),
          fmt::format("`{}` needs {} as {}, but has {}", mnemonic, describe(me_.results[i]),
                      count == 1 ? "the result" : fmt::format("result {}", i + 1),
                      describe(value.type)),
          {origin(value), {{number_, Place::kSignature}, "the function's head"}},
          conversion_hint(types_.set(value.type), types_.set(me_.results[i]),
                          {number_, value.origin})};
    });
  }
  return false;
}

bool Walk::irregular(Opcode opcode, std::uint32_t operand) {
  const auto local = [&] {
    const std::size_t params = me_.params.size();
    return operand < params ? me_.params[operand] : me_.locals[operand - params];
  };
  TypeVar condition = 0;
  switch (opcode) {
    case Opcode::Trap: return false;
    case Opcode::Nop: return true;
    case Opcode::Jump: go(operand); return false;
    case Opcode::JumpIf:
    case Opcode::JumpIfNot:
      if (!apply(info(opcode).mnemonic, 1, kIntegers, condition)) return false;
      go(operand);
      return true;
    case Opcode::JumpTable:
      if (!apply("jumptable", 1, kIntegers, condition)) return false;
      for (const std::uint32_t target : function_.tables[operand]) {
        if (!go(target)) break;
      }
      return false;
    case Opcode::Ret: return returns("ret");
    case Opcode::Halt: me_.first_halt = std::min(me_.first_halt, at_); return returns("halt");
    case Opcode::Call: return call(operand, false);
    case Opcode::TailCall: return call(operand, true);
    case Opcode::Pop:
      if (!need(1)) return false;
      pop();
      return true;
    case Opcode::Select: {
      if (!need(3) || !apply("select", 1, kIntegers, condition)) return false;
      const Value b = pop();
      const Value a = pop();
      if (!types_.unify(a.type, b.type)) {
        wrong([&] {
          return Issue{here(),
                       fmt::format("`select` needs two values of one type, but has {} and {}",
                                   describe(a.type), describe(b.type)),
                       {origin(a), origin(b)},
                       {}};
        });
      }
      push(a.type);
      return true;
    }
    case Opcode::Dup:
      if (!need(1)) return false;
      push(stacks_.top(stack_).type);
      return true;
    case Opcode::Swap: {
      if (!need(2)) return false;
      const Value b = pop();
      const Value a = pop();
      push(b);
      push(a);
      return true;
    }
    case Opcode::Over:
      if (!need(2)) return false;
      push(stacks_.top(stacks_.below(stack_)).type);
      return true;
    case Opcode::Rot: {
      if (!need(3)) return false;
      const Value c = pop();
      const Value b = pop();
      const Value a = pop();
      push(b);
      push(c);
      push(a);
      return true;
    }
    case Opcode::Load: push(local()); return true;
    case Opcode::Store:
    case Opcode::Tee: {
      if (!need(1)) return false;
      const Value value = opcode == Opcode::Store ? pop() : stacks_.top(stack_);
      if (types_.unify(local(), value.type)) return true;
      wrong([&] {
        return Issue{
            here(),
            fmt::format("`{}` needs {}, which its local holds, but has {}", info(opcode).mnemonic,
                        describe(local()), describe(value.type)),
            {origin(value)},
            conversion_hint(types_.set(value.type), types_.set(local()), {number_, value.origin})};
      });
      return true;
    }
    case Opcode::PrintText: return true;
#define RV_CONST(byte, name, mnemonic, type) \
  case Opcode::name:                         \
    push(types_.fixed(Type::type));          \
    return true;
#define RV_PRINT(byte, name, mnemonic, type) \
  case Opcode::name:                         \
    return apply(mnemonic, 1, Type::type, condition);
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  case Opcode::name:
#include "isa/opcodes.def"
      break;
  }
  const OpcodeInfo& row = info(opcode);
  if (!apply(row.mnemonic, row.arity, row.operand_type, condition)) return false;
  push(types_.fixed(row.result_type));
  return true;
}

bool Walk::step() {
  const DraftInstruction& instruction = function_.code[at_];
  me_.types[at_] = 0;  // visited, whatever comes of it
  if (!is_generic(instruction.mnemonic)) {
    return irregular(static_cast<Opcode>(instruction.mnemonic), instruction.operand);
  }
  const Generic& row = generic(instruction.mnemonic);
  TypeVar& type = me_.types[at_];
  if (row.arity == 0) {
    const TypeSet set = function_.literals[instruction.operand].types;
    type = set.single() ? types_.fixed(set.choose()) : types_.fresh(set);
  } else if (!apply(row.mnemonic, row.arity, row.types, type)) {
    return false;
  }
  switch (row.gives) {
    case Generic::Gives::Nothing: return true;
    case Generic::Gives::Operand: push(type); return true;
    case Generic::Gives::Fixed: push(types_.fixed(row.fixed)); return true;
    case Generic::Gives::Bits: push(types_.other_side(type)); return true;
  }
  return true;
}

bool Walk::within_limits() {
  const bool moves_fit = moves_.made <= moves_.most;
  if (height() <= Function::kMostCells && moves_fit) return true;
  wrong([&] {
    return Issue{here(),
                 moves_fit
                     ? fmt::format("the stack grows above {} values", Function::kMostCells)
                     : fmt::format("up to here calls and returns move {} values, too many to check",
                                   moves_.made),
                 {},
                 {}};
  });
  if (!moves_fit) pending_.clear();
  return false;
}

void Walk::path(std::uint32_t start) {
  at_ = start;
  stack_ = entry_[start];
  while (me_.types[at_] == Inferred::kUnreached) {
    if (!step() || !within_limits()) return;
    if (++at_ == function_.code.size()) {
      --at_;
      return wrong([&] {
        return Issue{here(),
                     fmt::format("`{}` can run off the end of the body", shortened(function_.name)),
                     {},
                     {"`ret`, `halt`, `trap` or a jump at the end", {}}};
      });
    }
    if (!is_target_[at_]) continue;
    // What this path leaves behind the step belongs to the step's place, not the label's.
    if (entry_[at_] == kNoStack) {
      entry_[at_] = stack_;
    } else {
      const std::uint32_t label = at_--;
      const bool agree = join(label, stack_);
      at_ = label;
      if (!agree) return;
      stack_ = entry_[label];
    }
  }
}

void Walk::run() {
  if (function_.code.empty()) {
    return wrong([&] {
      return Issue{{number_, Place::kSignature},
                   fmt::format("`{}` has no code: it can run off the end of the body",
                               shortened(function_.name)),
                   {},
                   {}};
    });
  }
  const std::size_t size = function_.code.size();
  is_target_.assign(size, false);
  const auto target = [&](std::uint32_t index, std::uint32_t from) {
    if (index < size) {
      is_target_[index] = true;
      return;
    }
    wrong([&] {
      return Issue{{number_, from},
                   fmt::format("the jump leaves the body of `{}`, which has {}",
                               shortened(function_.name), counted(size, "instruction")),
                   {},
                   {"an instruction of the body; a label needs one behind it", {}}};
    });
  };
  for (std::uint32_t i = 0; i < size; ++i) {
    const DraftInstruction& instruction = function_.code[i];
    const OperandKind kind = operand_kind(instruction.mnemonic);
    if (kind == OperandKind::Target) target(instruction.operand, i);
    if (kind != OperandKind::Table) continue;
    for (const std::uint32_t index : function_.tables[instruction.operand]) target(index, i);
  }
  if (me_.wrong) return;
  entry_.assign(size, kNoStack);
  join(0, Stacks::kEmpty);
  is_target_[0] = true;
  while (!pending_.empty()) {
    const std::uint32_t start = pending_.back();
    pending_.pop_back();
    path(start);
  }
}

// An open `bits` reads an i64 and gives an f64. Where another open one reads what it gives, that
// value would have to be an i64 too: a contradiction that only the writer can settle.
// `given` are the classes that could have been i64 until an open `bits` made them f64.
void settle_bits(const Draft& draft, std::uint32_t number, TypeVariables& types, Inferred& found,
                 std::unordered_set<TypeVar>& given, Issues& errors) {
  const DraftFunction& function = draft.functions[number];
  for (std::uint32_t i = 0; i < function.code.size(); ++i) {
    if (found.types[i] == Inferred::kUnreached || !is_generic(function.code[i].mnemonic)) continue;
    if (generic(function.code[i].mnemonic).gives != Generic::Gives::Bits) continue;
    const TypeVar operand = found.types[i];
    const TypeSet set = types.set(operand);
    if (!set.single()) {
      const TypeVar other = types.find(types.other_side(operand));
      const Type chosen = set.choose();
      if (is_integer(chosen) && types.set(other).has(Type::I64)) given.insert(other);
      if (!types.narrow(operand, chosen)) continue;
    } else if (given.contains(types.find(operand))) {
      found.wrong = true;
      errors.add(
          {{number, i},
           "nothing says which type this `bits` reads",
           {},
           {"an exact mnemonic, as `i64.reinterpret_f64`, or a type on a parameter or local", {}}});
    }
  }
}

}  // namespace

Moves::Moves(const Draft& draft) {
  constexpr std::size_t kForOne = std::size_t{1} << 24;
  constexpr std::size_t kForAll = std::size_t{1} << 34;
  std::size_t stored = 0;
  std::size_t instructions = 0;
  for (const DraftFunction& function : draft.functions) {
    stored += function.stored ? 1 : 0;
    instructions += function.code.size();
  }
  most = std::min(kForOne * (stored + 1), kForAll) + 4 * instructions;
}

void infer(const Draft& draft, std::span<const std::uint32_t> members,
           const std::vector<Callee>& callees, TypeVariables& types, std::vector<Inferred>& found,
           Moves& moves, Issues& errors) {
  const auto variables = [&](const std::vector<TypeSet>& sets) {
    std::vector<TypeVar> vars;
    vars.reserve(sets.size());
    for (const TypeSet set : sets) {
      vars.push_back(set.single() ? types.fixed(set.choose()) : types.fresh(set));
    }
    return vars;
  };
  for (const std::uint32_t number : members) {
    const DraftFunction& function = draft.functions[number];
    Inferred& mine = found[number];
    mine.params = variables(function.params);
    mine.results = variables(function.results);
    mine.locals = variables(function.locals);
    mine.types.assign(std::max<std::size_t>(1, function.code.size()), Inferred::kUnreached);
    mine.wrong = function.broken;
  }
  for (const std::uint32_t number : members) {
    if (!found[number].wrong) Walk(draft, number, callees, types, found, moves, errors).run();
  }
  std::unordered_set<TypeVar> given;
  for (const std::uint32_t number : members) {
    if (!found[number].wrong) settle_bits(draft, number, types, found[number], given, errors);
  }
}

}  // namespace rosetta
