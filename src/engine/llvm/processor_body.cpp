// A call is an ordinary one, behind which nothing is checked: a task that ends leaves by a jump.
#include "engine/llvm/processor_body.h"

#include <cassert>
#include <map>

#include "engine/llvm/body.h"
#include "ir/loops.h"

namespace rosetta::llvm_engine {
namespace {

using ir::BlockId;
using ir::Instruction;
using ir::Register;
using native::Context;

class ProcessorBody final : public Body {
 public:
  ProcessorBody(ProcessorModule& module, std::uint32_t number, llvm::Function* into, bool top)
      : Body(module, number, into), processor_(module), is_top_(top) {}

  void write_loop(const native::Start& start);

 private:
  Values call_function(std::uint32_t number, Values arguments) override;
  void tail_call(const Instruction& from) override;
  void return_values(const Values& values) override;
  void halt(const Values& values) override;
  void trap(llvm::Value* trap) override;
  void print(llvm::Value* cell, Type type) override;
  void print_text(std::uint32_t text) override;
  llvm::Value* fuel_in_context() override { return field(offsetof(Context, fuel)); }
  llvm::Value* distance(std::int64_t count) override {
    return word(static_cast<std::uint64_t>(count));
  }
  // A stack has the cells that the call depth can need.
  llvm::Value* push(std::uint32_t count) override { return moved(top(), count); }
  llvm::BasicBlock* block(BlockId target) override;

  llvm::Value* field(std::size_t offset) { return processor_.field(builder_, context_, offset); }
  void store_cells(llvm::Value* to, const Values& values, const std::vector<Type>& types);
  void write_exits();

  ProcessorModule& processor_;
  bool is_top_;

  // Of a loop: its blocks, the interpreter's frame, and the ways out, by the block that they lead
  // to, with the registers that live there.
  std::vector<bool> inside_;
  llvm::Value* frame_ = nullptr;
  struct Exit {
    llvm::BasicBlock* from;
    Register alive;
  };
  std::map<BlockId, Exit> exits_;
};

Body::Values ProcessorBody::call_function(std::uint32_t number, Values arguments) {
  llvm::CallInst* const call =
      processor_.call(builder_, processor_.function(number), std::move(arguments), context_);
  return processor_.results_of(builder_, call, module_.program.functions[number].results, context_);
}

void ProcessorBody::tail_call(const Instruction& from) {
  const Values values = paid_arguments(from, from_.weight);
  store_fuel();
  llvm::CallInst* const call =
      processor_.call(builder_, processor_.function(from.target), values, context_);
  if (processor_.pays_for_less(number_, from.target)) call->setIsNoInline();
  if (frame_ != nullptr) {
    return return_values(processor_.results_of(builder_, call, from_.results, context_));
  }
  if (processor_.takes_place(number_, from.target) && !is_top_) {
    call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  }
  if (call->getType()->isVoidTy()) {
    builder_.CreateRetVoid();
  } else {
    builder_.CreateRet(call);
  }
}

void ProcessorBody::store_cells(llvm::Value* to, const Values& values,
                                const std::vector<Type>& types) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    builder_.CreateStore(registers_.as_cell({values[i], types[i]}),
                         builder_.CreateConstInBoundsGEP1_64(module_.i64, to, i));
  }
}

// Results beyond what registers take go into the context.
void ProcessorBody::return_values(const Values& values) {
  if (frame_ != nullptr) {
    store_cells(frame_, values, from_.results);
    builder_.CreateRet(word(native::kReturned));
    return;
  }
  if (values.empty()) {
    builder_.CreateRetVoid();
    return;
  }
  if (values.size() == 1) {
    builder_.CreateRet(values[0]);
    return;
  }
  if (values.size() > native::kInRegisters) {
    llvm::Value* const more =
        builder_.CreateLoad(module_.pointer, field(offsetof(Context, results)));
    for (std::size_t i = native::kInRegisters; i < values.size(); ++i) {
      builder_.CreateStore(values[i], builder_.CreateConstInBoundsGEP1_64(module_.i64, more, i));
    }
  }
  llvm::Value* pair = llvm::PoisonValue::get(into_->getReturnType());
  pair = builder_.CreateInsertValue(pair, values[0], {0});
  pair = builder_.CreateInsertValue(pair, values[1], {1});
  builder_.CreateRet(pair);
}

