// Directed graphs over dense node numbers: what the call graph of a program is to every layer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rosetta {

// Edges in compressed rows: the targets of node n are targets[first[n]] .. targets[first[n + 1]].
struct Graph {
  std::vector<std::uint32_t> first{0};
  std::vector<std::uint32_t> targets;

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(first.size() - 1); }
  [[nodiscard]] std::span<const std::uint32_t> from(std::uint32_t node) const {
    return std::span(targets).subspan(first[node], first[node + 1] - first[node]);
  }
  // Appends the next node with its targets, which may be nodes yet to come.
  void add_node(std::span<const std::uint32_t> to);
};

struct Components {
  // Component of each node. A component's number is greater than that of every other component it
  // reaches: ascending order is callees first.
  std::vector<std::uint32_t> of;
  std::uint32_t count = 0;
  // Whether the component has a cycle: more than one node, or an edge from a node to itself.
  std::vector<bool> cyclic;

  // The nodes of each component, in ascending order of node within component.
  [[nodiscard]] Graph members() const;
};

// Tarjan's strongly connected components, without recursion, so depth is bounded by memory alone.
// Time and memory linear in nodes and edges.
Components components(const Graph& graph);

}  // namespace rosetta
