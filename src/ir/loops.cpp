#include "ir/loops.h"

#include <algorithm>

#include "ir/edges.h"

namespace rosetta::ir {
namespace {

std::vector<std::vector<BlockId>> predecessors(const Function& function) {
  std::vector<std::vector<BlockId>> from(function.blocks.size());
  for (BlockId block = 0; block < function.blocks.size(); ++block) {
    for_each_edge(function, block, [&](BlockId target, bool) {
      if (from[target].empty() || from[target].back() != block) from[target].push_back(block);
    });
  }
  return from;
}

bool jumps_back_to(const Function& function, BlockId block, BlockId head) {
  bool found = false;
  for_each_edge(function, block,
                [&](BlockId target, bool costs) { found = found || (costs && target == head); });
  return found;
}

std::vector<bool> loop_blocks(const Function& function, BlockId head,
                              const std::vector<std::vector<BlockId>>& from) {
  std::vector<bool> inside(function.blocks.size());
  inside[head] = true;
  std::vector<BlockId> pending;
  const auto reach = [&](BlockId block) {
    if (inside[block]) return;
    inside[block] = true;
    pending.push_back(block);
  };
  for (const BlockId block : from[head]) {
    if (jumps_back_to(function, block, head)) reach(block);
  }
  while (!pending.empty()) {
    const BlockId block = pending.back();
    pending.pop_back();
    for (const BlockId before : from[block]) reach(before);
  }
  return inside;
}

}  // namespace

std::vector<bool> loop_blocks(const Function& function, BlockId head) {
  return loop_blocks(function, head, predecessors(function));
}

std::vector<bool> reachable_blocks(const Function& function, BlockId block) {
  std::vector<bool> reached(function.blocks.size());
  reached[block] = true;
  std::vector<BlockId> pending{block};
  while (!pending.empty()) {
    const BlockId from = pending.back();
    pending.pop_back();
    for_each_edge(function, from, [&](BlockId target, bool) {
      if (reached[target]) return;
      reached[target] = true;
      pending.push_back(target);
    });
  }
  return reached;
}

std::vector<BlockId> loops_around(const Function& function, BlockId block, std::size_t most) {
  const auto from = predecessors(function);
  std::vector<bool> is_head(function.blocks.size());
  for (BlockId each = 0; each < function.blocks.size(); ++each) {
    for_each_edge(function, each, [&](BlockId target, bool costs) {
      if (costs) is_head[target] = true;
    });
  }
  struct Loop {
    std::ptrdiff_t size;
    BlockId head;
  };
  std::vector<Loop> loops;
  // In the text, loops around a block begin before it and nearest to it: `most` are looked at.
  std::size_t looked_at = 0;
  for (BlockId head = static_cast<BlockId>(is_head.size()); head-- > 0 && looked_at < most;) {
    if (!is_head[head] || head > block) continue;
    ++looked_at;
    const std::vector<bool> inside = loop_blocks(function, head, from);
    if (inside[block]) loops.push_back({std::ranges::count(inside, true), head});
  }
  std::ranges::sort(loops, [](const Loop& a, const Loop& b) {
    return a.size != b.size ? a.size > b.size : a.head < b.head;
  });
  std::vector<BlockId> heads;
  for (const Loop& loop : loops) heads.push_back(loop.head);
  return heads;
}

std::vector<std::uint32_t> jumps_back(const Function& function, BlockId head) {
  std::vector<std::uint32_t> found;
  for (BlockId block = 0; block < function.blocks.size(); ++block) {
    if (jumps_back_to(function, block, head)) found.push_back(function.end(block) - 1);
  }
  return found;
}

BlockId block_of(const Function& function, std::uint32_t instruction) {
  const auto after = std::ranges::upper_bound(function.blocks, instruction, {}, &Block::begin);
  return static_cast<BlockId>(after - function.blocks.begin() - 1);
}

}  // namespace rosetta::ir
