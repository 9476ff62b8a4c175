// Partition refinement of a graph whose nodes have ordered edges: which nodes look the same however
// far one follows them, and an order of those that do not.
#pragma once

#include <cstdint>
#include <vector>

#include "base/graph.h"

namespace rosetta {

struct Partition {
  // By node: the number of its class. Classes are numbered in their order.
  std::vector<std::uint32_t> of;
  std::uint32_t count = 0;

  // By class, its first node.
  [[nodiscard]] std::vector<std::uint32_t> representatives() const;
};

// The coarsest partition in which nodes of one class have one `rank` and, edge by edge, targets of
// one class. It is what rounds come to that sort all nodes by their rank and, where equal, by the
// ranks that their targets had before the round, until nothing changes: classes are in that order.
// It depends on no node's number, and merging nodes of one class would not change it.
//
// Nodes of one rank must have equally many edges; ranks are below the number of nodes. With n nodes
// and m edges it takes time O((n + m) log² n) and linear memory, however many rounds there are.
Partition refine(const Graph& graph, const std::vector<std::uint32_t>& rank);

}  // namespace rosetta
