// A home that is not free has the types of all the values that are put into it or taken from it;
// such homes that are copied to each other share them. What no one ever asks for a type is an i64.
#include "gpu/emit/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>

#include "ir/accesses.h"

namespace rosetta::gpu {
namespace {

using ir::Function;
using ir::Instruction;
using ir::Op;
using ir::Operand;
using ir::Register;

std::size_t named_registers(const ir::Program& program, const Function& function) {
  std::size_t count = function.registers;
  for (const Instruction& each : function.code) {
    if (each.op != Op::Call && each.op != Op::Enter && each.op != Op::TailCall) continue;
    count = std::max(count, each.dst + program.functions[each.target].results.size());
  }
  return count;
}

// Which homes hold no value from one block to another: each block writes them before it reads.
std::vector<bool> free_homes(const ir::Program& program, const Function& function) {
  std::vector<bool> free(named_registers(program, function), true);
  std::fill_n(free.begin(), function.first_home(), false);
  std::vector<ir::BlockId> written(free.size(), 0xffff'ffff);
  for (ir::BlockId block = 0; block < function.blocks.size(); ++block) {
    for (std::uint32_t at = function.blocks[block].begin; at < function.end(block); ++at) {
      for_each_read(function, program, function.code[at], [&](Register reg) {
        if (written[reg] != block) free[reg] = false;
      });
      for_each_write(program, function.code[at], [&](Register reg) { written[reg] = block; });
    }
  }
  return free;
}

class Typing {
 public:
  Typing(const ir::Program& program, const Function& function, const std::vector<bool>& free)
      : program_(program),
        function_(function),
        free_(free),
        known_(free.size()),
        class_(free.size()),
        types_(free.size()),
        wide_(free.size()) {
    std::iota(class_.begin(), class_.end(), 0U);
  }

  void run() {
    for (const Instruction& each : function_.code) instruction(each);
  }
  [[nodiscard]] std::optional<Type> type(Register reg);

 private:
  // What is known of a value's type where it is read.
  struct Value {
    enum class Kind : std::uint8_t { Cell, Typed, Constant, Home } kind = Kind::Cell;
    Type type = Type::I64;
    std::uint32_t number = 0;  // the constant's, or a home's that is not free
  };

  [[nodiscard]] std::optional<Type> declared(Register reg) const {
    if (reg < function_.params.size()) return function_.params[reg];
    if (reg < function_.first_home()) return function_.locals[reg - function_.params.size()];
    return std::nullopt;
  }
  Register find(Register reg) {
    while (class_[reg] != reg) {
      class_[reg] = class_[class_[reg]];
      reg = class_[reg];
    }
    return reg;
  }
  [[nodiscard]] Value value(Operand operand) const {
    if (operand.is_constant()) return {Value::Kind::Constant, Type::I64, operand.index()};
    if (free_[operand.reg()]) return known_[operand.reg()];
    if (const auto type = declared(operand.reg())) return {Value::Kind::Typed, *type};
    return {Value::Kind::Home, Type::I64, operand.reg()};
  }
  void add(Register home, Type type) {
    TypeSet& types = types_[find(home)];
    types = types | type;
  }
  void is_read(Operand operand, Type type) {
    const Value read = value(operand);
    if (read.kind == Value::Kind::Home) add(read.number, type);
  }
  void are_read(Register first, std::span<const Type> types) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      is_read(Operand::reg(first + static_cast<Register>(i)), types[i]);
    }
  }
  void gets(Register reg, Value value);
  void gets(Register reg, Type type) { gets(reg, Value{Value::Kind::Typed, type}); }
  void select(const Instruction& from);
  void instruction(const Instruction& from);

