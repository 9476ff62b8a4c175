// A module of LLVM in the making: what the bodies of its functions share, wherever it runs.
#pragma once

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <optional>
#include <vector>

#include "engine/native/compiler.h"
#include "ir/program.h"

namespace rosetta::llvm_engine {

class ModuleBuilder {
 public:
  ModuleBuilder(llvm::Module& module, const ir::Program& program,
                const native::CompileOptions& options);
  virtual ~ModuleBuilder() = default;
  ModuleBuilder(const ModuleBuilder&) = delete;
  ModuleBuilder& operator=(const ModuleBuilder&) = delete;

  // Functions of the program, declared as they are asked for. Their bodies are for whoever asked to
  // write: next() gives one after the other.
  llvm::Function* function(std::uint32_t number);
  std::optional<std::uint32_t> next();
  // A function of arith.h; it comes with the bitcode.
  llvm::Function* meaning(Opcode regular, llvm::FunctionType* type);
  llvm::Function* meaning(const char* name, llvm::FunctionType* type);
  llvm::DISubprogram* subprogram(std::uint32_t number);
  [[nodiscard]] llvm::Type* type(Type type);
  // Whether it takes the depth that is left behind its frame, and the stack's top where the program
  // has stacks: as its first arguments. Machines are reached by such functions alone.
  [[nodiscard]] static bool counts(const ir::Function& function) {
    return function.weight > 0 || function.machine;
  }
  [[nodiscard]] bool has_stacks() const { return has_stacks_; }
  // A branch that is hardly ever taken.
  void unlikely(llvm::IRBuilder<>& builder, llvm::Value* condition, llvm::BasicBlock* then,
                llvm::BasicBlock* otherwise);

  void locate(llvm::IRBuilder<>& builder, llvm::Function* in, std::uint32_t number,
              std::uint32_t instruction);
  void finish();

  llvm::Module& module;
  llvm::LLVMContext& context;
  const ir::Program& program;
  const native::CompileOptions& options;
  llvm::PointerType* pointer;
  llvm::IntegerType* i64;

 protected:
  // A function whose parameters are these, and behind them the context.
  virtual llvm::Function* declare(std::uint32_t number, const std::string& name,
                                  std::vector<llvm::Type*> params) = 0;
  // What points into a stack.
  [[nodiscard]] virtual llvm::PointerType* top_type() const { return pointer; }

 private:
  std::vector<llvm::Function*> functions_;  // by number; null until asked for
  std::vector<std::uint32_t> asked_;
  std::size_t given_ = 0;
  bool has_stacks_;
  std::unique_ptr<llvm::DIBuilder> debug_;
  llvm::DIFile* file_ = nullptr;
};

// On functions, their number in the program, for what reads machine code.
inline constexpr char kNumber[] = "rosettavm-function";

}  // namespace rosetta::llvm_engine
