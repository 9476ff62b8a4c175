#include "engine/llvm/body.h"

namespace rosetta::llvm_engine {

using ir::BlockId;
using ir::Costs;
using ir::Instruction;
using ir::Op;
using ir::Register;

Body::Body(ModuleBuilder& module, std::uint32_t number, llvm::Function* into)
    : module_(module),
      number_(number),
      from_(module.program.functions[number]),
      into_(into),
      context_(into->getArg(static_cast<unsigned>(into->arg_size()) - 1)),
      builder_(module.context),
      entry_(module.context),
      registers_(module, from_, builder_, entry_),
      blocks_(from_.blocks.size()) {}

void Body::begin() {
  llvm::BasicBlock* const block = fresh("entry");
  entry_.SetInsertPoint(block);
  if (!module_.options.fuel) return;
  fuel_ = entry_.CreateAlloca(module_.i64, nullptr, "fuel");
}

void Body::write() {
  if (from_.code.size() > module_.options.most_optimised) {
    into_->addFnAttr(llvm::Attribute::OptimizeNone);
    into_->addFnAttr(llvm::Attribute::NoInline);
  }
  begin();
  unsigned next = 0;
  if (ModuleBuilder::counts(from_)) {
    depth_ = into_->getArg(next++);
    if (module_.has_stacks()) top_ = into_->getArg(next++);
  }
  if (from_.machine) {
    make_variable(depth_);
    make_variable(top_);
  }
  for (Register reg = 0; reg < from_.params.size(); ++reg) {
    registers_.begin_with(reg, into_->getArg(next++));
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

// Limits and traps.

void Body::trap_if(llvm::Value* condition, llvm::Value* with) {
  llvm::BasicBlock* const out = fresh();
  llvm::BasicBlock* const on = fresh();
  module_.unlikely(builder_, condition, out, on);
  builder_.SetInsertPoint(out);
  trap(with);
  builder_.SetInsertPoint(on);
}

void Body::trap_if(llvm::Value* condition, Trap with) {
  trap_if(condition, word(static_cast<std::uint64_t>(with)));
}

// Fuel lies in a variable of the frame, and in the context while another frame runs.
void Body::load_fuel() {
  if (fuel_ == nullptr) return;
  builder_.CreateStore(builder_.CreateLoad(module_.i64, fuel_in_context()), fuel_);
}

void Body::store_fuel() {
  if (fuel_ == nullptr) return;
  llvm::Value* const left = builder_.CreateLoad(module_.i64, fuel_);
  builder_.CreateStore(left, fuel_in_context());
}

void Body::spend() {
  if (fuel_ == nullptr) return;
  llvm::Value* const left = builder_.CreateLoad(module_.i64, fuel_);
  trap_if(builder_.CreateIsNull(left), Trap::OutOfFuel);
  builder_.CreateStore(builder_.CreateSub(left, word(1)), fuel_);
}

void Body::make_variable(llvm::Value*& value) {
  llvm::AllocaInst* const variable = entry_.CreateAlloca(value->getType());
  entry_.CreateStore(value, variable);
  value = variable;
}

llvm::Value* Body::at_hand(llvm::Value* value) {
  if (!from_.machine) return value;
  return builder_.CreateLoad(llvm::cast<llvm::AllocaInst>(value)->getAllocatedType(), value);
}

// What is left of the call depth behind a frame that takes so much, when so much is given back for
// it; traps where there is not enough.
llvm::Value* Body::depth_behind(std::uint32_t takes, std::uint32_t gives) {
  llvm::Value* left = at_hand(depth_);
  if (gives > 0) left = builder_.CreateAdd(left, word(gives));
  if (takes > gives) {
    trap_if(builder_.CreateICmpULT(left, word(takes)), Trap::CallDepthExceeded);
  }
  return builder_.CreateSub(left, word(takes));
}

// Stacks.

llvm::Value* Body::moved(llvm::Value* top, std::int64_t count) {
  return builder_.CreateGEP(module_.i64, top, {distance(count)});
}

llvm::Value* Body::cell(std::uint32_t below) { return moved(top(), -1 - std::int64_t{below}); }

// Code.

void Body::regular(const Instruction& from) {
  const OpcodeInfo& row = info(from.opcode);
  std::vector<llvm::Value*> operands{registers_.read(from.a, row.operand_type)};
  if (row.arity == 2) operands.push_back(registers_.read(from.b, row.operand_type));
  llvm::Type* result = module_.type(row.result_type);
  if (row.traps) {
    operands.push_back(registers_.temporary(row.result_type));
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
  registers_.write(from.dst, {value, row.result_type});
}

void Body::select(const Instruction& from) {
  llvm::Value* const condition =
      builder_.CreateIsNotNull(registers_.as_cell(registers_.read(from.c)));
  Value a = registers_.read(from.a);
  Value b = registers_.read(from.b);
  // A constant takes the other's type.
  const std::optional<Type> type = from.a.is_constant() ? b.type : a.type;
  const bool same = a.type == b.type || from.a.is_constant() || from.b.is_constant();
  if (same && type) {
    registers_.write(
        from.dst,
        {builder_.CreateSelect(condition, registers_.as(a, *type), registers_.as(b, *type)), type});
  } else {
    registers_.write(
        from.dst, {builder_.CreateSelect(condition, registers_.as_cell(a), registers_.as_cell(b)),
                   std::nullopt});
  }
}

Body::Values Body::arguments(const Instruction& from, llvm::Value* depth) {
  const ir::Function& callee = module_.program.functions[from.target];
  Values values;
  if (ModuleBuilder::counts(callee)) {
    values.push_back(depth);
    if (module_.has_stacks()) values.push_back(top());
  }
  for (std::size_t i = 0; i < callee.params.size(); ++i) {
    values.push_back(registers_.read(from.dst + static_cast<Register>(i), callee.params[i]));
  }
  return values;
}

Body::Values Body::paid_arguments(const Instruction& from, std::uint32_t mine) {
  const ir::Function& callee = module_.program.functions[from.target];
  spend();
  return arguments(from,
                   ModuleBuilder::counts(callee) ? depth_behind(callee.weight, mine) : nullptr);
}

void Body::call(const Instruction& from, const Values& arguments) {
  store_fuel();
  const Values values = call_function(from.target, arguments);
  load_fuel();
  const std::vector<Type>& types = module_.program.functions[from.target].results;
  for (std::size_t i = 0; i < values.size(); ++i) {
    registers_.write(from.dst + static_cast<Register>(i), {values[i], types[i]});
  }
}

// The results on top.
Body::Values Body::results(const Instruction& from, const std::vector<Type>& types) {
  Values values;
  for (const Type type : types) {
    const auto reg = from.dst + static_cast<Register>(values.size());
    values.push_back(types.size() == 1 ? registers_.read(from.a, type)
                                       : registers_.read(reg, type));
  }
  return values;
}

llvm::BasicBlock* Body::block(BlockId target) {
  if (blocks_[target] == nullptr) blocks_[target] = fresh();
  return blocks_[target];
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
  llvm::Value* const condition =
      builder_.CreateIsNotNull(registers_.as_cell(registers_.read(from.a)));
  llvm::BasicBlock* const on = edge(from.target, from.costs == Costs::Target);
  llvm::BasicBlock* const off = edge(from.other, from.costs == Costs::Other);
  builder_.CreateCondBr(condition, on, off);
}

void Body::switch_to(const Instruction& from) {
  llvm::Value* const index = registers_.as_cell(registers_.read(from.a));
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
    case Op::Copy: return registers_.write(from.dst, registers_.read(from.a));
    case Op::Swap: {
      const Value a = registers_.read(from.a.reg());
      const Value b = registers_.read(from.dst);
      registers_.write(from.dst, a);
      return registers_.write(from.a.reg(), b);
    }
    case Op::Select: return select(from);
    case Op::CanonF32:
    case Op::CanonF64: {
      const Type type = from.op == Op::CanonF32 ? Type::F32 : Type::F64;
      llvm::Type* const made = module_.type(type);
      llvm::Function* const canon =
          module_.meaning(type == Type::F32 ? "rv_f32_canon" : "rv_f64_canon",
                          llvm::FunctionType::get(made, {made}, false));
      return registers_.write(from.dst,
                              {builder_.CreateCall(canon, {registers_.read(from.a, type)}), type});
    }
    case Op::Print: {
      const Type type = info(from.opcode).operand_type;
      return print(registers_.as_cell({registers_.read(from.a, type), type}), type);
    }
    case Op::PrintText: return print_text(from.target);
    case Op::Call: return call(from, paid_arguments(from, 0));
    case Op::Enter: return call(from, arguments(from, at_hand(depth_)));
    case Op::Charge: spend(); return set(depth_, depth_behind(from.target, from.other));
    case Op::Credit: return set(depth_, builder_.CreateAdd(at_hand(depth_), word(from.target)));
    case Op::Push: return set(top_, push(from.target));
    case Op::Pop: return set(top_, moved(top(), -std::int64_t{from.target}));
    case Op::Save: return set(cell(from.target), registers_.as_cell(registers_.read(from.a)));
    case Op::Restore: {
      llvm::Value* const saved = builder_.CreateLoad(module_.i64, cell(from.target));
      return registers_.write(from.dst, {saved, std::nullopt});
    }
    case Op::Jump: return jump(from);
    case Op::Branch: return branch(from);
    case Op::Switch: return switch_to(from);
    case Op::TailCall: return tail_call(from);
    case Op::Ret: store_fuel(); return return_values(results(from, from_.results));
    case Op::Halt: return halt(results(from, module_.program.entry().results));
    case Op::Trap: return trap(word(static_cast<std::uint64_t>(Trap::Unreachable)));
  }
}

void Body::straight(std::uint32_t begin, std::uint32_t end) {
  registers_.begin_block();
  for (std::uint32_t at = begin; at < end; ++at) {
    at_ = from_.code[at].origin;
    module_.locate(builder_, into_, number_, at_);
    instruction(from_.code[at]);
  }
}

}  // namespace rosetta::llvm_engine
