// Each register is a variable on the frame, which LLVM's first pass makes values of. Parameters and
// locals have their own type; a home holds cells, and what was last written to it in the block is
// remembered with its type, so that only what crosses blocks on the operand stack goes through the
// cell's.
#include "engine/llvm/body.h"

#include <cassert>
#include <map>

#include "ir/loops.h"
#include "isa/trap.h"

namespace rosetta::llvm_engine {
namespace {

using ir::BlockId;
using ir::Costs;
using ir::Instruction;
using ir::Op;
using ir::Operand;
using ir::Register;
using native::Context;

class Body {
 public:
  Body(ModuleBuilder& module, std::uint32_t number, llvm::Function* into)
      : module_(module),
        number_(number),
        from_(module.program.functions[number]),
        into_(into),
        context_(into->getArg(static_cast<unsigned>(into->arg_size()) - 1)),
        builder_(module.context),
        entry_(module.context),
        blocks_(from_.blocks.size()),
        variables_(from_.registers),
        known_(from_.registers) {}

  void function(bool top);
  void loop(const native::Start& start);

 private:
  // A value with what is known of its type: a cell, or a value of a language type.
  struct Value {
    llvm::Value* value = nullptr;
    std::optional<Type> type{};
  };
  // What a register was last written with, while a block is written.
  struct Known {
    std::uint32_t epoch = 0;
    Value value{};
  };

  void begin();
  llvm::Value* temporary(Type type);
  llvm::BasicBlock* fresh(const llvm::Twine& name = "") {
    return llvm::BasicBlock::Create(module_.context, name, into_);
  }

  // Registers.
  [[nodiscard]] std::optional<Type> type_of(Register reg) const;
  [[nodiscard]] llvm::Value* variable(Register reg);
  Value read(Register reg);
  Value read(Operand operand);
  llvm::Value* read(Operand operand, Type type) { return as(read(operand), type); }
  llvm::Value* read(Register reg, Type type) { return as(read(reg), type); }
  void write(Register reg, Value value);
  llvm::Value* as(Value value, Type type);
  llvm::Value* as_cell(Value value);
  llvm::Constant* constant(Cell cell, Type type);

  // Code.
  void straight(std::uint32_t begin, std::uint32_t end);
  void instruction(const Instruction& instruction);
  void regular(const Instruction& instruction);
  void select(const Instruction& instruction);
  llvm::CallInst* make_call(const Instruction& instruction, std::uint32_t mine);
  void call(const Instruction& instruction);
  void tail_call(const Instruction& instruction);
  void leave_function(const Instruction& instruction);
  void return_values(const std::vector<llvm::Value*>& values);
  void halt(const Instruction& instruction);
  void jump(const Instruction& instruction);
  void branch(const Instruction& instruction);
  void switch_to(const Instruction& instruction);
  llvm::BasicBlock* edge(BlockId target, bool costs);
  llvm::BasicBlock* block(BlockId target);
  std::vector<llvm::Value*> results(const Instruction& instruction);

  // Limits and traps.
  [[nodiscard]] llvm::Value* place() const;
  void trap_if(llvm::Value* condition, llvm::Value* trap);
  void trap_if(llvm::Value* condition, Trap trap) {
    trap_if(condition, llvm::ConstantInt::get(module_.i64, static_cast<std::uint64_t>(trap)));
  }
  void spend();
  void load_fuel();
  void store_fuel();
  llvm::Value* depth_behind(const ir::Function& callee, std::uint32_t mine);

  // Loops.
  llvm::Value* cell_of(Register reg);
  void write_exits();

  ModuleBuilder& module_;
  std::uint32_t number_;
  const ir::Function& from_;
  llvm::Function* into_;
  llvm::Value* context_;
  llvm::Value* depth_ = nullptr;  // what is left behind this frame, where it counts
  llvm::IRBuilder<> builder_;
  llvm::IRBuilder<> entry_;  // at the end of the block of variables
  std::vector<llvm::BasicBlock*> blocks_;
  std::vector<llvm::AllocaInst*> variables_;
  std::vector<Known> known_;
  std::uint32_t epoch_ = 0;
  llvm::AllocaInst* temporaries_[kTypes] = {};
  llvm::AllocaInst* fuel_ = nullptr;
  std::uint32_t at_ = 0;  // the instruction of the checked function
  BlockId block_ = 0;
  bool top_ = false;

