// The way into the library that has LLVM in it, from a program that does not.
#pragma once

#include "engine/native/compiler.h"

namespace rosetta::llvm_engine {

// What the library gives under its one visible name. Program and library are of one build, else
// they do not agree on what passes between them: `stamp` has to be the program's own.
struct Plugin {
  const char* stamp;
  const native::Compiler& (*compiler)();
};

inline constexpr char kPluginSymbol[] = "rosettavm_llvm_plugin";

}  // namespace rosetta::llvm_engine
