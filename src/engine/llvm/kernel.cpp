#include "engine/llvm/kernel.h"

#include <llvm/IR/IntrinsicsNVPTX.h>

#include "engine/kernel.h"
#include "engine/llvm/device_body.h"
#include "engine/llvm/emit.h"
#include "engine/native/context.h"
#include "isa/trap.h"

namespace rosetta::llvm_engine {
namespace {

using Field = DeviceModule::Field;

// The kernel's parameters, as engine/kernel.h has them.
enum Parameter : unsigned {
  kCount,
  kFirst,
  kStride,
  kPicks,
  kArguments,
  kResults,
  kStatuses,
  kTotals,
  kArena,
  kCells,
  kDepth,
  kFuel,
  kParameters,
};

class Kernel {
 public:
  explicit Kernel(DeviceModule& module) : module_(module), builder_(module.context) {}

  // As a device starts it.
  void write();
  // As a native::RunLane.
  void write_lane();

 private:
  using Values = std::vector<llvm::Value*>;

  // Lane `lane` of `lanes`, from where the builder is to the function's end.
  void tasks(llvm::Function* in, const Values& parameters, llvm::Value* lane, llvm::Value* lanes);
  void task(llvm::Value* index);
  Values arguments(llvm::Value* index, llvm::Value* task);
  void store(unsigned result, llvm::Value* index, llvm::Value* cell);
  void failed(llvm::Value* status, llvm::Value* index);

  [[nodiscard]] std::vector<llvm::Type*> types() const;
  llvm::ConstantInt* word(std::uint64_t value) {
    return llvm::ConstantInt::get(module_.i64, value);
  }
  llvm::Value* at(Parameter pointer, llvm::Type* type, llvm::Value* index) {
    return builder_.CreateInBoundsGEP(type, parameters_[pointer], {index});
  }
  llvm::Value* wide(llvm::Value* number) { return builder_.CreateZExt(number, module_.i64); }
  llvm::BasicBlock* fresh() { return llvm::BasicBlock::Create(module_.context, "", in_); }
  llvm::Value* special_register(llvm::Intrinsic::ID id) {
    return builder_.CreateIntrinsic(id, {}, {});
  }

