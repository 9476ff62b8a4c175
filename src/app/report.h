// What a run leaves to say: traps with their place and call chain.
#pragma once

#include <string>

#include "app/json.h"
#include "app/program.h"
#include "engine/engine.h"

namespace rosetta {

// The message about a trap: kind, function, instruction, line, and the calls that led there.
std::string trap_text(const TrapReport& report, const Module& module, const ir::Program& program,
                      Look look);
// {"trap": kind, "function": …, "instruction": …, "line": …, "column": …, "frames": n,
//  "chain": [{"function": …, "instruction": …, "line": …}, …]}
Json trap_json(const TrapReport& report, const Module& module, const ir::Program& program);

}  // namespace rosetta
