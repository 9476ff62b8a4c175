#include "gpu/emit/straight.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace rosetta::gpu {

using ir::Function;
using ir::Instruction;
using ir::Op;
using ir::Operand;
using ir::Register;

namespace {

constexpr auto kMeanings = [] {
  std::array<std::string_view, 256> made{};
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  made[byte] = #function;
#include "isa/opcodes.def"
  return made;
}();

std::string_view meaning(Opcode opcode) { return kMeanings[static_cast<std::size_t>(opcode)]; }

// What is left of the call depth, less so much and more so much.
std::string difference(std::uint64_t less, std::uint64_t more) {
  if (less == more) return "depth";
  return less > more ? fmt::format("depth - {}", less - more)
                     : fmt::format("depth + {}", more - less);
}

}  // namespace

Straight::Straight(const Shape& shape, std::uint32_t function)
    : shape_(shape),
      number_(function),
      from_(shape.program.functions[function]),
      traits_(shape.traits[function]),
      variables_(shape.program, from_),
      held_(variables_.count()) {}

std::vector<std::string> Straight::lines(std::span<const Instruction> code) {
  for (const Instruction& each : code) instruction(each);
  return std::exchange(lines_, {});
}

std::vector<std::string> Straight::spending() const {
  return {fmt::format("if (fuel == 0) {}", stop("RV_OUT_OF_FUEL")), "fuel -= 1;"};
}

void Straight::spend() {
  for (const std::string& text : spending()) line(text);
}

std::string Straight::declarations() const {
  std::string text = variables_.declarations();
  if (traits_.spends) text += "  rv_u64 fuel = task->fuel;\n";
  if (checks_) text += "  rv_i32 ended;\n";
  return text;
}

// Values.

// A constant where it is known to be one.
Operand Straight::resolved(Operand operand) const {
  if (operand.is_constant() || !variables_.is_free(operand.reg())) return operand;
  return held_[operand.reg()].constant.value_or(operand);
}

std::optional<Type> Straight::target(Register reg, std::optional<Type> type) {
  if (!variables_.is_free(reg)) return variables_.type(reg);
  held_[reg] = {type, std::nullopt};
  return type;
}

std::string Straight::read(Operand operand, std::optional<Type> type) {
  operand = resolved(operand);
  if (operand.is_constant()) return constant_text(from_.constants[operand.index()], type);
  return converted(name(operand.reg()), held(operand.reg()), type);
}

void Straight::write(Register reg, const std::string& value, std::optional<Type> type) {
  const std::optional<Type> mine = target(reg, type);
  line(fmt::format("{} = {};", variables_.name(reg, mine), converted(value, type, mine)));
}

std::string Straight::condition(Operand operand) {
  operand = resolved(operand);
  return read(operand, operand.is_constant() ? std::nullopt : held(operand.reg()));
}

std::string Straight::index(Operand operand) {
  operand = resolved(operand);
  const std::optional<Type> type = operand.is_constant() ? std::nullopt : held(operand.reg());
  const std::string cast = type == Type::I32 ? "(rv_u32)" : type ? "(rv_u64)" : "";
  return cast + read(operand, type);
}

// Instructions.

// The call of a regular instruction's meaning, but for the last parameter of one that traps.
std::string Straight::apply(const Instruction& from) {
  const OpcodeInfo& row = info(from.opcode);
  std::string text = fmt::format("{}({}", meaning(from.opcode), read(from.a, row.operand_type));
  if (row.arity == 2) text += ", " + read(from.b, row.operand_type);
  return text;
}

void Straight::check() {
  checks_ = true;
  line("if (ended != 0) " + stop("ended"));
}

void Straight::regular(const Instruction& from) {
  const OpcodeInfo& row = info(from.opcode);
  const std::string call = apply(from);
  if (!row.traps) return write(from.dst, call + ")", row.result_type);
  if (target(from.dst, row.result_type) == row.result_type) {
    line(fmt::format("ended = {}, &{});", call, name(from.dst)));
    return check();
  }
  line("{");
  ++nested_;
  line(type_name(row.result_type) + " value;");
  line(fmt::format("ended = {}, &value);", call));
  check();
  write(from.dst, "value", row.result_type);
  --nested_;
  line("}");
}

void Straight::copy(const Instruction& from) {
  const Operand source = resolved(from.a);
  if (source.is_constant() && variables_.is_free(from.dst)) {
    held_[from.dst] = {std::nullopt, source};
    return;
  }
  const std::optional<Type> type =
      source.is_constant() ? variables_.type(from.dst) : held(source.reg());
  write(from.dst, read(source, type), type);
}

void Straight::select(const Instruction& from) {
  const Operand a = resolved(from.a);
  const Operand b = resolved(from.b);
  std::optional<Type> type = variables_.type(from.dst);
  if (variables_.is_free(from.dst)) {
    const Operand typed = a.is_constant() ? b : a;
    type = typed.is_constant() ? std::nullopt : held(typed.reg());
  }
  write(from.dst, fmt::format("{} != 0 ? {} : {}", condition(from.c), read(a, type), read(b, type)),
        type);
}

void Straight::swap(const Instruction& from) {
  const std::optional<Type> mine = held(from.dst);
  const std::optional<Type> other = held(from.a.reg());
  line("{");
  ++nested_;
  line(fmt::format("const {} value = {};", type_name(mine), read(from.dst, mine)));
  write(from.dst, read(from.a, other), other);
  write(from.a.reg(), "value", mine);
  --nested_;
  line("}");
}

