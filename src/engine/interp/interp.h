// The interpreter: the engine that starts at once.
#pragma once

#include <memory>

#include "engine/engine.h"

namespace rosetta {

// The program has to outlive the engine. No function has more than 65,536 registers, which what is
// lowered never has; machines of ir/explicit.h may.
std::unique_ptr<Engine> make_interpreter(const ir::Program& program, const EngineOptions& options);

}  // namespace rosetta
