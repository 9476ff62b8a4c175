#include "engine/llvm/processor_module.h"

#include <algorithm>
#include <limits>

namespace rosetta::llvm_engine {

using native::Context;

ProcessorModule::ProcessorModule(llvm::Module& module, const ir::Program& program,
                                 const native::CompileOptions& options)
    : ModuleBuilder(module, program, options) {
  find_tail_calls();
}

void ProcessorModule::find_tail_calls() {
  Graph calls;
  Graph all;
  std::vector<std::uint32_t> callees;
  std::vector<std::uint32_t> all_callees;
  for (const ir::Function& function : program.functions) {
    callees.clear();
    all_callees.clear();
    for (const ir::Instruction& instruction : function.code) {
      if (instruction.op == ir::Op::TailCall) callees.push_back(instruction.target);
      if (instruction.op == ir::Op::TailCall || instruction.op == ir::Op::Call ||
          instruction.op == ir::Op::Enter) {
        all_callees.push_back(instruction.target);
      }
    }
    calls.add_node(callees);
    all.add_node(all_callees);
  }
  const Components cycles = components(all);
  recurs_.resize(program.functions.size());
  for (std::uint32_t each = 0; each < recurs_.size(); ++each) {
    recurs_[each] = cycles.cyclic[cycles.of[each]];
  }
  round_ = components(calls);
  tails_.resize(program.functions.size());
  lightest_.assign(round_.count, std::numeric_limits<std::uint64_t>::max());
  // Components come callees first.
  const Graph members = round_.members();
  std::vector<std::uint64_t> left(round_.count);
  for (std::uint32_t component = 0; component < round_.count; ++component) {
    for (const std::uint32_t caller : members.from(component)) {
      const std::uint64_t weight = program.functions[caller].weight;
      if (weight > 0) lightest_[component] = std::min(lightest_[component], weight);
      for (const std::uint32_t callee : calls.from(caller)) {
        lightest_[component] = std::min(lightest_[component], lightest_[round_.of[callee]]);
      }
    }
    for (const std::uint32_t caller : members.from(component)) {
      for (const std::uint32_t callee : calls.from(caller)) {
        const std::uint32_t other = round_.of[callee];
        if (takes_place(caller, callee)) tails_[caller] = tails_[callee] = true;
        if (other == component) continue;
        const bool leaves = recurs_[caller] && !takes_place(caller, callee);
        left[component] = std::max(left[component], left[other] + (leaves ? 1 : 0));
      }
    }
    frames_left_ = std::max(frames_left_, left[component]);
  }
}

llvm::Type* ProcessorModule::results(const ir::Function& function) {
  if (function.results.empty()) return llvm::Type::getVoidTy(context);
  if (function.results.size() == 1) return type(function.results[0]);
  return llvm::StructType::get(type(function.results[0]), type(function.results[1]));
}

// The context is the last parameter of each function, in a register that calls leave alone.
llvm::Function* ProcessorModule::declare(const llvm::Twine& name, llvm::Type* result,
                                         std::vector<llvm::Type*> params, std::uint64_t weight) {
  const auto self = static_cast<unsigned>(params.size());
  params.push_back(pointer);
  auto* const function = llvm::Function::Create(llvm::FunctionType::get(result, params, false),
                                                llvm::Function::InternalLinkage, name, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->addFnAttr("warn-stack-size", "0");
  function->addFnAttr(kWeight, std::to_string(weight));
  // Every value is one. Where LLVM does not know it, it searches all branches that lead to a use.
  // (But a machine gives more results than some of its members have.)
  for (unsigned i = 0; i <= self; ++i) function->addParamAttr(i, llvm::Attribute::NoUndef);
  function->addParamAttr(self, llvm::Attribute::SwiftSelf);
  function->addParamAttr(self, llvm::Attribute::NonNull);
  function->addDereferenceableParamAttr(self, sizeof(Context));
  if (options.lines()) function->setUWTableKind(llvm::UWTableKind::Async);
  return function;
}

llvm::Function* ProcessorModule::declare(std::uint32_t number, const std::string& name,
                                         std::vector<llvm::Type*> params) {
  const ir::Function& from = program.functions[number];
  llvm::Function* const made =
      declare(name, results(from), std::move(params), recurs_[number] ? from.weight : 0);
  if (!from.results.empty() && !from.machine) made->addRetAttr(llvm::Attribute::NoUndef);
  if (tails(number)) made->setCallingConv(llvm::CallingConv::SwiftTail);
  return made;
}

llvm::Function* ProcessorModule::start(const char* name, llvm::Type* result,
                                       std::vector<llvm::Type*> params) {
  llvm::Function* const function = declare(name, result, std::move(params), 0);
  function->setLinkage(llvm::Function::ExternalLinkage);
  return function;
}

llvm::Function* ProcessorModule::trap() {
  if (trap_ != nullptr) return trap_;
  trap_ = declare("trap", llvm::Type::getVoidTy(context), {i64, i64}, 0);
  trap_->addFnAttr(llvm::Attribute::NoReturn);
  trap_->addFnAttr(llvm::Attribute::NoInline);
  trap_->addFnAttr(llvm::Attribute::Cold);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "", trap_));
  llvm::Value* const self = trap_->getArg(2);
  builder.CreateStore(trap_->getArg(0), field(builder, self, offsetof(Context, ending)));
  builder.CreateStore(trap_->getArg(1), field(builder, self, offsetof(Context, place)));
  call_out(builder, self, offsetof(Context, leave), {})->setDoesNotReturn();
  builder.CreateUnreachable();
  return trap_;
}