  const ir::Program& program_;
  const Function& function_;
  const std::vector<bool>& free_;
  std::vector<Value> known_;     // of free homes, in the block
  std::vector<Register> class_;  // homes that are copied to each other
  std::vector<TypeSet> types_;   // by class
  std::vector<bool> wide_;       // by class: a constant needs more than 32 bits
};

void Typing::gets(Register reg, Value value) {
  if (free_[reg]) {
    known_[reg] = value;
    return;
  }
  if (const auto type = declared(reg)) {
    if (value.kind == Value::Kind::Home) add(value.number, *type);
    return;
  }
  switch (value.kind) {
    case Value::Kind::Cell: return;
    case Value::Kind::Typed: return add(reg, value.type);
    case Value::Kind::Constant:
      if (function_.constants[value.number] >> 32 != 0) wide_[find(reg)] = true;
      return;
    case Value::Kind::Home: {
      const Register a = find(reg);
      const Register b = find(value.number);
      class_[b] = a;
      types_[a] = types_[a] | types_[b];
      wide_[a] = wide_[a] || wide_[b];
    }
  }
}

void Typing::select(const Instruction& from) {
  const Value a = value(from.a);
  const Value b = value(from.b);
  if (!free_[from.dst]) {
    gets(from.dst, a);
    return gets(from.dst, b);
  }
  if (a.kind == Value::Kind::Typed && b.kind == Value::Kind::Home) add(b.number, a.type);
  if (b.kind == Value::Kind::Typed && a.kind == Value::Kind::Home) add(a.number, b.type);
  known_[from.dst] = a.kind != Value::Kind::Constant   ? a
                     : b.kind != Value::Kind::Constant ? b
                                                       : Value{};
}

void Typing::instruction(const Instruction& from) {
  switch (from.op) {
    case Op::Regular: {
      const OpcodeInfo& row = info(from.opcode);
      is_read(from.a, row.operand_type);
      if (row.arity == 2) is_read(from.b, row.operand_type);
      return gets(from.dst, row.result_type);
    }
    case Op::Copy: return gets(from.dst, value(from.a));
    case Op::Swap: {
      const Value a = value(from.a);
      const Value b = value(Operand::reg(from.dst));
      gets(from.dst, a);
      return gets(from.a.reg(), b);
    }
    case Op::Select: return select(from);
    case Op::CanonF32:
    case Op::CanonF64: {
      const Type type = from.op == Op::CanonF32 ? Type::F32 : Type::F64;
      is_read(from.a, type);
      return gets(from.dst, type);
    }
    case Op::Call:
    case Op::Enter:
    case Op::TailCall: {
      const Function& callee = program_.functions[from.target];
      are_read(from.dst, callee.params);
      for (std::size_t i = 0; i < callee.results.size(); ++i) {
        gets(from.dst + static_cast<Register>(i), callee.results[i]);
      }
      return;
    }
    case Op::Restore: return gets(from.dst, Value{});
    case Op::Ret:
      if (function_.results.size() == 1) return is_read(from.a, function_.results[0]);
      return are_read(from.dst, function_.results);
    case Op::Halt: {
      const std::vector<Type>& types = program_.entry().results;
      if (function_.results.size() != 1) return are_read(from.dst, types);
      if (!types.empty()) is_read(from.a, types[0]);
      return;
    }
    case Op::Print:
    case Op::PrintText:
    case Op::Charge:
    case Op::Credit:
    case Op::Push:
    case Op::Pop:
    case Op::Save:
    case Op::Jump:
    case Op::Branch:
    case Op::Switch:
    case Op::Trap: return;
  }
}

std::optional<Type> Typing::type(Register reg) {
  if (const std::optional<Type> type = declared(reg)) return type;
  const Register mine = find(reg);
  const TypeSet types = types_[mine];
  if (types.empty()) return Type::I64;
  if (!types.single()) return std::nullopt;
  const Type type = types.choose();
  if (wide_[mine] && !is_wide(type)) return std::nullopt;
  return type;
}

std::string float_text(Cell cell, Type type) {
  if (type == Type::F64) {
    if (cell == 0) return "0.0";
    const auto value = std::bit_cast<double>(cell);
    if (!std::isnormal(value)) return fmt::format("rv_float64({:#x}u)", cell);
    std::string text = fmt::format("{}", value);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }
  const auto bits = static_cast<std::uint32_t>(cell);
  if (bits == 0) return "0.0f";
  const auto value = std::bit_cast<float>(bits);
  if (!std::isnormal(value)) return fmt::format("rv_float32({:#x}u)", bits);
  std::string text = fmt::format("{}", value);
  return text + (text.find_first_of(".e") == std::string::npos ? ".0f" : "f");
}

}  // namespace

