// From the outside in: each strongly connected region of the graph gets one head, and what is
// left of it without the edges to its head is looked at again. Where loops are nested beyond reason
// a switch over all of the region's blocks is its head, which leaves no loop inside.
#include "ir/reducible.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "base/graph.h"
#include "ir/edges.h"

namespace rosetta::ir {
namespace {

// Blocks that lie in each other's reach.
struct Region {
  std::vector<BlockId> blocks;
  std::vector<BlockId> entries;  // where others lead to
  std::vector<BlockId> from;     // and who of them does
  unsigned depth = 0;            // regions around it
};

class Heads {
 public:
  explicit Heads(Function& function) : function_(function) {}

  void run();

 private:
  void split(const std::vector<BlockId>& blocks, BlockId without, unsigned depth);
  BlockId give_head(Region& region);
  BlockId add_block();
  Instruction& emit(Op op);

  static constexpr BlockId kNone = 0xffff'ffff;
  static constexpr unsigned kMostDepth = 256;

  Function& function_;
  std::optional<Register> which_;  // where to go on, on the way to any of the heads
  std::vector<Region> pending_;
  std::vector<std::uint32_t> place_;  // by block: among those that are looked at, else kNone
};

void make_set(std::vector<BlockId>& blocks) {
  std::ranges::sort(blocks);
  blocks.erase(std::ranges::unique(blocks).begin(), blocks.end());
}

// The regions among the blocks, when nothing leads to `without` any more.
void Heads::split(const std::vector<BlockId>& blocks, BlockId without, unsigned depth) {
  for (std::uint32_t i = 0; i < blocks.size(); ++i) place_[blocks[i]] = i;
  Graph graph;
  std::vector<std::uint32_t> targets;
  for (const BlockId block : blocks) {
    targets.clear();
    for_each_edge(function_, block, [&](BlockId target, bool) {
      if (target != without && place_[target] != kNone) targets.push_back(place_[target]);
    });
    graph.add_node(targets);
  }
  for (const BlockId block : blocks) place_[block] = kNone;
  const Components found = components(graph);
  std::vector<Region> regions(found.count);
  for (std::uint32_t node = 0; node < blocks.size(); ++node) {
    const std::uint32_t mine = found.of[node];
    regions[mine].blocks.push_back(blocks[node]);
    if (blocks[node] == 0) regions[mine].entries.push_back(0);  // the function's start leads there
    for (const std::uint32_t target : graph.from(node)) {
      Region& other = regions[found.of[target]];
      if (&other == &regions[mine]) continue;
      other.entries.push_back(blocks[target]);
      other.from.push_back(blocks[node]);
    }
  }
  for (std::uint32_t component = 0; component < found.count; ++component) {
    if (!found.cyclic[component]) continue;
    make_set(regions[component].entries);
    make_set(regions[component].from);
    regions[component].depth = depth;
    pending_.push_back(std::move(regions[component]));
  }
}

BlockId Heads::add_block() {
  const auto block = static_cast<BlockId>(function_.blocks.size());
  // All homes may hold something behind it.
  function_.blocks.push_back({static_cast<std::uint32_t>(function_.code.size()),
                              function_.registers - function_.first_home(), 0, 0});
  place_.push_back(kNone);
  return block;
}

Instruction& Heads::emit(Op op) {
  Instruction& made = function_.code.emplace_back();
  made.op = op;
  return made;
}

// A switch, and for each entry a block that says which and goes to the switch, one for what leads
// there from inside and one for the rest. (Block 0 is no entry of several: whatever leads to its
// region is in it.)
BlockId Heads::give_head(Region& region) {
  if (!which_) which_ = function_.registers++;
  const BlockId head = add_block();
  Instruction& choice = emit(Op::Switch);
  choice.a = Operand::reg(*which_);
  choice.target = static_cast<std::uint32_t>(function_.targets.size());
  choice.other = static_cast<std::uint32_t>(region.entries.size()) - 1;
  const auto lead = [&](const std::vector<BlockId>& from) {
    const auto first = static_cast<BlockId>(function_.blocks.size());
    for (std::uint32_t i = 0; i < region.entries.size(); ++i) {
      function_.constants.push_back(i);
      add_block();
      Instruction& copy = emit(Op::Copy);
      copy.dst = *which_;
      copy.a = Operand::constant(static_cast<std::uint32_t>(function_.constants.size()) - 1);
      emit(Op::Jump).target = head;
    }
    for (const BlockId block : from) {
      redirect_edges(function_, block, [&](BlockId target) {
        const auto entry = std::ranges::lower_bound(region.entries, target);
        if (entry == region.entries.end() || *entry != target) return target;
        return first + static_cast<BlockId>(entry - region.entries.begin());
      });
    }
    return first;
  };
  lead(region.from);
  const BlockId ways = lead(region.blocks);
  for (BlockId way = ways; way < function_.blocks.size(); ++way) region.blocks.push_back(way);
  for (const BlockId entry : region.entries) function_.targets.push_back({entry, false});
  region.blocks.push_back(head);
  return head;
}

void Heads::run() {
  std::vector<BlockId> all(function_.blocks.size());
  std::iota(all.begin(), all.end(), BlockId{0});
  place_.assign(all.size(), kNone);
  split(all, kNone, 0);
  while (!pending_.empty()) {
    Region region = std::move(pending_.back());
    pending_.pop_back();
    if (region.depth == kMostDepth) region.entries = region.blocks;
    const BlockId head = region.entries.size() == 1 ? region.entries[0] : give_head(region);
    split(region.blocks, head, region.depth + 1);
  }
}

}  // namespace

void make_reducible(Function& function) { Heads(function).run(); }

}  // namespace rosetta::ir
