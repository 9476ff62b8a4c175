// The registers of a function while its body is written. Each is a variable on the frame, which
// LLVM's first pass makes values of. Parameters and locals have their own type; a home holds cells,
// and what was last written to it in the block is remembered with its type, so that only what
// crosses blocks on the operand stack goes through the cell's.
#pragma once

#include <optional>
#include <vector>

#include "engine/llvm/module.h"

namespace rosetta::llvm_engine {

// A value with what is known of its type: a cell, or a value of a language type.
struct Value {
  llvm::Value* value = nullptr;
  std::optional<Type> type{};
};

class Registers {
 public:
  // Code goes where `code` is; variables are made where `entry` is.
  Registers(ModuleBuilder& module, const ir::Function& from, llvm::IRBuilder<>& code,
            llvm::IRBuilder<>& entry);

  // The registers lie in the interpreter's frame, and come from there.
  void lie_in(llvm::Value* frame) { frame_ = frame; }
  // What was written to the first `alive` ones goes back there.
  void store_written(ir::Register alive);

  // A block begins: what it finds in registers is not known.
  void begin_block() { ++epoch_; }

  Value read(ir::Register reg);
  Value read(ir::Operand operand);
  llvm::Value* read(ir::Operand operand, Type type) { return as(read(operand), type); }
  llvm::Value* read(ir::Register reg, Type type) { return as(read(reg), type); }
  void write(ir::Register reg, Value value);
  // A parameter's, before any code.
  void begin_with(ir::Register reg, llvm::Value* value) {
    entry_.CreateStore(value, variable(reg));
  }

  llvm::Value* as(Value value, Type type);
  llvm::Value* as_cell(Value value);
  // A variable that meanings write results to.
  llvm::Value* temporary(Type type);

 private:
  // What a register was last written with, while a block is written.
  struct Known {
    std::uint32_t epoch = 0;
    Value value{};
  };

  [[nodiscard]] std::optional<Type> type_of(ir::Register reg) const;
  [[nodiscard]] llvm::Value* variable(ir::Register reg);
  llvm::Value* cell_of(ir::Register reg);
  llvm::Constant* constant(Cell cell, Type type);

  ModuleBuilder& module_;
  const ir::Function& from_;
  llvm::IRBuilder<>& code_;
  llvm::IRBuilder<>& entry_;
  std::vector<llvm::AllocaInst*> variables_;
  std::vector<Known> known_;
  std::uint32_t epoch_ = 0;
  llvm::AllocaInst* temporaries_[kTypes] = {};
  llvm::Value* frame_ = nullptr;
  std::vector<bool> written_;
};

}  // namespace rosetta::llvm_engine