  DeviceModule& module_;
  llvm::IRBuilder<> builder_;
  llvm::Function* in_ = nullptr;
  Values parameters_;
  llvm::Value* context_ = nullptr;
  llvm::Value* base_ = nullptr;  // of the lane's stack
};

std::vector<llvm::Type*> Kernel::types() const {
  std::vector<llvm::Type*> types(kParameters, module_.i64);
  types[kCount] = module_.i32;
  for (const Parameter each : {kPicks, kArguments, kResults, kStatuses, kTotals, kArena}) {
    types[each] = module_.global;
  }
  return types;
}

void Kernel::write() {
  auto* const kernel = llvm::Function::Create(
      llvm::FunctionType::get(llvm::Type::getVoidTy(module_.context), types(), false),
      llvm::Function::ExternalLinkage, gpu::kKernelName, module_.module);
  kernel->setCallingConv(llvm::CallingConv::PTX_Kernel);
  kernel->addFnAttr(llvm::Attribute::NoUnwind);
  builder_.SetInsertPoint(llvm::BasicBlock::Create(module_.context, "", kernel));
  llvm::Value* const groups = special_register(llvm::Intrinsic::nvvm_read_ptx_sreg_nctaid_x);
  llvm::Value* const group = special_register(llvm::Intrinsic::nvvm_read_ptx_sreg_ctaid_x);
  llvm::Value* const size = special_register(llvm::Intrinsic::nvvm_read_ptx_sreg_ntid_x);
  llvm::Value* const within = special_register(llvm::Intrinsic::nvvm_read_ptx_sreg_tid_x);
  Values parameters;
  for (llvm::Argument& each : kernel->args()) parameters.push_back(&each);
  tasks(kernel, parameters, builder_.CreateAdd(builder_.CreateMul(group, size), within),
        builder_.CreateMul(groups, size));
}

void Kernel::write_lane() {
  auto* const lane = llvm::Function::Create(
      llvm::FunctionType::get(llvm::Type::getVoidTy(module_.context),
                              {module_.i64, module_.i64, module_.pointer}, false),
      llvm::Function::ExternalLinkage, kStart, module_.module);
  builder_.SetInsertPoint(llvm::BasicBlock::Create(module_.context, "", lane));
  Values parameters;
  for (llvm::Type* const type : types()) {
    llvm::Value* const cell =
        builder_.CreateConstInBoundsGEP1_64(module_.i64, lane->getArg(2), parameters.size());
    parameters.push_back(builder_.CreateLoad(type, cell));
  }
  tasks(lane, parameters, builder_.CreateTrunc(lane->getArg(0), module_.i32),
        builder_.CreateTrunc(lane->getArg(1), module_.i32));
}

// Numbers within a launch have 32 bits, which saves registers; so the last step is not taken.
void Kernel::tasks(llvm::Function* in, const Values& parameters, llvm::Value* lane,
                   llvm::Value* lanes) {
  in_ = in;
  parameters_ = parameters;
  context_ = builder_.CreateAlloca(module_.context_type());
  const auto set = [&](Field field, llvm::Value* value) {
    builder_.CreateStore(value, module_.field(builder_, context_, field));
  };
  llvm::Value* const between = wide(lanes);
  set(Field::Lanes, between);
  base_ = builder_.CreateGEP(module_.i64, parameters_[kArena], {wide(lane)});
  set(Field::End,
      builder_.CreateGEP(module_.i64, base_, {builder_.CreateMul(parameters_[kCells], between)}));
  llvm::BasicBlock* const before = builder_.GetInsertBlock();
  llvm::BasicBlock* const loop = fresh();
  llvm::BasicBlock* const picked = fresh();
  llvm::BasicBlock* const chosen = fresh();
  llvm::BasicBlock* const after = fresh();
  builder_.CreateCondBr(builder_.CreateICmpULT(lane, parameters_[kCount]), loop, after);

  builder_.SetInsertPoint(loop);
  llvm::PHINode* const i = builder_.CreatePHI(module_.i32, 2);
  i->addIncoming(lane, before);
  set(Field::Fuel, parameters_[kFuel]);
  builder_.CreateCondBr(builder_.CreateIsNull(parameters_[kPicks]), chosen, picked);
  builder_.SetInsertPoint(picked);
  llvm::Value* const pick = builder_.CreateLoad(module_.i32, at(kPicks, module_.i32, wide(i)));
  builder_.CreateBr(chosen);
  builder_.SetInsertPoint(chosen);
  llvm::PHINode* const index = builder_.CreatePHI(module_.i32, 2);
  index->addIncoming(i, loop);
  index->addIncoming(pick, picked);
  task(wide(index));
  i->addIncoming(builder_.CreateAdd(i, lanes), builder_.GetInsertBlock());
  llvm::Value* const left = builder_.CreateSub(parameters_[kCount], i);
  builder_.CreateCondBr(builder_.CreateICmpUGT(left, lanes), loop, after);

  builder_.SetInsertPoint(after);
  builder_.CreateRetVoid();
}

// The entry's arguments. Where there is no column, the first cell is read in its place, which is
// always there.
Kernel::Values Kernel::arguments(llvm::Value* index, llvm::Value* task) {
  const std::vector<Type>& types = module_.program.entry().params;
  Values values;
  for (std::uint64_t k = 0; k < types.size(); ++k) {
    const auto head = [&](std::uint64_t i) {
      return builder_.CreateLoad(module_.i64, at(kArguments, module_.i64, word(2 * k + i)));
    };
    llvm::Value* const begin = head(0);
    llvm::Value* const there = builder_.CreateIsNotNull(begin);
    llvm::Value* const where = builder_.CreateSelect(
        there, builder_.CreateAdd(begin, builder_.CreateMul(index, head(1))), word(0));
    llvm::Value* const cell = builder_.CreateSelect(
        there, builder_.CreateLoad(module_.i64, at(kArguments, module_.i64, where)), task);
    llvm::Value* const bits = is_wide(types[k]) ? cell : builder_.CreateTrunc(cell, module_.i32);
    values.push_back(builder_.CreateBitCast(bits, module_.type(types[k])));
  }
  return values;
}

void Kernel::store(unsigned result, llvm::Value* index, llvm::Value* cell) {
  llvm::Value* const where =
      builder_.CreateAdd(builder_.CreateMul(parameters_[kStride], word(result)), index);
  builder_.CreateStore(cell, at(kResults, module_.i64, where));
}

void Kernel::task(llvm::Value* index) {
  const ir::Function& entry = module_.program.entry();
  llvm::BasicBlock* const runs = fresh();
  llvm::BasicBlock* const returned = fresh();
  llvm::BasicBlock* const halted = fresh();
  llvm::BasicBlock* const other = fresh();
  llvm::BasicBlock* const ended = fresh();
  llvm::IntegerType* const i32 = module_.i32;
  const auto status_of = [&](std::uint64_t value) { return llvm::ConstantInt::get(i32, value); };

  Values values = arguments(index, builder_.CreateAdd(parameters_[kFirst], index));
  llvm::BasicBlock* const before = builder_.GetInsertBlock();
  if (entry.weight == 0) {
    builder_.CreateBr(runs);
  } else {
    llvm::Value* const weight = word(entry.weight);
    values.insert(values.begin(), builder_.CreateSub(parameters_[kDepth], weight));
    if (module_.has_stacks()) values.insert(values.begin() + 1, base_);
    module_.unlikely(builder_, builder_.CreateICmpULT(parameters_[kDepth], weight), other, runs);
  }

  builder_.SetInsertPoint(runs);
  values.push_back(context_);
  llvm::CallInst* const outcome = builder_.CreateCall(module_.function(0), values);
  llvm::Value* const status = builder_.CreateExtractValue(outcome, {0});
  llvm::SwitchInst* const how = builder_.CreateSwitch(status, other, 2);
  how->addCase(status_of(0), returned);
  how->addCase(status_of(native::kHalted), halted);

  builder_.SetInsertPoint(returned);
  for (unsigned k = 0; k < entry.results.size(); ++k) {
    llvm::Value* value = builder_.CreateExtractValue(outcome, {k + 1});
    if (!is_wide(entry.results[k])) {
      value = builder_.CreateZExt(builder_.CreateBitCast(value, i32), module_.i64);
    }
    store(k, index, builder_.CreateBitCast(value, module_.i64));
  }
  builder_.CreateBr(ended);

  builder_.SetInsertPoint(halted);
  llvm::Value* const results = module_.field(builder_, context_, Field::Results);
  for (unsigned k = 0; k < entry.results.size(); ++k) {
    llvm::Value* const cell = builder_.CreateConstInBoundsGEP1_64(module_.i64, results, k);
    store(k, index, builder_.CreateLoad(module_.i64, cell));
  }
  builder_.CreateBr(ended);

  builder_.SetInsertPoint(other);
  llvm::PHINode* const why = builder_.CreatePHI(i32, 2);
  if (entry.weight > 0) {
    why->addIncoming(status_of(static_cast<std::uint64_t>(Trap::CallDepthExceeded)), before);
  }
  why->addIncoming(status, runs);
  failed(why, index);
  llvm::BasicBlock* const counted = builder_.GetInsertBlock();
  builder_.CreateBr(ended);

  builder_.SetInsertPoint(ended);
  llvm::IntegerType* const i8 = llvm::Type::getInt8Ty(module_.context);
  llvm::PHINode* const left = builder_.CreatePHI(i32, 3);
  left->addIncoming(status_of(0), returned);
  left->addIncoming(status_of(0), halted);
  left->addIncoming(why, counted);
  builder_.CreateStore(builder_.CreateTrunc(left, i8), at(kStatuses, i8, index));
}

// It is counted, and the least one that trapped is kept.
void Kernel::failed(llvm::Value* status, llvm::Value* index) {
  llvm::IntegerType* const i32 = module_.i32;
  const auto atomic = [&](llvm::AtomicRMWInst::BinOp op, llvm::Value* total, llvm::Value* value) {
    builder_.CreateAtomicRMW(op, at(kTotals, i32, total), value, llvm::MaybeAlign(4),
                             llvm::AtomicOrdering::Monotonic);
  };
  llvm::BasicBlock* const trapped = fresh();
  llvm::BasicBlock* const after = fresh();
  llvm::Value* const no_stack =
      builder_.CreateICmpEQ(status, llvm::ConstantInt::get(i32, gpu::kNoStack));
  llvm::Value* const total = builder_.CreateSelect(no_stack, word(gpu::kTotalNoStack),
                                                   builder_.CreateZExt(status, module_.i64));
  atomic(llvm::AtomicRMWInst::Add, total, llvm::ConstantInt::get(i32, 1));
  builder_.CreateCondBr(no_stack, after, trapped);
  builder_.SetInsertPoint(trapped);
  atomic(llvm::AtomicRMWInst::UMin, word(gpu::kTotalFirst), builder_.CreateTrunc(index, i32));
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
}

// On devices fuel is always counted: nothing else ends a task that does not end by itself.
void emit(llvm::Module& module, const ir::Program& program, native::CompileOptions options,
          void (Kernel::*write)()) {
  options.fuel = true;
  DeviceModule made(module, program, options);
  (Kernel(made).*write)();
  while (const auto number = made.next()) write_body(made, *number, made.function(*number));
}

}  // namespace

void emit_kernel(llvm::Module& module, const ir::Program& program,
                 const native::CompileOptions& options) {
  emit(module, program, options, &Kernel::write);
}

void emit_lane(llvm::Module& module, const ir::Program& program,
               const native::CompileOptions& options) {
  emit(module, program, options, &Kernel::write_lane);
}

}  // namespace rosetta::llvm_engine
