#include "engine/llvm/backend.h"

#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Linker/Linker.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Passes/StandardInstrumentations.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>

#include <algorithm>
#include <cassert>
#include <mutex>

#include "engine/llvm/canon.h"
#include "engine/llvm/processor_module.h"
#include "engine/llvm/signs.h"

namespace rosetta::llvm_engine {
namespace {

// meanings.c, compiled.
constexpr unsigned char kMeanings[] = {
#embed "meanings.bc"
};

Error llvm_error(std::string_view doing, llvm::Error error) {
  return {Fault::Machine, "LLVM, " + std::string(doing) + ": " + llvm::toString(std::move(error))};
}

struct Processor {
  std::string triple;
  std::string name;
  std::string features;
};

const Processor& processor() {
  static const Processor kProcessor = [] {
    llvm::SubtargetFeatures features;
    for (const auto& [name, present] : llvm::sys::getHostCPUFeatures()) {
      features.AddFeature(name, present);
    }
    return Processor{llvm::sys::getProcessTriple(), llvm::sys::getHostCPUName().str(),
                     features.getString()};
  }();
  return kProcessor;
}

// Bitcode is read function by function, as it is needed.
Result<void> link_meanings(llvm::Module& module) {
  const llvm::MemoryBufferRef bytes(
      llvm::StringRef(reinterpret_cast<const char*>(kMeanings), sizeof kMeanings), "arith.h");
  auto meanings = llvm::getLazyBitcodeModule(bytes, module.getContext());
  if (!meanings) return std::unexpected(llvm_error("reading arith.h", meanings.takeError()));
  (*meanings)->setDataLayout(module.getDataLayout());
  (*meanings)->setTargetTriple(module.getTargetTriple());
  llvm::SmallPtrSet<const llvm::Function*, 32> ours;
  for (const llvm::Function& function : module) {
    if (!function.isDeclaration()) ours.insert(&function);
  }
  if (llvm::Linker::linkModules(module, std::move(*meanings), llvm::Linker::LinkOnlyNeeded)) {
    return std::unexpected(Error{Fault::Machine, "LLVM could not link arith.h"});
  }
  for (llvm::Function& function : module) {
    if (function.isDeclaration() || ours.contains(&function)) continue;
    function.setLinkage(llvm::Function::InternalLinkage);
    function.addFnAttr(is_canon(function) ? llvm::Attribute::NoInline
                                          : llvm::Attribute::AlwaysInline);
  }
  return {};
}

}  // namespace

namespace {

Result<std::unique_ptr<llvm::TargetMachine>> make_processor() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  std::string wrong;
  const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(processor().triple, wrong);
  if (target == nullptr) return std::unexpected(Error{Fault::Machine, "LLVM: " + wrong});
  llvm::TargetOptions options;
  options.MCOptions.AsmVerbose = true;
  std::unique_ptr<llvm::TargetMachine> made(target->createTargetMachine(
      processor().triple, processor().name, processor().features, options, llvm::Reloc::PIC_,
      llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
  if (made == nullptr) {
    return std::unexpected(Error{Fault::Machine, "LLVM has no code generator for this processor"});
  }
  return made;
}

// Drivers compile PTX for the device that they find, if that has all that the PTX says it needs: so
// it says as little as it can.
Result<std::unique_ptr<llvm::TargetMachine>> make_device() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  constexpr char kTriple[] = "nvptx64-nvidia-cuda";
  std::string wrong;
  const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(kTriple, wrong);
  if (target == nullptr) return std::unexpected(Error{Fault::Machine, "LLVM: " + wrong});
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;  // says `.rn`, so that nobody fuses later
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(kTriple, "sm_60", "+ptx60", options, std::nullopt));
}

}  // namespace

Result<std::unique_ptr<llvm::TargetMachine>> make_target(On on) {
  return on == On::Device ? make_device() : make_processor();
}

