// A module for this processor: its functions end a task by a jump out, and find everything that
// they need of their surroundings in a native::Context.
#pragma once

#include "base/graph.h"
#include "engine/llvm/module.h"
#include "engine/native/context.h"

namespace rosetta::llvm_engine {

class ProcessorModule final : public ModuleBuilder {
 public:
  ProcessorModule(llvm::Module& module, const ir::Program& program,
                  const native::CompileOptions& options);

  // A function that nobody calls: where the image is entered.
  llvm::Function* start(const char* name, llvm::Type* result, std::vector<llvm::Type*> params);
  // Ends the task with the trap, at a place.
  llvm::Function* trap();

  // Whether a tail call has to take its caller's place: where tail calls can go round, or lead to a
  // function of less weight in the call depth, which would not pay for its caller's frame. Both
  // ends of such a call are called in a way of their own, which costs a little; any other tail call
  // leaves its caller's frame where it is.
  [[nodiscard]] bool takes_place(std::uint32_t caller, std::uint32_t callee) const {
    return round_.of[caller] == round_.of[callee] || pays_for_less(caller, callee);
  }
  // Whether a tail call leads to a frame that must not lie in the caller's, either.
  [[nodiscard]] bool pays_for_less(std::uint32_t caller, std::uint32_t callee) const {
    return recurs_[caller] && program.functions[caller].weight > lightest_[round_.of[callee]];
  }
  [[nodiscard]] bool tails(std::uint32_t number) const { return tails_[number]; }
  // At most so many frames, none of more weight, are left where they are by one that is active.
  [[nodiscard]] std::uint64_t frames_left() const { return frames_left_; }

  // A field of the context.
  llvm::Value* field(llvm::IRBuilder<>& builder, llvm::Value* context, std::size_t offset);
  llvm::CallInst* call_out(llvm::IRBuilder<>& builder, llvm::Value* context, std::size_t way,
                           std::vector<llvm::Value*> arguments);
  // A call of a function of the program; the depth comes first among the arguments, where it
  // counts.
  llvm::CallInst* call(llvm::IRBuilder<>& builder, llvm::Function* callee,
                       std::vector<llvm::Value*> arguments, llvm::Value* context);
  // What it gave.
  std::vector<llvm::Value*> results_of(llvm::IRBuilder<>& builder, llvm::CallInst* call,
                                       const std::vector<Type>& types, llvm::Value* context);

 private:
  llvm::Function* declare(std::uint32_t number, const std::string& name,
                          std::vector<llvm::Type*> params) override;
  llvm::Function* declare(const llvm::Twine& name, llvm::Type* result,
                          std::vector<llvm::Type*> params, std::uint64_t weight);
  [[nodiscard]] llvm::Type* results(const ir::Function& function);
  void find_tail_calls();

  Components round_;  // of functions that tail calls lead round
  // For each of them the least weight, but 0, that tail calls lead to from it.
  std::vector<std::uint64_t> lightest_;
  std::vector<bool> tails_;   // functions at the ends of tail calls that take places
  std::vector<bool> recurs_;  // those in a cycle of calls; of others there is one frame at most
  std::uint64_t frames_left_ = 0;
  llvm::Function* trap_ = nullptr;
};

// On functions, for what reads machine code's frames: the weight in the call depth; 0 where there
// is one frame at most.
inline constexpr char kWeight[] = "rosettavm-weight";

}  // namespace rosetta::llvm_engine
