#include "engine/llvm/signs.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>

namespace rosetta::llvm_engine {
namespace {

// LLVM's fneg, fabs or copysign as operations on bits; nothing of another instruction.
llvm::Value* as_bits(llvm::Instruction& from) {
  const auto* const call = llvm::dyn_cast<llvm::IntrinsicInst>(&from);
  const llvm::Intrinsic::ID id =
      call == nullptr ? llvm::Intrinsic::not_intrinsic : call->getIntrinsicID();
  const bool negates = from.getOpcode() == llvm::Instruction::FNeg;
  if (!negates && id != llvm::Intrinsic::fabs && id != llvm::Intrinsic::copysign) return nullptr;
  llvm::IRBuilder<> builder(&from);
  llvm::Type* const type = builder.getIntNTy(from.getType()->getScalarSizeInBits());
  llvm::Constant* const sign =
      llvm::ConstantInt::get(type, llvm::APInt::getSignMask(type->getIntegerBitWidth()));
  const auto bits = [&](unsigned operand) {
    return builder.CreateBitCast(from.getOperand(operand), type);
  };
  llvm::Value* made = bits(0);
  if (negates) {
    made = builder.CreateXor(made, sign);
  } else {
    made = builder.CreateAnd(made, builder.CreateNot(sign));
    if (id == llvm::Intrinsic::copysign) {
      made = builder.CreateOr(made, builder.CreateAnd(bits(1), sign));
    }
  }
  return builder.CreateBitCast(made, from.getType());
}

// A float made of such bits, by a move that the code generator does not look into.
llvm::Value* hidden(llvm::Instruction& from) {
  if (from.getOpcode() != llvm::Instruction::BitCast || !from.getType()->isFloatingPointTy()) {
    return nullptr;
  }
  const auto* const logic = llvm::dyn_cast<llvm::BinaryOperator>(from.getOperand(0));
  if (logic == nullptr || !logic->isBitwiseLogicOp()) return nullptr;
  const bool wide = from.getType()->isDoubleTy();
  auto* const type = llvm::FunctionType::get(from.getType(), {logic->getType()}, false);
  llvm::InlineAsm* const move = llvm::InlineAsm::get(
      type, wide ? "mov.b64 $0, $1;" : "mov.b32 $0, $1;", wide ? "=d,l" : "=f,r", false);
  llvm::IRBuilder<> builder(&from);
  llvm::CallInst* const call = builder.CreateCall(move, {from.getOperand(0)});
  call->setDoesNotThrow();
  call->setDoesNotAccessMemory();
  return call;
}

bool replace(llvm::Function& function, llvm::Value* (*make)(llvm::Instruction&)) {
  bool changed = false;
  for (llvm::Instruction& each : llvm::make_early_inc_range(llvm::instructions(function))) {
    llvm::Value* const made = make(each);
    if (made == nullptr) continue;
    each.replaceAllUsesWith(made);
    each.eraseFromParent();
    changed = true;
  }
  return changed;
}

}  // namespace

llvm::PreservedAnalyses SignPass::run(llvm::Function& function, llvm::FunctionAnalysisManager&) {
  const bool bits = replace(function, as_bits);
  const bool moves = replace(function, hidden);
  return bits || moves ? llvm::PreservedAnalyses::none() : llvm::PreservedAnalyses::all();
}

}  // namespace rosetta::llvm_engine
