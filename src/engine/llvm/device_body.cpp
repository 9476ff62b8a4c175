// A function returns with a status, whatever ends it; behind a call a status that is not 0 is
// handed on.
#include "engine/llvm/device_body.h"

#include "engine/kernel.h"
#include "engine/llvm/body.h"
#include "engine/native/context.h"

namespace rosetta::llvm_engine {
namespace {

using Field = DeviceModule::Field;

class DeviceBody final : public Body {
 public:
  DeviceBody(DeviceModule& module, std::uint32_t number, llvm::Function* into)
      : Body(module, number, into), device_(module) {}

 private:
  Values call_function(std::uint32_t number, Values arguments) override;
  void tail_call(const ir::Instruction& from) override;
  void return_values(const Values& values) override;
  void halt(const Values& values) override;
  void trap(llvm::Value* trap) override { end(builder_.CreateTrunc(trap, device_.i32)); }
  // Devices do not print.
  void print(llvm::Value*, Type) override {}
  void print_text(std::uint32_t) override {}
  llvm::Value* fuel_in_context() override { return device_.field(builder_, context_, Field::Fuel); }
  llvm::Value* distance(std::int64_t count) override;
  llvm::Value* push(std::uint32_t count) override;

  // Returns with nothing but a status.
  void end(llvm::Value* status);

  DeviceModule& device_;
};

void DeviceBody::end(llvm::Value* status) {
  llvm::Value* const nothing = llvm::PoisonValue::get(into_->getReturnType());
  builder_.CreateRet(builder_.CreateInsertValue(nothing, status, {0}));
}

Body::Values DeviceBody::call_function(std::uint32_t number, Values arguments) {
  arguments.push_back(context_);
  llvm::CallInst* const call = builder_.CreateCall(device_.function(number), arguments);
  llvm::Value* const status = builder_.CreateExtractValue(call, {0});
  llvm::BasicBlock* const out = fresh();
  llvm::BasicBlock* const on = fresh();
  device_.unlikely(builder_, builder_.CreateIsNotNull(status), out, on);
  builder_.SetInsertPoint(out);
  end(status);
  builder_.SetInsertPoint(on);
  Values values;
  for (unsigned i = 0; i < device_.program.functions[number].results.size(); ++i) {
    values.push_back(builder_.CreateExtractValue(call, {i + 1}));
  }
  return values;
}

// Without recursion there are few frames: the caller's may stay.
void DeviceBody::tail_call(const ir::Instruction& from) {
  const Values values = paid_arguments(from, from_.weight);
  store_fuel();
  return_values(call_function(from.target, values));
}

void DeviceBody::return_values(const Values& values) {
  llvm::Value* made = llvm::PoisonValue::get(into_->getReturnType());
  made = builder_.CreateInsertValue(made, llvm::ConstantInt::get(device_.i32, 0), {0});
  for (unsigned i = 0; i < values.size(); ++i) {
    made = builder_.CreateInsertValue(made, values[i], {i + 1});
  }
  builder_.CreateRet(made);
}

void DeviceBody::halt(const Values& values) {
  llvm::Value* const to = device_.field(builder_, context_, Field::Results);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value value{values[i], device_.program.entry().results[i]};
    builder_.CreateStore(registers_.as_cell(value),
                         builder_.CreateConstInBoundsGEP1_64(device_.i64, to, i));
  }
  end(llvm::ConstantInt::get(device_.i32, native::kHalted));
}

// Stacks of neighbouring lanes lie side by side.
llvm::Value* DeviceBody::distance(std::int64_t count) {
  return builder_.CreateMul(device_.load(builder_, context_, Field::Lanes),
                            word(static_cast<std::uint64_t>(count)));
}

llvm::Value* DeviceBody::push(std::uint32_t count) {
  llvm::Value* const above = moved(top(), count);
  trap_if(builder_.CreateICmpUGT(above, device_.load(builder_, context_, Field::End)),
          word(gpu::kNoStack));
  return above;
}

}  // namespace

void write_body(DeviceModule& module, std::uint32_t number, llvm::Function* into) {
  DeviceBody(module, number, into).write();
}

}  // namespace rosetta::llvm_engine
