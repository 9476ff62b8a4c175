// What compiled code is kept under: a digest of all that it is made from.
#pragma once

#include "base/hash.h"
#include "engine/native/compiler.h"

namespace rosetta::native {

// Of the register code with all its places, the options, this build of the engine with its LLVM,
// and the processor. Two programs of one identity may have different keys, where their functions
// are numbered otherwise: what compiled code says of a trap are those numbers.
Hash code_key(const ir::Program& program, const CompileOptions& options);

}  // namespace rosetta::native
