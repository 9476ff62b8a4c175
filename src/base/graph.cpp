#include "base/graph.h"

#include <algorithm>

namespace rosetta {

void Graph::add_node(std::span<const std::uint32_t> to) {
  targets.insert(targets.end(), to.begin(), to.end());
  first.push_back(static_cast<std::uint32_t>(targets.size()));
}

Graph Components::members() const {
  Graph graph;
  graph.first.assign(count + 1, 0);
  for (const std::uint32_t component : of) ++graph.first[component + 1];
  for (std::uint32_t c = 0; c < count; ++c) graph.first[c + 1] += graph.first[c];
  graph.targets.resize(of.size());
  std::vector<std::uint32_t> next(graph.first.begin(), graph.first.end() - 1);
  for (std::uint32_t node = 0; node < of.size(); ++node) graph.targets[next[of[node]]++] = node;
  return graph;
}

Components components(const Graph& graph) {
  constexpr std::uint32_t kNone = 0xffff'ffff;
  const std::uint32_t size = graph.size();
  Components result;
  result.of.assign(size, kNone);

  struct Visit {
    std::uint32_t node;
    std::uint32_t next_edge;
  };
  std::vector<std::uint32_t> order(size, kNone);  // when a node was first seen
  std::vector<std::uint32_t> low(size, 0);        // the earliest node on the stack it reaches
  std::vector<std::uint32_t> open;                // Tarjan's stack: seen, component still unknown
  std::vector<Visit> path;
  std::uint32_t seen = 0;

  const auto enter = [&](std::uint32_t node) {
    order[node] = low[node] = seen++;
    open.push_back(node);
    path.push_back({node, graph.first[node]});
  };
  for (std::uint32_t root = 0; root < size; ++root) {
    if (order[root] != kNone) continue;
    enter(root);
    while (!path.empty()) {
      const std::uint32_t node = path.back().node;
      if (path.back().next_edge < graph.first[node + 1]) {
        const std::uint32_t target = graph.targets[path.back().next_edge++];
        if (order[target] == kNone) {
          enter(target);
        } else if (result.of[target] == kNone) {
          low[node] = std::min(low[node], order[target]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().node] = std::min(low[path.back().node], low[node]);
      if (low[node] != order[node]) continue;
      const std::span<const std::uint32_t> targets = graph.from(node);
      result.cyclic.push_back(open.back() != node ||
                              std::find(targets.begin(), targets.end(), node) != targets.end());
      while (result.of[node] == kNone) {
        result.of[open.back()] = result.count;
        open.pop_back();
      }
      ++result.count;
    }
  }
  return result;
}

}  // namespace rosetta
