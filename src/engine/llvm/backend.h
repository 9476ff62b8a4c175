// LLVM's own work: from an emitted module to machine code.
#pragma once

#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "engine/native/compiler.h"

namespace rosetta::llvm_engine {

// What runs the code.
enum class On : std::uint8_t { Processor, Device };

// This processor, with all its features; or NVIDIA's devices, all that drivers still compile for.
// The error says that LLVM cannot.
Result<std::unique_ptr<llvm::TargetMachine>> make_target(On on);

// Links the functions of arith.h that the module calls and optimises it.
Result<void> optimise(llvm::Module& module, llvm::TargetMachine& target, On on);

// What the code generator has to say of the frames that it made.
struct Frames {
  std::uint64_t per_depth = 0;
  std::uint64_t once = 0;
};

// An object file, and its frames; or assembly text.
Result<std::string> generate(llvm::Module& module, llvm::TargetMachine& target, bool assembly,
                             Frames& frames);

// Lays an object file out and resolves everything in it. `module` says whose functions its symbols
// are. `lines`: with what debuggers want.
Result<native::Image> link_image(const std::string& object, const llvm::Module& module, bool lines);

}  // namespace rosetta::llvm_engine
