// The engine of compiled code: runs an image of a whole program.
#pragma once

#include <memory>

#include "engine/engine.h"
#include "engine/native/mapping.h"

namespace rosetta {

// `code` was compiled from the program, as Start::Kind::Tasks, with fuel where the options have
// some. The program has to outlive the engine. Nothing is counted or observed, and traps come
// without their call chain.
std::unique_ptr<Engine> make_native(const ir::Program& program, const EngineOptions& options,
                                    native::Mapping code);

}  // namespace rosetta
