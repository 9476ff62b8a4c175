// The edges of a function's control-flow graph.
#pragma once

#include "ir/code.h"

namespace rosetta::ir {

inline const Instruction& terminator(const Function& function, BlockId block) {
  return function.code[function.end(block) - 1];
}

// Calls visit(target, costs) for each edge that leaves the block.
template <class Visit>
void for_each_edge(const Function& function, BlockId block, Visit visit) {
  const Instruction& end = terminator(function, block);
  if (end.op == Op::Jump) {
    visit(end.target, end.costs == Costs::Target);
  } else if (end.op == Op::Branch) {
    visit(end.target, end.costs == Costs::Target);
    visit(end.other, end.costs == Costs::Other);
  } else if (end.op == Op::Switch) {
    for (std::uint32_t i = 0; i <= end.other; ++i) {
      const SwitchTarget& target = function.targets[end.target + i];
      visit(target.block, target.costs);
    }
  }
}

// Gives each edge that leaves the block the target redirect(target).
template <class Redirect>
void redirect_edges(Function& function, BlockId block, Redirect redirect) {
  Instruction& end = function.code[function.end(block) - 1];
  if (end.op == Op::Jump) {
    end.target = redirect(BlockId{end.target});
  } else if (end.op == Op::Branch) {
    end.target = redirect(BlockId{end.target});
    end.other = redirect(BlockId{end.other});
  } else if (end.op == Op::Switch) {
    for (std::uint32_t i = 0; i <= end.other; ++i) {
      BlockId& target = function.targets[end.target + i].block;
      target = redirect(target);
    }
  }
}

}  // namespace rosetta::ir
