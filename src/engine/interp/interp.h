// The interpreter: the engine that starts at once.
#pragma once

#include <memory>

#include "engine/engine.h"

namespace rosetta {

// The program has to outlive the engine.
std::unique_ptr<Engine> make_interpreter(const ir::Program& program, const EngineOptions& options);

}  // namespace rosetta
