// The body of a function: register code to LLVM's. What is the same wherever it runs is here: its
// registers, arithmetic, control flow and limits. How it calls, returns and ends its task is its
// subclass's: processor_body.h and device_body.h.
#pragma once

#include "engine/llvm/registers.h"
#include "isa/trap.h"

namespace rosetta::llvm_engine {

class Body {
 public:
  Body(ModuleBuilder& module, std::uint32_t number, llvm::Function* into);
  virtual ~Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // Writes it whole.
  void write();

 protected:
  // Values are of the language's types.
  using Values = std::vector<llvm::Value*>;

  // Gives its results, where it comes back.
  virtual Values call_function(std::uint32_t number, Values arguments) = 0;
  virtual void tail_call(const ir::Instruction& from) = 0;
  // Ways out of the function and of the task; they end the block.
  virtual void return_values(const Values& values) = 0;
  // With results of the entry's types.
  virtual void halt(const Values& values) = 0;
  virtual void trap(llvm::Value* trap) = 0;
  virtual void print(llvm::Value* cell, Type type) = 0;
  virtual void print_text(std::uint32_t text) = 0;
  // Where fuel lies while another function runs.
  virtual llvm::Value* fuel_in_context() = 0;
  // How far apart, in cells, two cells of a stack lie that are `count` apart in it.
  virtual llvm::Value* distance(std::int64_t count) = 0;
  // The top of the stack with that many more cells; traps where they are not there.
  virtual llvm::Value* push(std::uint32_t count) = 0;
  // Where to go on with a block.
  virtual llvm::BasicBlock* block(ir::BlockId target);

  void begin();
  void straight(std::uint32_t begin, std::uint32_t end);
  llvm::BasicBlock* fresh(const llvm::Twine& name = "") {
    return llvm::BasicBlock::Create(module_.context, name, into_);
  }
  // The arguments of a call, with `depth` left behind its frame.
  Values arguments(const ir::Instruction& from, llvm::Value* depth);
  // The same for a call by the language, after it has paid. `mine` is what the frame gives back for
  // the callee's.
  Values paid_arguments(const ir::Instruction& from, std::uint32_t mine);
  void trap_if(llvm::Value* condition, llvm::Value* with);
  void trap_if(llvm::Value* condition, Trap with);
  void load_fuel();
  void store_fuel();
  llvm::Value* top() { return at_hand(top_); }
  llvm::Value* moved(llvm::Value* top, std::int64_t count);
  llvm::ConstantInt* word(std::uint64_t value) {
    return llvm::ConstantInt::get(module_.i64, value);
  }

  ModuleBuilder& module_;
  std::uint32_t number_;
  const ir::Function& from_;
  llvm::Function* into_;
  llvm::Value* context_;
  llvm::Value* depth_ = nullptr;  // what is left behind this frame, where it counts
  llvm::Value* top_ = nullptr;    // behind the top cell of the stack, where there are stacks
  llvm::IRBuilder<> builder_;
  llvm::IRBuilder<> entry_;  // at the end of the block of variables
  Registers registers_;
  std::uint32_t at_ = 0;  // the instruction of the checked function
  ir::BlockId block_ = 0;

 private:
  void instruction(const ir::Instruction& instruction);
  void regular(const ir::Instruction& instruction);
  void select(const ir::Instruction& instruction);
  void call(const ir::Instruction& instruction, const Values& arguments);
  Values results(const ir::Instruction& instruction, const std::vector<Type>& types);
  void jump(const ir::Instruction& instruction);
  void branch(const ir::Instruction& instruction);
  void switch_to(const ir::Instruction& instruction);
  llvm::BasicBlock* edge(ir::BlockId target, bool costs);

  // A machine has its depth and its stack's top in variables.
  void make_variable(llvm::Value*& value);
  llvm::Value* at_hand(llvm::Value* value);
  void set(llvm::Value* variable, llvm::Value* value) { builder_.CreateStore(value, variable); }
  llvm::Value* depth_behind(std::uint32_t takes, std::uint32_t gives);
  llvm::Value* cell(std::uint32_t below);
  void spend();

  std::vector<llvm::BasicBlock*> blocks_;
  llvm::AllocaInst* fuel_ = nullptr;
};

}  // namespace rosetta::llvm_engine
