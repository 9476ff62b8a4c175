// What a run leaves to say: traps with their place and call chain.
#pragma once

#include <string>

#include "app/json.h"
#include "app/program.h"
#include "engine/engine.h"

namespace rosetta {

// The message about a trap: kind, function, instruction, line, and the calls that led there.
std::string trap_text(const TrapReport& report, Listings& listings, const ir::Program& program,
                      Look look);
// {"trap": kind, "function": …, "instruction": …, "file": …, "line": …, "column": …, "hash": …,
//  "frames": n, "omitted": n, "chain": [{"function": …, "instruction": …, "file": …, "line": …,
//  "column": …}, …]}; the chain is the first and last 16 frames, and `omitted` those between them.
// What compiled code does not know is null: the instruction where it was interrupted, and how many
// frames there were, where the chain is empty.
Json trap_json(const TrapReport& report, Listings& listings, const ir::Program& program);

}  // namespace rosetta
