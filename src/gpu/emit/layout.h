// Where a function's blocks stand in structured text. After Ramsey, "Beyond Relooper" (ICFP 2022):
// the text follows the dominator tree, in reverse postorder.
//
// A block that only one edge leads to stands inside that branch. Any other (where paths join)
// stands behind the block that dominates it, as its follower. What a loop leads out to stands
// behind the whole loop, but for a block with an end of the function, which may stay where it is
// branched to. So a jump goes on to what comes next, or is a `break` or `continue`, or leaves
// several loops.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "ir/code.h"

namespace rosetta::gpu {

struct Layout {
  explicit Layout(const ir::Function& function);

  static constexpr ir::BlockId kNone = 0xffff'ffff;
  struct Place {
    ir::BlockId dominator = kNone;        // none: the entry, and what no path reaches
    ir::BlockId loop = kNone;             // the head of the innermost loop that it is in
    std::uint32_t order = 0;              // in reverse postorder
    std::uint32_t entries = 0;            // edges that lead here from before it
    bool head = false;                    // of a loop
    bool inside = false;                  // stands inside the branch that leads to it
    bool ends = false;                    // is one of those, with an end of the function
    std::vector<ir::BlockId> followers;   // in the text's order; of a loop's head: in the loop
    std::vector<ir::BlockId> after_loop;  // of a loop's head: behind the loop
  };
  std::vector<Place> places;  // by block

 private:
  void order_blocks();
  void find_dominators();
  void find_loops();
  void place();
  [[nodiscard]] bool in_loop(ir::BlockId block, ir::BlockId head) const;

  const ir::Function& function_;
  std::vector<ir::BlockId> order_;                      // reachable blocks
  std::vector<std::vector<ir::BlockId>> predecessors_;  // by block
};

// Where a terminator can go. Targets of a switch that cost the same and are the same are one.
struct Edge {
  ir::BlockId to;
  bool costs;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};
std::vector<Edge> edges(const ir::Function& function, const ir::Instruction& terminator);

}  // namespace rosetta::gpu
