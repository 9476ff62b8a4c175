// Components of the call graph come callees first, so what a component calls is known when its turn
// comes. Inference gives every value a type variable; what is still open then is closed, and the
// draft's instructions become exact ones.
#include "check/check.h"

#include <fmt/format.h>

#include <utility>

#include "base/graph.h"
#include "base/wording.h"
#include "check/infer.h"
#include "check/words.h"

namespace rosetta {

// Turns one inferred function of a draft into a Function.
class Checker {
 public:
  Checker(const Draft& draft, std::uint32_t number, const Inferred& inferred, TypeVariables& types,
          Issues& errors, Issues& warnings)
      : draft_(draft.functions[number]),
        number_(number),
        inferred_(inferred),
        types_(types),
        errors_(errors),
        warnings_(warnings) {}

  Checked finish();

 private:
  // Closes an open variable for good, so that whatever shares it agrees.
  Type close(TypeVar var) {
    const Type type = types_.set(var).choose();
    [[maybe_unused]] const bool narrowed = types_.narrow(var, type);
    return type;
  }
  Instruction exact(std::uint32_t at);
  std::uint32_t local(std::uint32_t written);
  void warn_unreached();

  const DraftFunction& draft_;
  std::uint32_t number_;
  const Inferred& inferred_;
  TypeVariables& types_;
  Issues& errors_;
  Issues& warnings_;

  bool wrong_ = false;
  FunctionParts parts_;
  std::vector<std::uint32_t> local_numbers_;
};

// Locals are numbered by their first use in the text.
std::uint32_t Checker::local(std::uint32_t written) {
  const auto params = static_cast<std::uint32_t>(parts_.params.size());
  if (written < params) return written;
  std::uint32_t& number = local_numbers_[written - params];
  if (number == Checked::kDropped) {
    number = params + static_cast<std::uint32_t>(parts_.locals.size());
    parts_.locals.push_back(close(inferred_.locals[written - params]));
  }
  return number;
}

Instruction Checker::exact(std::uint32_t at) {
  const DraftInstruction& from = draft_.code[at];
  const TypeVar var = inferred_.types[at];
  Instruction to;
  Type type = Type::I64;
  if (!is_generic(from.mnemonic)) {
    to.opcode = static_cast<Opcode>(from.mnemonic);
    type = info(to.opcode).operand_type;
  } else {
    const Generic& row = generic(from.mnemonic);
    TypeSet set = row.types;
    if (row.operand == OperandKind::Literal) set = draft_.literals[from.operand].types;
    type = var == Inferred::kUnreached ? set.choose() : close(var);
    to.opcode = row.exact[static_cast<std::size_t>(type)];
  }
  switch (operand_kind(from.mnemonic)) {
    case OperandKind::None: break;
    case OperandKind::Target:
    case OperandKind::Table:
    case OperandKind::Text: to.operand = from.operand; break;
    case OperandKind::Local: to.operand = local(from.operand); break;
    case OperandKind::Callee:
      to.operand = static_cast<std::uint32_t>(parts_.callees.size());
      parts_.callees.push_back(from.operand);
      break;
    case OperandKind::Literal: {
      const std::optional<Cell> cell = cell_of(draft_.literals[from.operand], type);
      if (!cell) {
        wrong_ = true;
        errors_.add(
            {{number_, at}, fmt::format("the literal does not fit {}", name(type)), {}, {}});
      }
      to.constant = cell.value_or(0);
      break;
    }
  }
  return to;
}

void Checker::warn_unreached() {
  const auto size = static_cast<std::uint32_t>(draft_.code.size());
  for (std::uint32_t i = 0; i < size; ++i) {
    if (inferred_.types[i] != Inferred::kUnreached) continue;
    const std::uint32_t begin = i;
    while (i < size && inferred_.types[i] == Inferred::kUnreached) ++i;
    if (warnings_.full()) {
      warnings_.count_only();
      continue;
    }
    const std::string what =
        i - begin == 1 ? "this instruction" : fmt::format("these {} instructions", i - begin);
    warnings_.add({{number_, begin}, "no path reaches " + what, {}, {}});
  }
}

Checked Checker::finish() {
  parts_.params.reserve(inferred_.params.size());
  for (const TypeVar var : inferred_.params) parts_.params.push_back(close(var));
  for (const TypeVar var : inferred_.results) parts_.results.push_back(close(var));
  parts_.tables = draft_.tables;
  parts_.texts = draft_.texts;
  local_numbers_.assign(inferred_.locals.size(), Checked::kDropped);
  const auto size = static_cast<std::uint32_t>(draft_.code.size());
  parts_.code.reserve(size);
  for (std::uint32_t at = 0; at < size; ++at) parts_.code.push_back(exact(at));

  const std::uint64_t cells =
      parts_.params.size() + parts_.locals.size() + std::uint64_t{inferred_.max_height};
  if (cells > Function::kMostCells) {
    wrong_ = true;
    errors_.add({{number_, Place::kSignature},
                 fmt::format("`{}` needs {} cells (parameters, locals and stack); at most {} can "
                             "be had",
                             shortened(draft_.name), cells, Function::kMostCells),
                 {},
                 {}});
  }
  if (!draft_.stored) warn_unreached();
  Checked checked;
  checked.local_numbers = std::move(local_numbers_);
  if (!wrong_) {
    checked.function = Function(std::move(parts_), inferred_.max_height, inferred_.first_halt);
  }
  return checked;
}

namespace {

// Which functions of the draft each one calls, in any code, dead code too.
Graph call_graph(const Draft& draft) {
  Graph graph;
  std::vector<std::uint32_t> callees;
  for (const DraftFunction& function : draft.functions) {
    callees.clear();
    for (const DraftInstruction& instruction : function.code) {
      if (operand_kind(instruction.mnemonic) == OperandKind::Callee) {
        callees.push_back(instruction.operand);
      }
    }
    graph.add_node(callees);
  }
  return graph;
}

template <class From>
std::vector<TypeSet> sets(const From& from) {
  return std::vector<TypeSet>(from.begin(), from.end());
}

}  // namespace

std::vector<Checked> check(const Draft& draft, Issues& errors, Issues& warnings) {
  const Graph calls = call_graph(draft);
  const Components order = components(calls);
  const Graph members = order.members();

  std::vector<Checked> results(draft.functions.size());
  std::vector<Callee> signatures(draft.functions.size());
  std::vector<Inferred> found(draft.functions.size());
  Moves moves(draft);
  for (std::uint32_t component = 0; component < order.count; ++component) {
    const std::span<const std::uint32_t> numbers = members.from(component);
    TypeVariables types;
    infer(draft, numbers, signatures, types, found, moves, errors);
    // One function that is wrong takes its component and its callers with it.
    bool right = true;
    for (const std::uint32_t number : numbers) {
      right = right && !found[number].wrong;
      for (const std::uint32_t callee : calls.from(number)) {
        right = right && (order.of[callee] == component || results[callee].function);
      }
    }
    for (const std::uint32_t number : numbers) {
      if (found[number].wrong) continue;
      results[number] = Checker(draft, number, found[number], types, errors, warnings).finish();
      right = right && results[number].function;
    }
    for (const std::uint32_t number : numbers) {
      const std::optional<Function>& function = results[number].function;
      const DraftFunction& head = draft.functions[number];
      signatures[number] = function ? Callee{sets(function->params()), sets(function->results())}
                                    : Callee{head.params, head.results};
      if (!right) results[number].function.reset();
      found[number] = {};
    }
  }
  return results;
}

}  // namespace rosetta
