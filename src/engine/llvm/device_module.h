// A module for devices: its functions are the tasks of the kernel (engine/kernel.h). There is no
// jump out on a device, so each function gives a status with its results, and its caller looks at
// it. Programs have no recursion (ir/explicit.h).
#pragma once

#include "engine/llvm/module.h"

namespace rosetta::llvm_engine {

class DeviceModule final : public ModuleBuilder {
 public:
  DeviceModule(llvm::Module& module, const ir::Program& program,
               const native::CompileOptions& options);

  // What a function gives: how it ended (0, a Trap, kNoStack or native::kHalted), and its results.
  [[nodiscard]] llvm::StructType* outcome(const ir::Function& function);

  // The context of a task, which its functions pass on, lies in its lane's own memory.
  enum class Field : unsigned {
    Fuel,     // while another function than the one that counts runs
    End,      // where the lane's stack ends, a pointer into the arena
    Lanes,    // how many cells of the arena lie between two of a stack
    Results,  // of a halt
  };
  [[nodiscard]] llvm::StructType* context_type() const { return context_type_; }
  [[nodiscard]] llvm::Type* type_of(Field field) const {
    return context_type_->getElementType(static_cast<unsigned>(field));
  }
  llvm::Value* field(llvm::IRBuilder<>& builder, llvm::Value* context, Field field);
  llvm::Value* load(llvm::IRBuilder<>& builder, llvm::Value* context, Field from);

  llvm::IntegerType* i32;
  llvm::PointerType* global;  // memory that the host sees too

 private:
  llvm::Function* declare(std::uint32_t number, const std::string& name,
                          std::vector<llvm::Type*> params) override;
  [[nodiscard]] llvm::PointerType* top_type() const override { return global; }

  llvm::StructType* context_type_;
};

}  // namespace rosetta::llvm_engine