llvm::Value* ProcessorModule::field(llvm::IRBuilder<>& builder, llvm::Value* self,
                                    std::size_t offset) {
  return builder.CreateConstInBoundsGEP1_64(llvm::Type::getInt8Ty(context), self, offset);
}

llvm::CallInst* ProcessorModule::call_out(llvm::IRBuilder<>& builder, llvm::Value* self,
                                          std::size_t way, std::vector<llvm::Value*> arguments) {
  arguments.push_back(self);
  std::vector<llvm::Type*> types;
  for (llvm::Value* const argument : arguments) types.push_back(argument->getType());
  llvm::Value* const to = builder.CreateLoad(pointer, field(builder, self, way));
  llvm::CallInst* const call = builder.CreateCall(
      llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false), to, arguments);
  call->addParamAttr(static_cast<unsigned>(arguments.size()) - 1, llvm::Attribute::SwiftSelf);
  call->setDoesNotThrow();
  return call;
}

llvm::CallInst* ProcessorModule::call(llvm::IRBuilder<>& builder, llvm::Function* callee,
                                      std::vector<llvm::Value*> arguments, llvm::Value* self) {
  arguments.push_back(self);
  llvm::CallInst* const call = builder.CreateCall(callee, arguments);
  call->setCallingConv(callee->getCallingConv());
  call->addParamAttr(static_cast<unsigned>(arguments.size()) - 1, llvm::Attribute::SwiftSelf);
  return call;
}

// One by value, two as a pair, the others in the context.
std::vector<llvm::Value*> ProcessorModule::results_of(llvm::IRBuilder<>& builder,
                                                      llvm::CallInst* call,
                                                      const std::vector<Type>& types,
                                                      llvm::Value* self) {
  std::vector<llvm::Value*> values;
  llvm::Value* more = nullptr;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i < native::kInRegisters) {
      values.push_back(
          types.size() == 1 ? call : builder.CreateExtractValue(call, {static_cast<unsigned>(i)}));
      continue;
    }
    if (more == nullptr) {
      more = builder.CreateLoad(pointer, field(builder, self, offsetof(Context, results)));
    }
    values.push_back(
        builder.CreateLoad(type(types[i]), builder.CreateConstInBoundsGEP1_64(i64, more, i)));
  }
  return values;
}

}  // namespace rosetta::llvm_engine
