#include "gpu/emit/layout.h"

#include <algorithm>
#include <set>

#include "ir/edges.h"

namespace rosetta::gpu {

using ir::BlockId;
using ir::Costs;
using ir::Function;
using ir::Instruction;
using ir::Op;
using ir::terminator;

std::vector<Edge> edges(const Function& function, const Instruction& terminator) {
  switch (terminator.op) {
    case Op::Jump: return {{terminator.target, terminator.costs == Costs::Target}};
    case Op::Branch: {
      const Edge on{terminator.target, terminator.costs == Costs::Target};
      const Edge off{terminator.other, terminator.costs == Costs::Other};
      if (on == off) return {on};
      return {on, off};
    }
    case Op::Switch: {
      std::vector<Edge> all;
      std::set<Edge> known;
      for (std::uint32_t i = 0; i <= terminator.other; ++i) {
        const ir::SwitchTarget& target = function.targets[terminator.target + i];
        const Edge edge{target.block, target.costs};
        if (known.insert(edge).second) all.push_back(edge);
      }
      return all;
    }
    default: return {};
  }
}

Layout::Layout(const Function& function)
    : places(function.blocks.size()), function_(function), predecessors_(function.blocks.size()) {
  order_blocks();
  find_dominators();
  find_loops();
  place();
}

void Layout::order_blocks() {
  struct Visit {
    BlockId block;
    std::vector<Edge> out;
    std::size_t next = 0;
  };
  std::vector<bool> seen(places.size());
  std::vector<Visit> path;
  const auto enter = [&](BlockId block) {
    seen[block] = true;
    path.push_back({block, edges(function_, terminator(function_, block))});
    // The last edge first, so that in the reverse the first stands first.
    std::ranges::reverse(path.back().out);
  };
  enter(0);
  while (!path.empty()) {
    Visit& top = path.back();
    if (top.next == top.out.size()) {
      order_.push_back(top.block);
      path.pop_back();
      continue;
    }
    const BlockId to = top.out[top.next++].to;
    predecessors_[to].push_back(top.block);
    if (!seen[to]) enter(to);
  }
  std::ranges::reverse(order_);
  for (std::uint32_t i = 0; i < order_.size(); ++i) places[order_[i]].order = i;
}

// Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm".
void Layout::find_dominators() {
  const auto meet = [&](BlockId a, BlockId b) {
    while (a != b) {
      while (places[a].order > places[b].order) a = places[a].dominator;
      while (places[b].order > places[a].order) b = places[b].dominator;
    }
    return a;
  };
  places[0].dominator = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (const BlockId block : order_) {
      if (block == 0) continue;
      BlockId dominator = kNone;
      for (const BlockId from : predecessors_[block]) {
        if (places[from].dominator == kNone) continue;
        dominator = dominator == kNone ? from : meet(dominator, from);
      }
      changed = changed || dominator != places[block].dominator;
      places[block].dominator = dominator;
    }
  }
  places[0].dominator = kNone;
}

bool Layout::in_loop(BlockId block, BlockId head) const {
  BlockId loop = places[block].head ? block : places[block].loop;
  while (loop != kNone && loop != head) loop = places[loop].loop;
  return loop == head;
}

// Inner loops first: heads in reverse order. A block that already is in a loop stands for all of
// the outermost one found so far.
void Layout::find_loops() {
  const auto dominates = [&](BlockId head, BlockId block) {
    while (block != kNone && places[block].order > places[head].order) {
      block = places[block].dominator;
    }
    return block == head;
  };
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    const BlockId head = *at;
    std::vector<BlockId> pending;
    for (const BlockId from : predecessors_[head]) {
      if (dominates(head, from)) pending.push_back(from);
    }
    if (pending.empty()) continue;
    places[head].head = true;
    while (!pending.empty()) {
      BlockId block = pending.back();
      pending.pop_back();
      if (block == head) continue;
      while (places[block].loop != kNone && places[block].loop != head) block = places[block].loop;
      if (block == head || places[block].loop == head) continue;
      places[block].loop = head;
      for (const BlockId from : predecessors_[block]) pending.push_back(from);
    }
  }
}

void Layout::place() {
  for (const BlockId block : order_) {
    for (const BlockId from : predecessors_[block]) {
      if (places[from].order < places[block].order) ++places[block].entries;
    }
  }
  std::vector<bool> has_children(places.size());
  for (const BlockId block : order_) {
    if (block != 0) has_children[places[block].dominator] = true;
  }
  for (const BlockId block : order_) {
    if (block == 0) continue;
    Place& mine = places[block];
    const Op last = terminator(function_, block).op;
    const bool alone = mine.entries == 1 && !mine.head;
    mine.ends = alone && !has_children[block] && last != Op::Jump && last != Op::Branch &&
                last != Op::Switch;
    mine.inside = mine.entries == 1;
    if (mine.ends) continue;
    // The outermost loop that the dominator is in and the block is not.
    BlockId left = kNone;
    const Place& dominator = places[mine.dominator];
    for (BlockId loop = dominator.head ? mine.dominator : dominator.loop;
         loop != kNone && !in_loop(block, loop); loop = places[loop].loop) {
      left = loop;
    }
    if (left != kNone) {
      mine.inside = false;
      places[left].after_loop.push_back(block);
    } else if (!mine.inside) {
      places[mine.dominator].followers.push_back(block);
    }
  }
}

}  // namespace rosetta::gpu