  // Of a loop: its blocks, the interpreter's frame, and the ways out, by the block that they lead
  // to, with the registers that live there.
  std::vector<bool> inside_;
  llvm::Value* frame_ = nullptr;
  std::vector<bool> written_;
  struct Exit {
    llvm::BasicBlock* from;
    Register alive;
  };
  std::map<BlockId, Exit> exits_;
};

void Body::begin() {
  llvm::BasicBlock* const block = fresh("entry");
  entry_.SetInsertPoint(block);
  if (!module_.options.fuel) return;
  fuel_ = entry_.CreateAlloca(module_.i64, nullptr, "fuel");
}

llvm::Value* Body::temporary(Type type) {
  llvm::AllocaInst*& made = temporaries_[static_cast<std::size_t>(type)];
  if (made == nullptr) made = entry_.CreateAlloca(module_.type(type));
  return made;
}

// Registers.

std::optional<Type> Body::type_of(Register reg) const {
  if (reg < from_.params.size()) return from_.params[reg];
  if (reg < from_.first_home()) return from_.locals[reg - from_.params.size()];
  return std::nullopt;
}

llvm::Value* Body::variable(Register reg) {
  llvm::AllocaInst*& made = variables_[reg];
  if (made != nullptr) return made;
  const std::optional<Type> type = type_of(reg);
  made = entry_.CreateAlloca(type ? module_.type(*type) : module_.i64);
  if (frame_ != nullptr) {
    // A loop finds its registers in the interpreter's frame.
    entry_.CreateStore(entry_.CreateLoad(made->getAllocatedType(), cell_of(reg)), made);
  }
  return made;
}

Body::Value Body::read(Register reg) {
  const Known& known = known_[reg];
  if (known.epoch == epoch_) return known.value;
  const std::optional<Type> type = type_of(reg);
  const Value value{builder_.CreateLoad(type ? module_.type(*type) : module_.i64, variable(reg)),
                    type};
  known_[reg] = {epoch_, value};
  return value;
}

Body::Value Body::read(Operand operand) {
  if (!operand.is_constant()) return read(operand.reg());
  return {llvm::ConstantInt::get(module_.i64, from_.constants[operand.index()]), std::nullopt};
}

void Body::write(Register reg, Value value) {
  const std::optional<Type> type = type_of(reg);
  if (type) value = {as(value, *type), type};
  builder_.CreateStore(type ? value.value : as_cell(value), variable(reg));
  known_[reg] = {epoch_, value};
  if (frame_ != nullptr) written_[reg] = true;
}

llvm::Constant* Body::constant(Cell cell, Type type) {
  llvm::Constant* const bits = llvm::ConstantInt::get(
      is_wide(type) ? module_.i64 : llvm::Type::getInt32Ty(module_.context), cell);
  return is_integer(type) ? bits : llvm::ConstantExpr::getBitCast(bits, module_.type(type));
}

llvm::Value* Body::as(Value value, Type type) {
  if (value.type == type) return value.value;
  if (value.type) value = {as_cell(value), std::nullopt};
  if (const auto* const cell = llvm::dyn_cast<llvm::ConstantInt>(value.value)) {
    const std::uint64_t bits = cell->getZExtValue();
    return constant(is_wide(type) ? bits : bits & 0xffff'ffff, type);
  }
  llvm::Value* bits = value.value;
  if (!is_wide(type)) bits = builder_.CreateTrunc(bits, llvm::Type::getInt32Ty(module_.context));
  return is_integer(type) ? bits : builder_.CreateBitCast(bits, module_.type(type));
}

llvm::Value* Body::as_cell(Value value) {
  if (!value.type) return value.value;
  llvm::Value* bits = value.value;
  if (*value.type == Type::F64) return builder_.CreateBitCast(bits, module_.i64);
  if (*value.type == Type::F32) {
    bits = builder_.CreateBitCast(bits, llvm::Type::getInt32Ty(module_.context));
  }
  return builder_.CreateZExt(bits, module_.i64);
}

// Limits and traps.

llvm::Value* Body::place() const {
  return llvm::ConstantInt::get(module_.i64, (std::uint64_t{number_} << 32) | at_);
}

void Body::trap_if(llvm::Value* condition, llvm::Value* trap) {
  llvm::BasicBlock* const out = fresh();
  llvm::BasicBlock* const on = fresh();
  module_.unlikely(builder_, condition, out, on);
  builder_.SetInsertPoint(out);
  builder_.CreateCall(module_.trap(), {trap, place(), context_});
  builder_.CreateUnreachable();
  builder_.SetInsertPoint(on);
}

// Fuel lies in a variable of the frame, and in the context while another frame runs.
void Body::load_fuel() {
  if (fuel_ == nullptr) return;
  builder_.CreateStore(
      builder_.CreateLoad(module_.i64, module_.field(builder_, context_, offsetof(Context, fuel))),
      fuel_);
}

void Body::store_fuel() {
  if (fuel_ == nullptr) return;
  builder_.CreateStore(builder_.CreateLoad(module_.i64, fuel_),
                       module_.field(builder_, context_, offsetof(Context, fuel)));
}

void Body::spend() {
  if (fuel_ == nullptr) return;
  llvm::Value* const left = builder_.CreateLoad(module_.i64, fuel_);
  trap_if(builder_.CreateIsNull(left), Trap::OutOfFuel);
  builder_.CreateStore(builder_.CreateSub(left, llvm::ConstantInt::get(module_.i64, 1)), fuel_);
}

// What is left behind a frame of the callee, when `mine` comes back for it; traps where there is
// not enough.
llvm::Value* Body::depth_behind(const ir::Function& callee, std::uint32_t mine) {
  llvm::Value* left = depth_;
  if (mine > 0) left = builder_.CreateAdd(left, llvm::ConstantInt::get(module_.i64, mine));
  llvm::Value* const weight = llvm::ConstantInt::get(module_.i64, callee.weight);
  if (callee.weight > mine) {
    trap_if(builder_.CreateICmpULT(left, weight), Trap::CallDepthExceeded);
  }
  return builder_.CreateSub(left, weight);
}

// Code.

void Body::regular(const Instruction& from) {
  const OpcodeInfo& row = info(from.opcode);
  std::vector<llvm::Value*> operands{read(from.a, row.operand_type)};
  if (row.arity == 2) operands.push_back(read(from.b, row.operand_type));
  llvm::Type* result = module_.type(row.result_type);
  if (row.traps) {
    operands.push_back(temporary(row.result_type));
    result = llvm::Type::getInt32Ty(module_.context);
  }
  std::vector<llvm::Type*> types;
  for (llvm::Value* const operand : operands) types.push_back(operand->getType());
  llvm::Value* value = builder_.CreateCall(
      module_.meaning(from.opcode, llvm::FunctionType::get(result, types, false)), operands);
  if (row.traps) {
    trap_if(builder_.CreateIsNotNull(value), builder_.CreateZExt(value, module_.i64));
    value = builder_.CreateLoad(module_.type(row.result_type), operands.back());
  }
  write(from.dst, {value, row.result_type});
}

void Body::select(const Instruction& from) {
  llvm::Value* const condition = builder_.CreateIsNotNull(as_cell(read(from.c)));
  Value a = read(from.a);
  Value b = read(from.b);
  // A constant takes the other's type.
  const std::optional<Type> type = from.a.is_constant() ? b.type : a.type;
  const bool same = a.type == b.type || from.a.is_constant() || from.b.is_constant();
  if (same && type) {
    write(from.dst, {builder_.CreateSelect(condition, as(a, *type), as(b, *type)), type});
  } else {
    write(from.dst, {builder_.CreateSelect(condition, as_cell(a), as_cell(b)), std::nullopt});
  }
}

// `mine` is what the frame gives back for the callee's.
llvm::CallInst* Body::make_call(const Instruction& from, std::uint32_t mine) {
  const ir::Function& callee = module_.program.functions[from.target];
  spend();
  std::vector<llvm::Value*> arguments;
  if (ModuleBuilder::counts(callee)) arguments.push_back(depth_behind(callee, mine));
  for (std::size_t i = 0; i < callee.params.size(); ++i) {
    arguments.push_back(read(from.dst + static_cast<Register>(i), callee.params[i]));
  }
  store_fuel();
  return module_.call(builder_, module_.function(from.target), arguments, context_);
}

void Body::call(const Instruction& from) {
  const std::vector<Type>& types = module_.program.functions[from.target].results;
  llvm::CallInst* const call = make_call(from, 0);
  load_fuel();
  const std::vector<llvm::Value*> values = module_.results_of(builder_, call, types, context_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    write(from.dst + static_cast<Register>(i), {values[i], types[i]});
  }
}

void Body::tail_call(const Instruction& from) {
  llvm::CallInst* const call = make_call(from, from_.weight);
  if (module_.pays_for_less(number_, from.target)) call->setIsNoInline();
  if (frame_ != nullptr) {
    load_fuel();
    return return_values(module_.results_of(builder_, call, from_.results, context_));
  }
  if (module_.takes_place(number_, from.target) && !top_) {
    call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  }
  if (call->getType()->isVoidTy()) {
    builder_.CreateRetVoid();
  } else {
    builder_.CreateRet(call);
  }
}

// The results on top; those beyond what registers take go into the context.
std::vector<llvm::Value*> Body::results(const Instruction& from) {
  const std::size_t count = from_.results.size();
  std::vector<llvm::Value*> values;
  for (std::size_t i = 0; i < count; ++i) {
    const Type type = from_.results[i];
    values.push_back(count == 1 ? read(from.a, type)
                                : read(from.dst + static_cast<Register>(i), type));
  }
  return values;
}

void Body::leave_function(const Instruction& from) { return_values(results(from)); }

void Body::return_values(const std::vector<llvm::Value*>& values) {
  store_fuel();
  if (frame_ != nullptr) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Value value{values[i], from_.results[i]};
      builder_.CreateStore(as_cell(value),
                           builder_.CreateConstInBoundsGEP1_64(module_.i64, frame_, i));
    }
    builder_.CreateRet(llvm::ConstantInt::get(module_.i64, native::kReturned));
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
    llvm::Value* const more = builder_.CreateLoad(
        module_.pointer, module_.field(builder_, context_, offsetof(Context, results)));
    for (std::size_t i = native::kInRegisters; i < values.size(); ++i) {
      builder_.CreateStore(values[i], builder_.CreateConstInBoundsGEP1_64(module_.i64, more, i));
    }
  }
  llvm::Value* pair = llvm::PoisonValue::get(into_->getReturnType());
  pair = builder_.CreateInsertValue(pair, values[0], {0});
  pair = builder_.CreateInsertValue(pair, values[1], {1});
  builder_.CreateRet(pair);
}

void Body::halt(const Instruction& from) {
  if (top_) return leave_function(from);
  const std::vector<llvm::Value*> values = results(from);
  llvm::Value* const all = builder_.CreateLoad(
      module_.pointer, module_.field(builder_, context_, offsetof(Context, results)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value value{values[i], from_.results[i]};
    builder_.CreateStore(as_cell(value), builder_.CreateConstInBoundsGEP1_64(module_.i64, all, i));
  }
  builder_.CreateStore(llvm::ConstantInt::get(module_.i64, native::kHalted),
                       module_.field(builder_, context_, offsetof(Context, ending)));
  module_.call_out(builder_, context_, offsetof(Context, leave), {})->setDoesNotReturn();
  builder_.CreateUnreachable();
}

llvm::BasicBlock* Body::block(BlockId target) {
  if (inside_.empty() || inside_[target]) {
    if (blocks_[target] == nullptr) blocks_[target] = fresh();
    return blocks_[target];
  }
  const auto [found, is_new] = exits_.try_emplace(target, Exit{nullptr, 0});
  if (is_new) found->second = {fresh(), from_.alive_behind(block_)};
  return found->second.from;
}

// Where an edge leads first: to what it costs.
llvm::BasicBlock* Body::edge(BlockId target, bool costs) {
  llvm::BasicBlock* const to = block(target);
  if (!costs || fuel_ == nullptr) return to;
  const llvm::IRBuilderBase::InsertPointGuard guard(builder_);
  llvm::BasicBlock* const on_the_way = fresh();
  builder_.SetInsertPoint(on_the_way);
  spend();
  builder_.CreateBr(to);
  return on_the_way;
}

void Body::jump(const Instruction& from) {
  builder_.CreateBr(edge(from.target, from.costs == Costs::Target));
}

void Body::branch(const Instruction& from) {
  llvm::Value* const condition = builder_.CreateIsNotNull(as_cell(read(from.a)));
  llvm::BasicBlock* const on = edge(from.target, from.costs == Costs::Target);
  llvm::BasicBlock* const off = edge(from.other, from.costs == Costs::Other);
  builder_.CreateCondBr(condition, on, off);
}

void Body::switch_to(const Instruction& from) {
  llvm::Value* const index = as_cell(read(from.a));
  const auto target = [&](std::uint32_t i) {
    const ir::SwitchTarget& to = from_.targets[from.target + i];
    return edge(to.block, to.costs);
  };
  llvm::SwitchInst* const made = builder_.CreateSwitch(index, target(from.other), from.other);
  for (std::uint32_t i = 0; i < from.other; ++i) {
    made->addCase(llvm::ConstantInt::get(module_.i64, i), target(i));
  }
}

void Body::instruction(const Instruction& from) {
  switch (from.op) {
    case Op::Regular: return regular(from);
    case Op::Copy: return write(from.dst, read(from.a));
    case Op::Swap: {
      const Value a = read(from.a.reg());
      const Value b = read(from.dst);
      write(from.dst, a);
      return write(from.a.reg(), b);
    }
    case Op::Select: return select(from);
    case Op::CanonF32:
    case Op::CanonF64: {
      const Type type = from.op == Op::CanonF32 ? Type::F32 : Type::F64;
      llvm::Type* const made = module_.type(type);
      llvm::Function* const canon =
          module_.meaning(type == Type::F32 ? "rv_f32_canon" : "rv_f64_canon",
                          llvm::FunctionType::get(made, {made}, false));
      return write(from.dst, {builder_.CreateCall(canon, {read(from.a, type)}), type});
    }
    case Op::Print: {
      const Type type = info(from.opcode).operand_type;
      llvm::Value* const kind =
          llvm::ConstantInt::get(module_.i64, static_cast<std::uint64_t>(type));
      module_.call_out(builder_, context_, offsetof(Context, print),
                       {as_cell({read(from.a, type), type}), kind});
      return;
    }
    case Op::PrintText:
      module_.call_out(builder_, context_, offsetof(Context, print_text),
                       {llvm::ConstantInt::get(module_.i64, number_),
                        llvm::ConstantInt::get(module_.i64, from.target)});
      return;
    case Op::Call: return call(from);
    case Op::Jump: return jump(from);
    case Op::Branch: return branch(from);
    case Op::Switch: return switch_to(from);
    case Op::TailCall: return tail_call(from);
    case Op::Ret: return leave_function(from);
    case Op::Halt: return halt(from);
    case Op::Trap: {
      builder_.CreateCall(
          module_.trap(),
          {llvm::ConstantInt::get(module_.i64, static_cast<std::uint64_t>(Trap::Unreachable)),
           place(), context_});
      builder_.CreateUnreachable();
      return;
    }
  }
}

void Body::straight(std::uint32_t begin, std::uint32_t end) {
  ++epoch_;
  for (std::uint32_t at = begin; at < end; ++at) {
    at_ = from_.code[at].origin;
    module_.locate(builder_, into_, number_, at_);
    instruction(from_.code[at]);
  }
}

void Body::function(bool top) {
  top_ = top;
  begin();
  unsigned next = 0;
  if (ModuleBuilder::counts(from_)) depth_ = into_->getArg(next++);
  for (Register reg = 0; reg < from_.params.size(); ++reg) {
    entry_.CreateStore(into_->getArg(next++), variable(reg));
  }
  llvm::BasicBlock* const first = fresh();
  builder_.SetInsertPoint(first);
  load_fuel();
  builder_.CreateBr(block(0));
  for (block_ = 0; block_ < from_.blocks.size(); ++block_) {
    builder_.SetInsertPoint(block(block_));
    straight(from_.blocks[block_].begin, from_.end(block_));
  }
  entry_.CreateBr(first);
}

// Loops.

// A register in the interpreter's frame: behind the parameters it has its link.
llvm::Value* Body::cell_of(Register reg) {
  const std::uint64_t slot = reg < from_.params.size() ? reg : reg + 1;
  return entry_.CreateConstInBoundsGEP1_64(module_.i64, frame_, slot);
}

void Body::write_exits() {
  for (const auto& [target, exit] : exits_) {
    builder_.SetInsertPoint(exit.from);
    ++epoch_;
    for (Register reg = 0; reg < exit.alive; ++reg) {
      if (!written_[reg]) continue;
      builder_.CreateStore(as_cell(read(reg)), cell_of(reg));
    }
    store_fuel();
    builder_.CreateRet(llvm::ConstantInt::get(module_.i64, target));
  }
}

void Body::loop(const native::Start& start) {
  begin();
  frame_ = into_->getArg(0);
  depth_ = into_->getArg(1);
  inside_ = start.outermost ? ir::reachable_blocks(from_, start.loop)
                            : ir::loop_blocks(from_, start.loop);
  written_.resize(from_.registers);
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
    choice->addCase(llvm::ConstantInt::get(module_.i64, from), builder_.GetInsertBlock());
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

void write_body(ModuleBuilder& module, std::uint32_t number, llvm::Function* into, bool top) {
  if (module.program.functions[number].code.size() > module.options.most_optimised) {
    into->addFnAttr(llvm::Attribute::OptimizeNone);
    into->addFnAttr(llvm::Attribute::NoInline);
  }
  Body(module, number, into).function(top);
}

void write_loop(ModuleBuilder& module, const native::Start& start, llvm::Function* into) {
  Body(module, start.function, into).loop(start);
}

}  // namespace rosetta::llvm_engine
