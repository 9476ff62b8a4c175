#include "engine/llvm/plugin.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/Support/raw_ostream.h>

#include "engine/llvm/backend.h"
#include "engine/llvm/emit.h"
#include "engine/llvm/kernel.h"
#include "engine/stamp.h"

namespace rosetta::llvm_engine {
namespace {

class LlvmCompiler final : public native::Compiler {
 public:
  Result<native::Image> compile(const ir::Program& program, const native::Start& start,
                                const native::CompileOptions& options) const override;
  Result<std::string> list(const ir::Program& program, const native::CompileOptions& options,
                           native::Listing listing) const override;
};

// A module on its way, with what has to outlive it.
struct Work {
  llvm::LLVMContext context;
  llvm::Module module{"program", context};
  std::unique_ptr<llvm::TargetMachine> target;
  std::uint64_t frames_left = 0;
};

// Says for what the module is.
Result<void> aim(Work& work, On on, const native::CompileOptions& options) {
  auto target = make_target(on);
  if (!target) return std::unexpected(target.error());
  work.target = std::move(*target);
  work.context.setDiscardValueNames(options.symbols == nullptr);
  work.module.setDataLayout(work.target->createDataLayout());
  work.module.setTargetTriple(work.target->getTargetTriple().str());
  return {};
}

Result<void> prepare(Work& work, const ir::Program& program, const native::Start& start,
                     const native::CompileOptions& options) {
  if (const auto made = aim(work, On::Processor, options); !made) return made;
  work.frames_left = emit(work.module, program, start, options);
  const bool lane = start.kind == native::Start::Kind::Lane;
  return optimise(work.module, *work.target, lane ? On::Device : On::Processor);
}

Result<std::string> list_ptx(const ir::Program& program, const native::CompileOptions& options) {
  Work work;
  if (const auto made = aim(work, On::Device, options); !made) {
    return std::unexpected(made.error());
  }
  emit_kernel(work.module, program, options);
  if (const auto done = optimise(work.module, *work.target, On::Device); !done) {
    return std::unexpected(done.error());
  }
  Frames frames;
  return generate(work.module, *work.target, true, frames);
}

std::uint64_t most_results(const ir::Program& program) {
  std::size_t most = 0;
  for (const ir::Function& function : program.functions) {
    most = std::max(most, function.results.size());
  }
  return most;
}

Result<native::Image> LlvmCompiler::compile(const ir::Program& program, const native::Start& start,
                                            const native::CompileOptions& options) const {
  Work work;
  if (const auto done = prepare(work, program, start, options); !done) {
    return std::unexpected(done.error());
  }
  Frames frames;
  const Result<std::string> object = generate(work.module, *work.target, false, frames);
  if (!object) return std::unexpected(object.error());
  Result<native::Image> image = link_image(*object, work.module, options.lines());
  if (!image) return image;
  image->stack_per_depth = frames.per_depth * (1 + work.frames_left);
  image->stack_once = frames.once;
  image->results = most_results(program);
  return image;
}

Result<std::string> LlvmCompiler::list(const ir::Program& program,
                                       const native::CompileOptions& options,
                                       native::Listing listing) const {
  if (listing == native::Listing::Ptx) return list_ptx(program, options);
  Work work;
  if (const auto done = prepare(work, program, {}, options); !done) {
    return std::unexpected(done.error());
  }
  if (listing == native::Listing::Assembly) {
    Frames frames;
    return generate(work.module, *work.target, true, frames);
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  work.module.print(stream, nullptr);
  return text;
}

const native::Compiler& compiler() {
  static const LlvmCompiler kCompiler;
  return kCompiler;
}

}  // namespace
}  // namespace rosetta::llvm_engine

// A process may end while another thread of it compiles: LLVM's objects are not destroyed then, and
// since the library is never closed, nothing is lost. (The linker's --wrap sends the references of
// all that the library is made of here.)
extern "C" int __wrap___cxa_atexit(void (*)(void*), void*, void*) { return 0; }

extern "C" __attribute__((visibility("default"))) const rosetta::llvm_engine::Plugin*
rosettavm_llvm_plugin() {
  static const rosetta::llvm_engine::Plugin kPlugin{rosetta::kStamp,
                                                    rosetta::llvm_engine::compiler};
  return &kPlugin;
}