Variables::Variables(const ir::Program& program, const Function& function)
    : function_(function), free_(free_homes(program, function)) {
  Typing typing(program, function, free_);
  typing.run();
  types_.reserve(free_.size());
  for (Register reg = 0; reg < free_.size(); ++reg) types_.push_back(typing.type(reg));
  named_.fill(std::vector<bool>(free_.size()));
}

static std::string variable(const Function& function, Register reg, int kind) {
  const std::size_t params = function.params.size();
  if (reg < params) return fmt::format("p{}", reg);
  if (reg < function.first_home()) return fmt::format("l{}", reg - params);
  return fmt::format("{}{}", "xidfc"[kind], reg - function.first_home());
}

std::string Variables::name(Register reg, std::optional<Type> type) {
  const int kind = type ? static_cast<int>(*type) : kTypes;
  named_[static_cast<std::size_t>(kind)][reg] = true;
  return variable(function_, reg, kind);
}

std::string Variables::declarations() const {
  constexpr std::size_t kWidth = 90;
  std::string all;
  for (int kind = 0; kind <= kTypes; ++kind) {
    const auto type = kind < kTypes ? std::optional(static_cast<Type>(kind)) : std::nullopt;
    std::string line;
    for (auto reg = static_cast<Register>(function_.params.size()); reg < types_.size(); ++reg) {
      if (!named_[static_cast<std::size_t>(kind)][reg]) continue;
      const std::string mine = variable(function_, reg, kind);
      if (line.size() + mine.size() > kWidth) {
        all += line + ";\n";
        line.clear();
      }
      line += line.empty() ? fmt::format("  {} {}", type_name(type), mine) : ", " + mine;
    }
    if (!line.empty()) all += line + ";\n";
  }
  return all;
}

std::string type_name(std::optional<Type> type) {
  return type ? fmt::format("rv_{}", name(*type)) : "rv_u64";
}

std::string converted(std::string value, std::optional<Type> from, std::optional<Type> to) {
  if (from == to) return value;
  if (from) {
    switch (*from) {
      case Type::I64: value = fmt::format("(rv_u64){}", value); break;
      case Type::I32: value = fmt::format("(rv_u64)(rv_u32){}", value); break;
      case Type::F64: value = fmt::format("rv_bits64({})", value); break;
      case Type::F32: value = fmt::format("(rv_u64)rv_bits32({})", value); break;
    }
  }
  if (to) {
    switch (*to) {
      case Type::I64: return fmt::format("(rv_i64){}", value);
      case Type::I32: return fmt::format("(rv_i32)(rv_u32){}", value);
      case Type::F64: return fmt::format("rv_float64({})", value);
      case Type::F32: return fmt::format("rv_float32((rv_u32){})", value);
    }
  }
  return value;
}

std::string constant_text(Cell cell, std::optional<Type> type) {
  if (!type) return cell >> 16 == 0 ? fmt::format("{}u", cell) : fmt::format("{:#x}u", cell);
  switch (*type) {
    case Type::I64: {
      const auto value = std::bit_cast<std::int64_t>(cell);
      if (value == INT64_MIN) return "(-9223372036854775807 - 1)";
      return fmt::format("{}", value);
    }
    case Type::I32: {
      const auto value = static_cast<std::int32_t>(cell);
      if (value == INT32_MIN) return "(-2147483647 - 1)";
      return fmt::format("{}", value);
    }
    case Type::F64:
    case Type::F32: return float_text(cell, *type);
  }
  return {};
}

}  // namespace rosetta::gpu
