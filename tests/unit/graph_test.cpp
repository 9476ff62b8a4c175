#include "base/graph.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace rosetta {
namespace {

using Rows = std::vector<std::vector<std::uint32_t>>;

Graph graph_of(const Rows& rows) {
  Graph graph;
  for (const auto& row : rows) graph.add_node(row);
  return graph;
}

// Whether a path of at least one edge leads from one node to another, by closure.
std::vector<std::vector<bool>> reachable(const Rows& rows) {
  const std::size_t size = rows.size();
  std::vector reaches(size, std::vector<bool>(size));
  for (std::size_t from = 0; from < size; ++from) {
    for (const std::uint32_t to : rows[from]) reaches[from][to] = true;
  }
  for (std::size_t via = 0; via < size; ++via) {
    for (std::size_t from = 0; from < size; ++from) {
      for (std::size_t to = 0; to < size && reaches[from][via]; ++to) {
        if (reaches[via][to]) reaches[from][to] = true;
      }
    }
  }
  return reaches;
}

TEST(GraphTest, RowsAreWhatWasAdded) {
  const Graph graph = graph_of({{1, 2}, {}, {2, 0, 2}});
  ASSERT_EQ(graph.size(), 3U);
  EXPECT_TRUE(std::ranges::equal(graph.from(0), std::vector{1U, 2U}));
  EXPECT_TRUE(graph.from(1).empty());
  EXPECT_TRUE(std::ranges::equal(graph.from(2), std::vector{2U, 0U, 2U}));
  EXPECT_EQ(Graph().size(), 0U);
}

TEST(ComponentsTest, OfSmallGraphs) {
  const struct {
    const char* what;
    Rows rows;
    std::vector<std::uint32_t> of;
    std::vector<bool> cyclic;
  } cases[] = {
      {"nothing", {}, {}, {}},
      {"one node", {{}}, {0}, {false}},
      {"an edge to itself", {{0}}, {0}, {true}},
      {"callees first", {{1}, {2}, {}}, {2, 1, 0}, {false, false, false}},
      {"two nodes in a ring", {{1}, {0}}, {0, 0}, {true}},
      {"a ring behind an entry", {{1}, {2}, {1}}, {1, 0, 0}, {true, false}},
      {"an entry from a ring", {{1}, {0, 2}, {}}, {1, 1, 0}, {false, true}},
      {"not connected", {{}, {1}}, {0, 1}, {false, true}},
      {"parallel edges make no cycle", {{1, 1}, {}}, {1, 0}, {false, false}},
  };
  for (const auto& each : cases) {
    const Components found = components(graph_of(each.rows));
    EXPECT_EQ(found.of, each.of) << each.what;
    EXPECT_EQ(found.count, each.cyclic.size()) << each.what;
    EXPECT_EQ(found.cyclic, each.cyclic) << each.what;
  }
}

RC_GTEST_PROP(ComponentsTest, AreThoseOfMutualReachability, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 14);
  const auto edges = *rc::gen::inRange<std::size_t>(0, 2 * size);
  Rows rows(size);
  for (std::size_t i = 0; i < edges; ++i) {
    rows[*rc::gen::inRange<std::size_t>(0, size)].push_back(
        *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(size)));
  }
  const auto reaches = reachable(rows);
  const Components found = components(graph_of(rows));
  RC_ASSERT(found.of.size() == size);
  RC_ASSERT(found.cyclic.size() == found.count);
  for (std::size_t a = 0; a < size; ++a) {
    RC_ASSERT(found.of[a] < found.count);
    RC_ASSERT(found.cyclic[found.of[a]] == reaches[a][a]);
    for (std::size_t b = 0; b < size; ++b) {
      const bool together = a == b || (reaches[a][b] && reaches[b][a]);
      RC_ASSERT((found.of[a] == found.of[b]) == together);
      if (reaches[a][b]) RC_ASSERT(found.of[b] <= found.of[a]);
    }
  }
  const Graph members = found.members();
  RC_ASSERT(members.size() == found.count);
  RC_ASSERT(members.targets.size() == size);
  for (std::uint32_t component = 0; component < found.count; ++component) {
    const auto nodes = members.from(component);
    RC_ASSERT(!nodes.empty());
    RC_ASSERT(std::ranges::is_sorted(nodes));
    for (const std::uint32_t node : nodes) RC_ASSERT(found.of[node] == component);
  }
}

// Neither a long path nor a long ring may go through the machine's stack.
TEST(ComponentsTest, OfAMillionNodesInAChain) {
  constexpr std::uint32_t kSize = 1'000'000;
  for (const bool ring : {false, true}) {
    Graph graph;
    for (std::uint32_t node = 0; node < kSize; ++node) {
      const std::uint32_t next = node + 1 < kSize ? node + 1 : 0;
      if (node + 1 < kSize || ring) {
        graph.add_node(std::span(&next, 1));
      } else {
        graph.add_node({});
      }
    }
    const Components found = components(graph);
    EXPECT_EQ(found.count, ring ? 1 : kSize);
    EXPECT_EQ(found.of.front(), ring ? 0 : kSize - 1);
    EXPECT_EQ(found.of.back(), 0U);
    EXPECT_EQ(std::ranges::count(found.cyclic, true), ring ? 1 : 0);
  }
}

}  // namespace
}  // namespace rosetta
