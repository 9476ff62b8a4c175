#include "engine/llvm/canon.h"

#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <vector>

namespace rosetta::llvm_engine {
namespace {

constexpr std::size_t kMostUsers = 64;  // that are looked at for one canon

bool is_canon_call(const llvm::Value& value) {
  const auto* const call = llvm::dyn_cast<llvm::CallInst>(&value);
  return call != nullptr && call->getCalledFunction() != nullptr &&
         is_canon(*call->getCalledFunction());
}

enum class Sees : std::uint8_t {
  Nothing,  // any NaN does: arithmetic makes another of it
  Moves,    // what it gives is to be looked at
  Bits,
};

Sees sees(const llvm::Use& use) {
  const auto& user = *llvm::cast<llvm::Instruction>(use.getUser());
  if (is_canon_call(user)) return Sees::Nothing;
  switch (user.getOpcode()) {
    case llvm::Instruction::FAdd:
    case llvm::Instruction::FSub:
    case llvm::Instruction::FMul:
    case llvm::Instruction::FDiv:
    case llvm::Instruction::FCmp:
    case llvm::Instruction::FPExt:
    case llvm::Instruction::FPTrunc:
    case llvm::Instruction::FPToSI:
    case llvm::Instruction::FPToUI: return Sees::Nothing;
    case llvm::Instruction::FNeg:
    case llvm::Instruction::PHI:
    case llvm::Instruction::Select: return Sees::Moves;
    default: break;
  }
  const auto* const call = llvm::dyn_cast<llvm::IntrinsicInst>(&user);
  if (call == nullptr) return Sees::Bits;
  switch (call->getIntrinsicID()) {
    case llvm::Intrinsic::sqrt:
    case llvm::Intrinsic::ceil:
    case llvm::Intrinsic::floor:
    case llvm::Intrinsic::trunc:
    case llvm::Intrinsic::rint: return Sees::Nothing;
    case llvm::Intrinsic::fabs: return Sees::Moves;
    // The magnitude moves, but the sign's bit is seen.
    case llvm::Intrinsic::copysign: return use.getOperandNo() == 0 ? Sees::Moves : Sees::Bits;
    default: return Sees::Bits;
  }
}

bool only_arithmetic_sees(const llvm::Value& value) {
  llvm::SmallPtrSet<const llvm::Value*, 8> known;
  llvm::SmallVector<const llvm::Value*, 8> pending{&value};
  std::size_t users = 0;
  while (!pending.empty()) {
    for (const llvm::Use& use : pending.pop_back_val()->uses()) {
      if (++users > kMostUsers) return false;
      const Sees what = sees(use);
      if (what == Sees::Bits) return false;
      if (what == Sees::Moves && known.insert(use.getUser()).second) {
        pending.push_back(use.getUser());
      }
    }
  }
  return true;
}

}  // namespace

bool is_canon(const llvm::Function& function) {
  return function.getName() == "rv_f64_canon" || function.getName() == "rv_f32_canon";
}

llvm::PreservedAnalyses CanonPass::run(llvm::Module& module, llvm::ModuleAnalysisManager&) {
  std::vector<llvm::CallInst*> canons;
  for (llvm::Function& function : module) {
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      if (is_canon_call(instruction)) canons.push_back(llvm::cast<llvm::CallInst>(&instruction));
    }
  }
  if (canons.empty()) return llvm::PreservedAnalyses::all();
  for (llvm::CallInst* const canon : canons) {
    llvm::Value* const from = canon->getArgOperand(0);
    const llvm::SimplifyQuery here(module.getDataLayout(), canon);
    if (llvm::isKnownNeverNaN(from, 0, here) || is_canon_call(*from) ||
        only_arithmetic_sees(*canon)) {
      canon->replaceAllUsesWith(from);
      canon->eraseFromParent();
    } else {
      llvm::InlineFunctionInfo info;
      llvm::InlineFunction(*canon, info);
    }
  }
  return llvm::PreservedAnalyses::none();
}

}  // namespace rosetta::llvm_engine