Result<void> optimise(llvm::Module& module, llvm::TargetMachine& target, On on) {
  assert(!llvm::verifyModule(module));
  if (const Result<void> linked = link_meanings(module); !linked) return linked;
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    function.addFnAttr("target-cpu", target.getTargetCPU());
    function.addFnAttr("target-features", target.getTargetFeatureString());
  }
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.SLPVectorization = tuning.LoopVectorization = on == On::Processor;
  // NVPTX makes eleven times as much of it, which is about what other targets have.
  if (on == On::Device) tuning.InlinerThreshold = 20;
  // Functions that ask for it are left as they are (body.cpp).
  llvm::PassInstrumentationCallbacks callbacks;
  llvm::OptNoneInstrumentation left_alone(/*DebugLogging=*/false);
  left_alone.registerCallbacks(callbacks);
  llvm::PassBuilder passes(&target, tuning, std::nullopt, &callbacks);
  // There is no C library to call.
  functions.registerPass([&] {
    llvm::TargetLibraryInfoImpl library(target.getTargetTriple());
    library.disableAllFunctions();
    return llvm::TargetLibraryAnalysis(library);
  });
  passes.registerOptimizerEarlyEPCallback(
      [](llvm::ModulePassManager& manager, llvm::OptimizationLevel) {
        manager.addPass(CanonPass());
      });
  if (target.getTargetTriple().isNVPTX()) {
    passes.registerOptimizerLastEPCallback(
        [](llvm::ModulePassManager& manager, llvm::OptimizationLevel) {
          manager.addPass(llvm::createModuleToFunctionPassAdaptor(SignPass()));
        });
  }
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager first;
  first.addPass(llvm::AlwaysInlinerPass(/*InsertLifetime=*/false));
  first.addPass(llvm::GlobalDCEPass());
  first.run(module, modules);
  passes.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
  return {};
}

namespace {

// Takes the sizes of frames, which the code generator reports as a remark on each function.
class FrameSizes final : public llvm::DiagnosticHandler {
 public:
  explicit FrameSizes(Frames& frames) : frames_(frames) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
    const auto* const size = llvm::dyn_cast<llvm::DiagnosticInfoStackSize>(&info);
    if (size == nullptr) return false;
    add(size->getFunction(), size->getStackSize());
    return true;
  }
  // Beyond its size a frame has its return address, what is passed to callees on the stack, and
  // the room that it takes to begin at a multiple of 64.
  void add(const llvm::Function& function, std::uint64_t size) {
    std::uint64_t most = function.arg_size();
    for (const llvm::BasicBlock& block : function) {
      for (const llvm::Instruction& instruction : block) {
        if (const auto* const call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
          most = std::max<std::uint64_t>(most, call->arg_size());
        }
      }
    }
    const std::uint64_t bytes = size + kAroundFrame + 8 * most;
    std::uint64_t weight = 0;
    function.getFnAttribute(kWeight).getValueAsString().getAsInteger(10, weight);
    if (weight == 0) {
      frames_.once += bytes;
    } else {
      frames_.per_depth = std::max(frames_.per_depth, (bytes + weight - 1) / weight);
    }
  }

 private:
  static constexpr std::uint64_t kAroundFrame = 128;
  Frames& frames_;
};

}  // namespace

Result<std::string> generate(llvm::Module& module, llvm::TargetMachine& target, bool assembly,
                             Frames& frames) {
  auto sizes = std::make_unique<FrameSizes>(frames);
  // Frames that have no size of their own are not reported.
  for (const llvm::Function& function : module) {
    if (!function.isDeclaration()) sizes->add(function, 0);
  }
  module.getContext().setDiagnosticHandler(std::move(sizes));
  llvm::SmallString<0> made;
  llvm::raw_svector_ostream stream(made);
  llvm::legacy::PassManager passes;
  llvm::TargetLibraryInfoImpl library(target.getTargetTriple());
  library.disableAllFunctions();
  passes.add(new llvm::TargetLibraryInfoWrapperPass(library));
  const auto kind =
      assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (target.addPassesToEmitFile(passes, stream, nullptr, kind)) {
    return std::unexpected(Error{Fault::Machine, "LLVM cannot write code for this processor"});
  }
  passes.run(module);
  return std::string(made.str());
}

}  // namespace rosetta::llvm_engine
