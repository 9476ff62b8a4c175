#include "engine/llvm/emit.h"

#include <algorithm>

#include "engine/llvm/kernel.h"
#include "engine/llvm/processor_body.h"

namespace rosetta::llvm_engine {
namespace {

using native::Context;

llvm::Value* cell_at(ProcessorModule& module, llvm::IRBuilder<>& builder, llvm::Value* cells,
                     std::uint64_t index) {
  return builder.CreateConstInBoundsGEP1_64(module.i64, cells, index);
}

llvm::Value* stack(ProcessorModule& module, llvm::IRBuilder<>& builder, llvm::Value* context) {
  return builder.CreateLoad(module.pointer,
                            module.field(builder, context, offsetof(Context, cells)));
}

std::vector<llvm::Value*> call(ProcessorModule& module, llvm::IRBuilder<>& builder,
                               llvm::Function* target, const ir::Function& function,
                               llvm::Value* depth, std::vector<llvm::Value*> values,
                               llvm::Value* context) {
  if (ProcessorModule::counts(function)) {
    if (module.has_stacks()) values.insert(values.begin(), stack(module, builder, context));
    values.insert(values.begin(), depth);
  }
  llvm::CallInst* const call = module.call(builder, target, std::move(values), context);
  return module.results_of(builder, call, function.results, context);
}

// A cell is written whole: narrow values with an upper half of zero.
void store_cell(ProcessorModule& module, llvm::IRBuilder<>& builder, llvm::Value* value, Type type,
                llvm::Value* to) {
  if (!is_wide(type)) {
    value = builder.CreateBitCast(value, llvm::Type::getInt32Ty(module.context));
    value = builder.CreateZExt(value, module.i64);
  }
  builder.CreateStore(value, to);
}

bool halts(const ir::Function& function) {
  return std::ranges::any_of(function.code,
                             [](const auto& each) { return each.op == ir::Op::Halt; });
}

// native::RunTasks.
void write_tasks(ProcessorModule& module) {
  llvm::PointerType* const pointer = module.pointer;
  llvm::Function* const start = module.start(kStart, llvm::Type::getVoidTy(module.context),
                                             {module.i64, module.i64, pointer, pointer, pointer});
  const ir::Function& entry = module.program.entry();
  // A halt of the entry's own frame is but a return.
  llvm::Function* target = module.function(0);
  if (halts(entry)) {
    llvm::Function* const top =
        llvm::Function::Create(target->getFunctionType(), llvm::Function::InternalLinkage,
                               target->getName() + ".top", module.module);
    top->copyAttributesFrom(target);
    top->setCallingConv(llvm::CallingConv::C);
    // It is there once, and no tail call takes its place.
    top->addFnAttr(kWeight, "0");
    top->setSubprogram(target->getSubprogram() == nullptr ? nullptr : module.subprogram(0));
    write_body(module, 0, top, true);
    target = top;
  }
  llvm::Value* const context = start->getArg(5);
  llvm::BasicBlock* const before = llvm::BasicBlock::Create(module.context, "", start);
  llvm::BasicBlock* const loop = llvm::BasicBlock::Create(module.context, "", start);
  llvm::BasicBlock* const after = llvm::BasicBlock::Create(module.context, "", start);
  llvm::IRBuilder<> builder(before);
  const auto columns = [&](unsigned argument, std::size_t count) {
    std::vector<llvm::Value*> result;
    for (std::size_t i = 0; i < count; ++i) {
      result.push_back(builder.CreateLoad(
          pointer, builder.CreateConstInBoundsGEP1_64(pointer, start->getArg(argument), i)));
    }
    return result;
  };
  const std::vector<llvm::Value*> from = columns(2, entry.params.size());
  const std::vector<llvm::Value*> to = columns(3, entry.results.size());
  llvm::Value* const depth =
      builder.CreateLoad(module.i64, module.field(builder, context, offsetof(Context, depth)));
  llvm::Value* const fuel =
      builder.CreateLoad(module.i64, module.field(builder, context, offsetof(Context, fuel_limit)));
  builder.CreateCondBr(builder.CreateICmpULT(start->getArg(0), start->getArg(1)), loop, after);

  builder.SetInsertPoint(loop);
  llvm::PHINode* const task = builder.CreatePHI(module.i64, 2);
  task->addIncoming(start->getArg(0), before);
  builder.CreateStore(task, module.field(builder, context, offsetof(Context, task)));
  if (module.options.fuel) {
    builder.CreateStore(fuel, module.field(builder, context, offsetof(Context, fuel)));
  }
  std::vector<llvm::Value*> values;
  for (std::size_t i = 0; i < entry.params.size(); ++i) {
    // A narrow value is its cell's lower half.
    llvm::LoadInst* const cell =
        builder.CreateLoad(module.i64, builder.CreateInBoundsGEP(module.i64, from[i], {task}));
    cell->setMetadata(llvm::LLVMContext::MD_noundef, llvm::MDNode::get(module.context, {}));
    llvm::Value* const bits =
        is_wide(entry.params[i])
            ? cell
            : builder.CreateTrunc(cell, llvm::Type::getInt32Ty(module.context));
    values.push_back(builder.CreateBitCast(bits, module.type(entry.params[i])));
  }
  const std::vector<llvm::Value*> results =
      call(module, builder, target, entry, depth, values, context);
  for (std::size_t i = 0; i < results.size(); ++i) {
    store_cell(module, builder, results[i], entry.results[i],
               builder.CreateInBoundsGEP(module.i64, to[i], {task}));
  }
  llvm::Type* const i8 = llvm::Type::getInt8Ty(module.context);
  builder.CreateStore(llvm::ConstantInt::get(i8, 0),
                      builder.CreateInBoundsGEP(i8, start->getArg(4), {task}));
  llvm::Value* const next = builder.CreateAdd(task, llvm::ConstantInt::get(module.i64, 1));
  task->addIncoming(next, builder.GetInsertBlock());
  builder.CreateCondBr(builder.CreateICmpULT(next, start->getArg(1)), loop, after);
  builder.SetInsertPoint(after);
  builder.CreateRetVoid();
}

// native::RunFunction.
void write_function(ProcessorModule& module, std::uint32_t number) {
  llvm::Function* const start =
      module.start(kStart, llvm::Type::getVoidTy(module.context), {module.pointer, module.i64});
  const ir::Function& function = module.program.functions[number];
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module.context, "", start));
  llvm::Value* const frame = start->getArg(0);
  std::vector<llvm::Value*> values;
  for (std::size_t i = 0; i < function.params.size(); ++i) {
    values.push_back(
        builder.CreateLoad(module.type(function.params[i]), cell_at(module, builder, frame, i)));
  }
  const std::vector<llvm::Value*> results = call(module, builder, module.function(number), function,
                                                 start->getArg(1), values, start->getArg(2));
  for (std::size_t i = 0; i < results.size(); ++i) {
    store_cell(module, builder, results[i], function.results[i],
               cell_at(module, builder, frame, i));
  }
  builder.CreateRetVoid();
}

}  // namespace

std::uint64_t emit(llvm::Module& module, const ir::Program& program, const native::Start& start,
                   const native::CompileOptions& options) {
  if (start.kind == native::Start::Kind::Lane) {
    emit_lane(module, program, options);
    return 0;
  }
  ProcessorModule builder(module, program, options);
  switch (start.kind) {
    case native::Start::Kind::Lane: break;
    case native::Start::Kind::Tasks: write_tasks(builder); break;
    case native::Start::Kind::Function: write_function(builder, start.function); break;
    case native::Start::Kind::Loop:
      write_loop(builder, start,
                 builder.start(kStart, builder.i64, {builder.pointer, builder.i64, builder.i64}));
      break;
  }
  while (const auto number = builder.next()) {
    write_body(builder, *number, builder.function(*number), false);
  }
  builder.finish();
  return builder.frames_left();
}

}  // namespace rosetta::llvm_engine
