// Finds the compiler in its library.
#pragma once

#include <string>

#include "base/error.h"
#include "engine/native/compiler.h"

namespace rosetta::native {

// Loads the library, which then stays to the end of the process. The error says what is missing.
Result<const Compiler*> load_compiler(const std::string& path);

}  // namespace rosetta::native
