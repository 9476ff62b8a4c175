#include "base/refine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "fuzz/values.h"

namespace rosetta {
namespace {

using Numbers = std::vector<std::uint32_t>;
using Rows = std::vector<Numbers>;

Graph graph_of(const Rows& rows) {
  Graph graph;
  for (const Numbers& row : rows) graph.add_node(row);
  return graph;
}

// The places of keys among the different ones.
Numbers places(const Rows& keys) {
  Rows sorted = keys;
  std::ranges::sort(sorted);
  const auto repeated = std::ranges::unique(sorted);
  sorted.erase(repeated.begin(), repeated.end());
  Numbers found;
  for (const Numbers& key : keys) {
    found.push_back(
        static_cast<std::uint32_t>(std::ranges::lower_bound(sorted, key) - sorted.begin()));
  }
  return found;
}

// The definition: rounds that sort all nodes, until nothing changes.
Numbers rounds(const Rows& rows, const Numbers& rank) {
  Rows keys;
  for (const std::uint32_t r : rank) keys.push_back({r});
  for (Numbers found = places(keys);;) {
    for (std::size_t node = 0; node < rows.size(); ++node) {
      keys[node] = {found[node]};
      for (const std::uint32_t target : rows[node]) keys[node].push_back(found[target]);
    }
    const Numbers next = places(keys);
    if (next == found) return found;
    found = next;
  }
}

struct Ranked {
  Rows rows;
  Numbers rank;

