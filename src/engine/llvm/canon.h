// Canonical NaNs in LLVM's terms.
#pragma once

#include <llvm/IR/PassManager.h>

namespace rosetta::llvm_engine {

// What makes a NaN canonical, in arith.h. Lowering put calls of them where a NaN's bits might be
// seen, before calls and behind them; they stay calls until functions have been inlined.
bool is_canon(const llvm::Function& function);

// Takes away those whose result only arithmetic sees, and inlines the others.
class CanonPass : public llvm::PassInfoMixin<CanonPass> {
 public:
  llvm::PreservedAnalyses run(llvm::Module& module, llvm::ModuleAnalysisManager& analyses);
};

}  // namespace rosetta::llvm_engine
