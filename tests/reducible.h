// Whether each loop of a function is entered at one block only, found by taking blocks away: one
// that only one other leads to becomes part of that (Hecht and Ullman's T1 and T2). Shares nothing
// with what makes functions so.
#pragma once

#include <set>
#include <vector>

#include "ir/edges.h"

namespace rosetta {

inline bool is_reducible(const ir::Function& function) {
  const std::size_t blocks = function.blocks.size();
  std::vector<std::set<ir::BlockId>> to(blocks);
  std::vector<std::set<ir::BlockId>> from(blocks);
  std::vector<bool> reached(blocks);
  std::vector<ir::BlockId> pending{0};
  reached[0] = true;
  while (!pending.empty()) {
    const ir::BlockId block = pending.back();
    pending.pop_back();
    ir::for_each_edge(function, block, [&](ir::BlockId target, bool) {
      if (target != block) {
        to[block].insert(target);
        from[target].insert(block);
      }
      if (reached[target]) return;
      reached[target] = true;
      pending.push_back(target);
    });
  }
  std::size_t left = 0;
  for (ir::BlockId block = 0; block < blocks; ++block) {
    if (!reached[block]) continue;
    ++left;
    pending.push_back(block);
  }
  std::vector<bool> gone(blocks);
  while (!pending.empty()) {
    const ir::BlockId block = pending.back();
    pending.pop_back();
    if (gone[block] || block == 0 || from[block].size() != 1) continue;
    const ir::BlockId into = *from[block].begin();
    gone[block] = true;
    --left;
    to[into].erase(block);
    for (const ir::BlockId target : to[block]) {
      from[target].erase(block);
      if (target != into) {
        to[into].insert(target);
        from[target].insert(into);
      }
      pending.push_back(target);
    }
  }
  return left == 1;
}

}  // namespace rosetta
