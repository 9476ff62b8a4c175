#include "engine/llvm/device_module.h"

#include <algorithm>

namespace rosetta::llvm_engine {
namespace {

constexpr unsigned kGlobal = 1;  // NVPTX's address space; other targets have but one memory

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

DeviceModule::DeviceModule(llvm::Module& module, const ir::Program& program,
                           const native::CompileOptions& options)
    : ModuleBuilder(module, program, options),
      i32(llvm::Type::getInt32Ty(context)),
      global(llvm::PointerType::get(context, kGlobal)),
      context_type_(llvm::StructType::get(
          i64, global, i64, llvm::ArrayType::get(i64, program.entry().results.size()))) {}

llvm::StructType* DeviceModule::outcome(const ir::Function& function) {
  std::vector<llvm::Type*> types{i32};
  for (const Type each : function.results) types.push_back(type(each));
  return llvm::StructType::get(context, types);
}

llvm::Value* DeviceModule::field(llvm::IRBuilder<>& builder, llvm::Value* self, Field field) {
  return builder.CreateStructGEP(context_type_, self, static_cast<unsigned>(field));
}

llvm::Value* DeviceModule::load(llvm::IRBuilder<>& builder, llvm::Value* self, Field from) {
  return builder.CreateLoad(type_of(from), field(builder, self, from));
}

// PTX has fewer names than the language, and no way to quote one.
llvm::Function* DeviceModule::declare(std::uint32_t number, const std::string& name,
                                      std::vector<llvm::Type*> params) {
  std::string plain = name;
  std::ranges::replace_if(
      plain, [](char c) { return !is_plain(c); }, '_');
  const auto self = static_cast<unsigned>(params.size());
  params.push_back(pointer);
  auto* const made = llvm::Function::Create(
      llvm::FunctionType::get(outcome(program.functions[number]), params, false),
      llvm::Function::InternalLinkage, plain, module);
  made->addFnAttr(llvm::Attribute::NoUnwind);
  for (unsigned i = 0; i <= self; ++i) made->addParamAttr(i, llvm::Attribute::NoUndef);
  made->addParamAttr(self, llvm::Attribute::NoAlias);
  made->addParamAttr(self, llvm::Attribute::NonNull);
  made->addDereferenceableParamAttr(self, module.getDataLayout().getTypeAllocSize(context_type_));
  return made;
}

}  // namespace rosetta::llvm_engine
