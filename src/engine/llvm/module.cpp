#include "engine/llvm/module.h"

#include <llvm/IR/MDBuilder.h>

#include <algorithm>

namespace rosetta::llvm_engine {
namespace {

// What arith.h calls the meaning of a regular opcode.
constexpr const char* meaning_name(Opcode opcode) {
  switch (opcode) {
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  case Opcode::name:                                                                         \
    return #function;
#define RV_IRREGULAR(byte, name, mnemonic, operand, flow, meaning) case Opcode::name:
#define RV_CONST(byte, name, mnemonic, type) case Opcode::name:
#define RV_PRINT(byte, name, mnemonic, type) case Opcode::name:
#include "isa/opcodes.def"
    break;
  }
  return nullptr;
}

}  // namespace

ModuleBuilder::ModuleBuilder(llvm::Module& module, const ir::Program& program,
                             const native::CompileOptions& options)
    : module(module),
      context(module.getContext()),
      program(program),
      options(options),
      pointer(llvm::PointerType::get(module.getContext(), 0)),
      i64(llvm::Type::getInt64Ty(module.getContext())),
      functions_(program.functions.size()),
      has_stacks_(std::ranges::any_of(program.functions, &ir::Function::machine)) {
  if (!options.lines()) return;
  debug_ = std::make_unique<llvm::DIBuilder>(module);
  file_ = debug_->createFile(options.symbols->file, ".");
  debug_->createCompileUnit(llvm::dwarf::DW_LANG_C, file_, "rosettavm", true, "", 0);
  module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  module.addModuleFlag(llvm::Module::Max, "Dwarf Version", 4);
}

llvm::Type* ModuleBuilder::type(Type type) {
  switch (type) {
    case Type::I64: return i64;
    case Type::I32: return llvm::Type::getInt32Ty(context);
    case Type::F64: return llvm::Type::getDoubleTy(context);
    case Type::F32: return llvm::Type::getFloatTy(context);
  }
  return nullptr;
}

llvm::Function* ModuleBuilder::function(std::uint32_t number) {
  llvm::Function*& made = functions_[number];
  if (made != nullptr) return made;
  const ir::Function& from = program.functions[number];
  std::vector<llvm::Type*> params;
  if (counts(from)) {
    params.push_back(i64);
    if (has_stacks()) params.push_back(top_type());
  }
  for (const Type each : from.params) params.push_back(type(each));
  const std::string name =
      options.symbols == nullptr ? "f" + std::to_string(number) : options.symbols->names[number];
  made = declare(number, name, std::move(params));
  made->addFnAttr(kNumber, std::to_string(number));
  // A machine is a loop around all that it does. Inlined into each other, machines would nest as
  // deep as they call, and LLVM take minutes for a hundred.
  if (from.machine && std::ranges::any_of(from.code, [this](const ir::Instruction& each) {
        return each.op == ir::Op::Call && counts(program.functions[each.target]);
      })) {
    made->addFnAttr(llvm::Attribute::NoInline);
  }
  if (debug_ != nullptr) made->setSubprogram(subprogram(number));
  asked_.push_back(number);
  return made;
}

llvm::DISubprogram* ModuleBuilder::subprogram(std::uint32_t number) {
  const std::string& name = options.symbols->names[number];
  const std::vector<std::uint32_t>& lines = options.symbols->lines[number];
  const unsigned line = lines.empty() ? 0 : lines.front();
  return debug_->createFunction(file_, name, name, file_, line,
                                debug_->createSubroutineType(debug_->getOrCreateTypeArray({})),
                                line, llvm::DINode::FlagZero, llvm::DISubprogram::SPFlagDefinition);
}

std::optional<std::uint32_t> ModuleBuilder::next() {
  if (given_ == asked_.size()) return std::nullopt;
  return asked_[given_++];
}

llvm::Function* ModuleBuilder::meaning(const char* name, llvm::FunctionType* type) {
  return llvm::cast<llvm::Function>(module.getOrInsertFunction(name, type).getCallee());
}

llvm::Function* ModuleBuilder::meaning(Opcode opcode, llvm::FunctionType* type) {
  return meaning(meaning_name(opcode), type);
}

void ModuleBuilder::unlikely(llvm::IRBuilder<>& builder, llvm::Value* condition,
                             llvm::BasicBlock* then, llvm::BasicBlock* otherwise) {
  builder.CreateCondBr(condition, then, otherwise,
                       llvm::MDBuilder(context).createUnlikelyBranchWeights());
}

void ModuleBuilder::locate(llvm::IRBuilder<>& builder, llvm::Function* in, std::uint32_t number,
                           std::uint32_t instruction) {
  if (debug_ == nullptr || in->getSubprogram() == nullptr) return;
  builder.SetCurrentDebugLocation(llvm::DILocation::get(
      context, options.symbols->lines[number][instruction], 0, in->getSubprogram()));
}

void ModuleBuilder::finish() {
  if (debug_ != nullptr) debug_->finalize();
}

}  // namespace rosetta::llvm_engine