void ProcessorBody::halt(const Values& values) {
  if (is_top_) {
    store_fuel();
    return return_values(values);
  }
  store_cells(builder_.CreateLoad(module_.pointer, field(offsetof(Context, results))), values,
              module_.program.entry().results);
  builder_.CreateStore(word(native::kHalted), field(offsetof(Context, ending)));
  processor_.call_out(builder_, context_, offsetof(Context, leave), {})->setDoesNotReturn();
  builder_.CreateUnreachable();
}

void ProcessorBody::trap(llvm::Value* trap) {
  llvm::Value* const place = word((std::uint64_t{number_} << 32) | at_);
  builder_.CreateCall(processor_.trap(), {trap, place, context_});
  builder_.CreateUnreachable();
}

void ProcessorBody::print(llvm::Value* cell, Type type) {
  processor_.call_out(builder_, context_, offsetof(Context, print),
                      {cell, word(static_cast<std::uint64_t>(type))});
}

void ProcessorBody::print_text(std::uint32_t text) {
  processor_.call_out(builder_, context_, offsetof(Context, print_text),
                      {word(number_), word(text)});
}

// Loops.

llvm::BasicBlock* ProcessorBody::block(BlockId target) {
  if (inside_.empty() || inside_[target]) return Body::block(target);
  const auto [found, is_new] = exits_.try_emplace(target, Exit{nullptr, 0});
  if (is_new) found->second = {fresh(), from_.alive_behind(block_)};
  return found->second.from;
}

void ProcessorBody::write_exits() {
  for (const auto& [target, exit] : exits_) {
    builder_.SetInsertPoint(exit.from);
    registers_.begin_block();
    registers_.store_written(exit.alive);
    store_fuel();
    builder_.CreateRet(word(target));
  }
}

void ProcessorBody::write_loop(const native::Start& start) {
  assert(!from_.machine);  // the interpreter has its own stack
  begin();
  frame_ = into_->getArg(0);
  registers_.lie_in(frame_);
  depth_ = into_->getArg(1);
  inside_ = start.outermost ? ir::reachable_blocks(from_, start.loop)
                            : ir::loop_blocks(from_, start.loop);
  llvm::BasicBlock* const first = fresh();
  llvm::BasicBlock* const nowhere = fresh();
  builder_.SetInsertPoint(first);
  load_fuel();
  llvm::SwitchInst* const choice = builder_.CreateSwitch(into_->getArg(2), nowhere);
  builder_.SetInsertPoint(nowhere);
  builder_.CreateUnreachable();
  for (const std::uint32_t from : start.from) {
    block_ = ir::block_of(from_, from);
    builder_.SetInsertPoint(fresh());
    choice->addCase(word(from), builder_.GetInsertBlock());
    straight(from, from_.end(block_));
  }
  for (block_ = 0; block_ < from_.blocks.size(); ++block_) {
    if (!inside_[block_]) continue;
    builder_.SetInsertPoint(block(block_));
    straight(from_.blocks[block_].begin, from_.end(block_));
  }
  write_exits();
  entry_.CreateBr(first);
}

}  // namespace

void write_body(ProcessorModule& module, std::uint32_t number, llvm::Function* into, bool top) {
  ProcessorBody(module, number, into, top).write();
}

void write_loop(ProcessorModule& module, const native::Start& start, llvm::Function* into) {
  ProcessorBody(module, start.function, into, false).write_loop(start);
}

}  // namespace rosetta::llvm_engine
