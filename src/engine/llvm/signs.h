// Signs of floats, in PTX.
#pragma once

#include <llvm/IR/PassManager.h>

namespace rosetta::llvm_engine {

// A NaN's bits survive a change of its sign in LLVM's terms, but not in PTX's: what it has for that
// (neg, abs) may give any other NaN. So signs are changed in integers, and the code generator is
// kept from seeing what that is good for.
class SignPass : public llvm::PassInfoMixin<SignPass> {
 public:
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
  // In functions that are not to be optimised, too.
  static bool isRequired() { return true; }
};

}  // namespace rosetta::llvm_engine