// That the call depth has what a frame of this weight needs, when `back` of it comes back before.
void Straight::check_depth(std::uint64_t weight, std::uint64_t back) {
  if (weight > back) {
    line(fmt::format("if (depth < {}) {}", weight - back, stop("RV_CALL_DEPTH_EXCEEDED")));
  }
}

// `mine` is what this frame gives back of the call depth for the callee's.
void Straight::call(const Instruction& from, std::uint32_t mine) {
  const Function& callee = shape_.program.functions[from.target];
  const Shape::Traits& theirs = shape_.traits[from.target];
  const bool enters = from.op == Op::Enter;
  if (!enters) spend();
  std::string text = shape_.names[from.target] + "(";
  std::string separator;
  const auto add = [&](const std::string& argument) {
    text += separator + argument;
    separator = ", ";
  };
  if (theirs.task) add("task");
  if (theirs.counts) {
    if (!enters) check_depth(callee.weight, mine);
    add(enters ? "depth" : difference(callee.weight, mine));
  }
  if (theirs.stack) add("top");
  for (std::size_t i = 0; i < callee.params.size(); ++i) {
    add(read(from.dst + static_cast<Register>(i), callee.params[i]));
  }
  text += ")";
  if (theirs.spends && traits_.spends) line("task->fuel = fuel;");
  const std::vector<Type>& types = callee.results;
  const auto reload = [&] {
    if (theirs.spends && traits_.spends) line("fuel = task->fuel;");
  };
  if (types.empty()) {
    line(theirs.ends ? fmt::format("ended = {};", text) : text + ";");
    reload();
    if (theirs.ends) check();
    return;
  }
  if (types.size() == 1 && !theirs.ends) {
    write(from.dst, text, types[0]);
    return reload();
  }
  line("{");
  ++nested_;
  line(fmt::format("const {} got = {};", shape_.given(from.target), text));
  reload();
  if (theirs.ends) line("if (got.ended != 0) " + stop("got.ended"));
  for (std::size_t i = 0; i < types.size(); ++i) {
    write(from.dst + static_cast<Register>(i), fmt::format("got.r{}", i), types[i]);
  }
  --nested_;
  line("}");
}

std::vector<std::string> Straight::results(const Instruction& from) {
  const std::vector<Type>& types = from_.results;
  if (types.size() == 1 && from.op != Op::TailCall) return {read(from.a, types[0])};
  std::vector<std::string> all;
  for (std::size_t i = 0; i < types.size(); ++i) {
    all.push_back(read(from.dst + static_cast<Register>(i), types[i]));
  }
  return all;
}

void Straight::returns(const Instruction& from) {
  const std::vector<std::string> values = results(from);
  if (traits_.spends) line("task->fuel = fuel;");
  if (values.empty()) return line(traits_.ends ? "return 0;" : "return;");
  if (values.size() == 1 && !traits_.ends) return line(fmt::format("return {};", values[0]));
  std::string text =
      fmt::format("return rv_give{}{}(", traits_.ends ? "" : "_all", suffix(from_.results));
  for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + values[i];
  line(text + ");");
}

void Straight::halt(const Instruction& from) {
  if (!shape_.halts(number_)) return returns(from);
  // The entry's results: a machine can have more and other ones, of its other members.
  const std::vector<Type>& types = shape_.program.entry().results;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const Operand value =
        from_.results.size() == 1 ? from.a : Operand::reg(from.dst + static_cast<Register>(i));
    line(fmt::format("task->h{} = {};", i, read(value, types[i])));
  }
  line(stop("RV_HALTED"));
}

void Straight::instruction(const Instruction& from) {
  switch (from.op) {
    case Op::Regular: return regular(from);
    case Op::Copy: return copy(from);
    case Op::Swap: return swap(from);
    case Op::Select: return select(from);
    case Op::CanonF32:
      return write(from.dst, fmt::format("rv_f32_canon({})", read(from.a, Type::F32)), Type::F32);
    case Op::CanonF64:
      return write(from.dst, fmt::format("rv_f64_canon({})", read(from.a, Type::F64)), Type::F64);
    case Op::Print:
    case Op::PrintText: return;
    case Op::Call:
    case Op::Enter: return call(from, 0);
    case Op::Charge:
      spend();
      check_depth(from.target, from.other);
      if (from.target != from.other) {
        line(fmt::format("depth = {};", difference(from.target, from.other)));
      }
      return;
    case Op::Credit: return line(fmt::format("depth += {};", from.target));
    case Op::Push:
      line(fmt::format("if (task->cells - top < {}) {}", from.target, stop("RV_NO_STACK")));
      return line(fmt::format("top += {};", from.target));
    case Op::Pop: return line(fmt::format("top -= {};", from.target));
    case Op::Save:
      return line(fmt::format("RV_CELL({}) = {};", from.target, read(from.a, std::nullopt)));
    case Op::Restore: return write(from.dst, fmt::format("RV_CELL({})", from.target), std::nullopt);
    case Op::TailCall: call(from, from_.weight); return returns(from);
    case Op::Ret: return returns(from);
    case Op::Halt: return halt(from);
    case Op::Trap: return line(stop("RV_UNREACHABLE"));
    case Op::Jump:
    case Op::Branch:
    case Op::Switch: return;
  }
}

}  // namespace rosetta::gpu
