// The loops of a function's control-flow graph.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/code.h"

namespace rosetta::ir {

// The blocks that can reach a jump backwards to `head` without passing it, and `head` itself: where
// the graph is reducible, its natural loop. Elsewhere the set may hold blocks that can be entered
// in other ways. By block. `head` is the target of a jump that costs fuel. Time and memory linear
// in the function.
std::vector<bool> loop_blocks(const Function& function, BlockId head);

// The blocks that can be reached from `block`, itself among them. Linear time and memory.
std::vector<bool> reachable_blocks(const Function& function, BlockId block);

// The targets of jumps that cost fuel whose loops hold the block, the outermost first; of those
// that hold as many blocks, the one that comes first in the text. At most `most`, the time for each
// linear in the function.
std::vector<BlockId> loops_around(const Function& function, BlockId block, std::size_t most);

// The terminators that jump backwards to `head`: instructions of Function::code.
std::vector<std::uint32_t> jumps_back(const Function& function, BlockId head);

// The block that an instruction of Function::code is in.
BlockId block_of(const Function& function, std::uint32_t instruction);

}  // namespace rosetta::ir
