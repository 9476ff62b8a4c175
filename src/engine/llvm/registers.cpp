#include "engine/llvm/registers.h"

namespace rosetta::llvm_engine {

using ir::Operand;
using ir::Register;

Registers::Registers(ModuleBuilder& module, const ir::Function& from, llvm::IRBuilder<>& code,
                     llvm::IRBuilder<>& entry)
    : module_(module),
      from_(from),
      code_(code),
      entry_(entry),
      variables_(from.registers),
      known_(from.registers),
      written_(from.registers) {}

llvm::Value* Registers::temporary(Type type) {
  llvm::AllocaInst*& made = temporaries_[static_cast<std::size_t>(type)];
  if (made == nullptr) made = entry_.CreateAlloca(module_.type(type));
  return made;
}

std::optional<Type> Registers::type_of(Register reg) const {
  if (reg < from_.params.size()) return from_.params[reg];
  if (reg < from_.first_home()) return from_.locals[reg - from_.params.size()];
  return std::nullopt;
}

llvm::Value* Registers::variable(Register reg) {
  llvm::AllocaInst*& made = variables_[reg];
  if (made != nullptr) return made;
  const std::optional<Type> type = type_of(reg);
  made = entry_.CreateAlloca(type ? module_.type(*type) : module_.i64);
  if (frame_ != nullptr) {
    entry_.CreateStore(entry_.CreateLoad(made->getAllocatedType(), cell_of(reg)), made);
  }
  return made;
}

// A register in the interpreter's frame: behind the parameters it has its link.
llvm::Value* Registers::cell_of(Register reg) {
  const std::uint64_t slot = reg < from_.params.size() ? reg : reg + 1;
  return entry_.CreateConstInBoundsGEP1_64(module_.i64, frame_, slot);
}

void Registers::store_written(Register alive) {
  for (Register reg = 0; reg < alive; ++reg) {
    if (!written_[reg]) continue;
    code_.CreateStore(as_cell(read(reg)), cell_of(reg));
  }
}

Value Registers::read(Register reg) {
  const Known& known = known_[reg];
  if (known.epoch == epoch_) return known.value;
  const std::optional<Type> type = type_of(reg);
  const Value value{code_.CreateLoad(type ? module_.type(*type) : module_.i64, variable(reg)),
                    type};
  known_[reg] = {epoch_, value};
  return value;
}

Value Registers::read(Operand operand) {
  if (!operand.is_constant()) return read(operand.reg());
  return {llvm::ConstantInt::get(module_.i64, from_.constants[operand.index()]), std::nullopt};
}

void Registers::write(Register reg, Value value) {
  const std::optional<Type> type = type_of(reg);
  if (type) value = {as(value, *type), type};
  code_.CreateStore(type ? value.value : as_cell(value), variable(reg));
  known_[reg] = {epoch_, value};
  written_[reg] = true;
}

llvm::Constant* Registers::constant(Cell cell, Type type) {
  llvm::Constant* const bits = llvm::ConstantInt::get(
      is_wide(type) ? module_.i64 : llvm::Type::getInt32Ty(module_.context), cell);
  return is_integer(type) ? bits : llvm::ConstantExpr::getBitCast(bits, module_.type(type));
}

llvm::Value* Registers::as(Value value, Type type) {
  if (value.type == type) return value.value;
  if (value.type) value = {as_cell(value), std::nullopt};
  if (const auto* const cell = llvm::dyn_cast<llvm::ConstantInt>(value.value)) {
    const std::uint64_t bits = cell->getZExtValue();
    return constant(is_wide(type) ? bits : bits & 0xffff'ffff, type);
  }
  llvm::Value* bits = value.value;
  if (!is_wide(type)) bits = code_.CreateTrunc(bits, llvm::Type::getInt32Ty(module_.context));
  return is_integer(type) ? bits : code_.CreateBitCast(bits, module_.type(type));
}

llvm::Value* Registers::as_cell(Value value) {
  if (!value.type) return value.value;
  llvm::Value* bits = value.value;
  if (*value.type == Type::F64) return code_.CreateBitCast(bits, module_.i64);
  if (*value.type == Type::F32) {
    bits = code_.CreateBitCast(bits, llvm::Type::getInt32Ty(module_.context));
  }
  return code_.CreateZExt(bits, module_.i64);
}

}  // namespace rosetta::llvm_engine