  [[nodiscard]] Partition refined() const { return refine(graph_of(rows), rank); }
};

// Nodes of one rank have equally many edges. Few ranks and near targets make for deep refinements.
Ranked random_graph(fuzz::Random& random, std::size_t most_nodes, std::size_t most_edges) {
  Ranked graph;
  const std::size_t nodes = random.below(most_nodes + 1);
  const std::size_t ranks = random.between(1, std::max<std::size_t>(1, nodes / 2));
  Numbers degree(nodes);
  for (std::uint32_t& each : degree) {
    each = static_cast<std::uint32_t>(random.below(most_edges + 1));
  }
  const bool ring_like = random.chance(30);
  const bool few_ranks = random.chance(50);
  // Ranks need not be dense: their order is all that counts.
  const std::size_t gap = random.chance(30) ? std::max<std::size_t>(1, nodes / ranks) : 1;
  for (std::size_t node = 0; node < nodes; ++node) {
    const std::size_t r = few_ranks && !random.chance(20) ? 0 : random.below(ranks);
    graph.rank.push_back(static_cast<std::uint32_t>(r * gap));
    Numbers& row = graph.rows.emplace_back();
    for (std::uint32_t edge = 0; edge < degree[graph.rank.back()]; ++edge) {
      const std::size_t target = ring_like && edge == 0 ? (node + 1) % nodes : random.below(nodes);
      row.push_back(static_cast<std::uint32_t>(target));
    }
  }
  return graph;
}

// The same graph with its nodes numbered anew: node i becomes `to[i]`.
Ranked renumbered(const Ranked& graph, const Numbers& to) {
  Ranked result{Rows(to.size()), Numbers(to.size())};
  for (std::size_t node = 0; node < to.size(); ++node) {
    result.rank[to[node]] = graph.rank[node];
    for (const std::uint32_t target : graph.rows[node]) result.rows[to[node]].push_back(to[target]);
  }
  return result;
}

// A graph whose nodes are the classes.
Ranked quotient(const Ranked& graph, const Partition& partition) {
  Ranked result;
  for (const std::uint32_t node : partition.representatives()) {
    Numbers& row = result.rows.emplace_back();
    for (const std::uint32_t target : graph.rows[node]) row.push_back(partition.of[target]);
    result.rank.push_back(graph.rank[node]);
  }
  Rows ranks;  // to be below the number of classes
  for (const std::uint32_t r : result.rank) ranks.push_back({r});
  result.rank = places(ranks);
  return result;
}

Numbers random_order(fuzz::Random& random, std::size_t size) {
  Numbers order(size);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

Numbers counted(std::size_t size) {
  Numbers numbers(size);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(RefineTest, OfSmallGraphs) {
  const struct {
    const char* what;
    Ranked graph;
    Numbers of;
  } cases[] = {
      {"nothing", {}, {}},
      {"one node", {{{}}, {0}}, {0}},
      {"one node that points to itself", {{{0}}, {0}}, {0}},
      {"ranks alone", {{{}, {}, {}, {}}, {2, 0, 3, 0}}, {1, 0, 2, 0}},
      {"a ring of one rank", {{{1}, {2}, {0}}, {0, 0, 0}}, {0, 0, 0}},
      {"a ring of period two", {{{1}, {2}, {3}, {0}}, {0, 1, 0, 1}}, {0, 1, 0, 1}},
      {"a copy that points into a ring", {{{0}, {0}, {1}}, {0, 0, 0}}, {0, 0, 0}},
      {"order of edges", {{{1, 2}, {}, {}, {2, 1}}, {2, 0, 1, 2}}, {2, 0, 1, 3}},
      // By the first edge before the second, whatever the nodes' numbers are.
      {"the first edge counts most",
       {{{5, 4}, {4, 5}, {4, 4}, {5, 5}, {}, {}}, {2, 2, 2, 2, 0, 1}},
       {4, 3, 2, 5, 0, 1}},
      {"a chain", {{{1}, {2}, {3}, {}}, {0, 0, 0, 1}}, {0, 1, 2, 3}},
      {"a chain to the least rank", {{{1}, {2}, {3}, {}}, {1, 1, 1, 0}}, {3, 2, 1, 0}},
  };
  for (const auto& each : cases) {
    const Partition found = each.graph.refined();
    EXPECT_EQ(found.of, each.of) << each.what;
    const std::uint32_t count = each.of.empty() ? 0 : std::ranges::max(each.of) + 1;
    EXPECT_EQ(found.count, count) << each.what;
    EXPECT_EQ(rounds(each.graph.rows, each.graph.rank), each.of) << each.what;
  }
}

TEST(RefineTest, RepresentativesAreFirstNodes) {
  EXPECT_EQ((Partition{{2, 0, 2, 1, 0}, 3}.representatives()), (Numbers{1, 3, 0}));
  EXPECT_TRUE(Partition().representatives().empty());
}

// Classes and their order: those of the definition.
TEST(RefineTest, IsWhatRoundsComeTo) {
  fuzz::Random random(1);
  const struct {
    int graphs;
    std::size_t nodes;
    std::size_t edges;
  } sizes[] = {{10'000, 8, 3}, {5'000, 20, 3}, {1'000, 60, 2}, {500, 40, 40}, {20, 400, 2}};
  for (const auto& [graphs, nodes, edges] : sizes) {
    for (int i = 0; i < graphs; ++i) {
      const Ranked graph = random_graph(random, nodes, edges);
      const Partition found = graph.refined();
      ASSERT_EQ(found.of, rounds(graph.rows, graph.rank))
          << testing::PrintToString(graph.rows) << testing::PrintToString(graph.rank);
      ASSERT_EQ(found.count, graph.rows.empty() ? 0 : std::ranges::max(found.of) + 1);
    }
  }
}

TEST(RefineTest, DependsOnNoNumberAndMergingChangesNothing) {
  fuzz::Random random(2);
  for (int i = 0; i < 2'000; ++i) {
    const Ranked graph = random_graph(random, 24, 3);
    const Partition found = graph.refined();
    const Numbers order = random_order(random, graph.rows.size());
    const Partition other = renumbered(graph, order).refined();
    for (std::size_t node = 0; node < order.size(); ++node) {
      ASSERT_EQ(other.of[order[node]], found.of[node]) << testing::PrintToString(graph.rows);
    }
    // Classes are all different, and in order already.
    ASSERT_EQ(quotient(graph, found).refined().of, counted(found.count))
        << testing::PrintToString(graph.rows);
  }
}

// What takes n rounds that all look at n nodes if done as it is defined.
TEST(RefineTest, OfALongRingWithAMarker) {
  constexpr std::uint32_t kSize = 100'000;
  for (const std::uint32_t marker : {0U, 1U}) {
    Ranked ring{Rows(kSize), Numbers(kSize, 1 - marker)};
    for (std::uint32_t node = 0; node < kSize; ++node) ring.rows[node] = {(node + 1) % kSize};
    ring.rank[0] = marker;
    const Partition found = ring.refined();
    ASSERT_EQ(found.count, kSize);
    // The nearer to the marker, the nearer to its place in the order.
    for (std::uint32_t node = 1; node < kSize; ++node) {
      ASSERT_EQ(found.of[node], marker == 0 ? kSize - node : node - 1);
    }
    EXPECT_EQ(found.of[0], marker == 0 ? 0 : kSize - 1);
  }
}

TEST(RefineTest, OfALongChainAndALongPlainRing) {
  constexpr std::uint32_t kSize = 100'000;
  Ranked chain{Rows(kSize), Numbers(kSize, 1)};
  for (std::uint32_t node = 1; node < kSize; ++node) chain.rows[node] = {node - 1};
  chain.rank[0] = 0;
  EXPECT_EQ(chain.refined().of, counted(kSize));
  Ranked ring = std::move(chain);
  ring.rows[0] = {kSize - 1};
  ring.rank[0] = 1;
  EXPECT_EQ(ring.refined().count, 1U);
}

TEST(RefineTest, OfStars) {
  constexpr std::uint32_t kLeaves = 50'000;
  Numbers leaves = counted(kLeaves);
  // Outward, from two centres: one of them names the leaves in another order.
  Ranked outward{Rows(kLeaves), Numbers(kLeaves, 0)};
  outward.rows.push_back(leaves);
  std::ranges::reverse(leaves);
  outward.rows.push_back(leaves);
  outward.rank.insert(outward.rank.end(), {1, 1});
  EXPECT_EQ(outward.refined().count, 2U);
  outward.rank[7] = 2;  // the centres see it at different edges
  const Partition found = outward.refined();
  EXPECT_EQ(found.count, 4U);
  EXPECT_EQ(found.of[0], 0U);
  EXPECT_EQ(found.of[kLeaves + 1], 1U);  // later, so what is there is less
  EXPECT_EQ(found.of[kLeaves], 2U);
  EXPECT_EQ(found.of[7], 3U);

  // Inward, to a centre that points to itself: all but the centre look the same.
  Ranked inward{Rows(kLeaves, {0}), Numbers(kLeaves, 0)};
  EXPECT_EQ(inward.refined().count, 1U);
  inward.rank[0] = 1;
  const Partition around = inward.refined();
  EXPECT_EQ(around.count, 2U);
  EXPECT_EQ(around.of[0], 1U);
}

// Two hubs point to every node of a ring that falls apart node by node: a round must not look at
// all that a hub points to.
TEST(RefineTest, OfHubsOnAFallingRing) {
  constexpr std::uint32_t kSize = 20'000;
  Ranked graph{Rows(kSize), Numbers(kSize, 0)};
  for (std::uint32_t node = 0; node < kSize; ++node) graph.rows[node] = {(node + 1) % kSize};
  graph.rank[0] = 1;
  for (int hub = 0; hub < 2; ++hub) {
    graph.rows.push_back(counted(kSize));
    graph.rank.push_back(2);
  }
  EXPECT_EQ(graph.refined().count, kSize + 1);
  std::swap(graph.rows.back()[kSize / 2], graph.rows.back()[kSize / 2 + 1]);
  EXPECT_EQ(graph.refined().count, kSize + 2);
}

TEST(RefineTest, OfManyParallelEdges) {
  // Four nodes with 10,000 edges each to two targets; the last edge of one differs, and the first
  // of another.
  constexpr std::size_t kEdges = 10'000;
  Ranked graph{{{}, {}}, {0, 1}};
  for (int node = 0; node < 4; ++node) {
    graph.rows.emplace_back(kEdges, 0);
    graph.rank.push_back(2);
  }
  graph.rows[3].back() = 1;
  graph.rows[4].front() = 1;
  EXPECT_EQ(graph.refined().of, (Numbers{0, 1, 2, 3, 4, 2}));
  // All edges of many nodes to one class that splits: only a part of them change.
  Ranked loops;
  for (std::uint32_t node = 0; node < 1'000; ++node) {
    loops.rows.emplace_back(100, node / 2);
    loops.rank.push_back(node == 0 ? 1 : 0);
  }
  EXPECT_EQ(loops.refined().of, rounds(loops.rows, loops.rank));
}

}  // namespace
}  // namespace rosetta
