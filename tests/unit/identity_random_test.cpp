// Identity of random call graphs, against the definition done slowly.
//
// ROSETTAVM_SEEDS="first:count" asks for other seeds than the suite's (fuzz/seeds.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "check/load.h"
#include "code/identity.h"
#include "fuzz/seeds.h"
#include "fuzz/values.h"
#include "text/assemble.h"
#include "unit/call_graph.h"
#include "unit/objects.h"

namespace rosetta {
namespace {

#if __has_feature(address_sanitizer)
constexpr unsigned long long kGraphs = 1'000;
#else
constexpr unsigned long long kGraphs = 5'000;
#endif

using Order = std::vector<std::uint32_t>;

// The hashes of a program, by number, written down at random.
std::vector<Hash> hashes_of(const CallGraph& graph, fuzz::Random& random,
                            const KeepObject& keep = {}) {
  const Order order = random_order(random, graph.size());
  const std::vector<std::string> names = random_names(random, graph.size());
  const std::vector<Hash> written =
      identify(functions_of(text_of(graph, order, names, random)), keep);
  std::vector<Hash> hashes(graph.size());
  for (std::size_t i = 0; i < order.size(); ++i) hashes[order[i]] = written[i];
  return hashes;
}

std::string describe(const CallGraph& graph) {
  std::string text;
  for (std::uint32_t i = 0; i < graph.size(); ++i) {
    text += fmt::format("f{}: body {}", i, graph.functions[i].body);
    for (const std::uint32_t callee : graph.functions[i].callees) {
      text += fmt::format(" f{}", callee);
    }
    text += '\n';
  }
  return text;
}

// Changes one call site or one body, so that copies are so no longer, or only look so.
void change_something(CallGraph& graph, fuzz::Random& random) {
  CallGraph::Function& function = graph.functions[random.below(graph.size())];
  if (!function.callees.empty() && random.chance(70)) {
    function.callees[random.below(function.callees.size())] =
        static_cast<std::uint32_t>(random.below(graph.size()));
    return;
  }
  const auto body = static_cast<std::uint32_t>(random.below(kCommonBodies));
  if (sites(body) == sites(function.body)) function.body = body;
}

// Where hashes and the slow relation differ, or nothing.
std::string differs(const CallGraph& graph, std::span<const Hash> hashes) {
  const std::vector<std::vector<bool>> same = same_functions(graph);
  for (std::uint32_t a = 0; a < graph.size(); ++a) {
    for (std::uint32_t b = 0; b < a; ++b) {
      if ((hashes[a] == hashes[b]) == same[a][b]) continue;
      return fmt::format("f{} and f{} are {}, but have {} hashes\n{}", a, b,
                         same[a][b] ? "the same" : "different", same[a][b] ? "different" : "equal",
                         describe(graph));
    }
  }
  return "";
}

// The members' order, found by the rounds of docs/identity.md: by node with inner callees blank,
// then again and again by rank and the ranks of inner callees.
bool in_order(const Object& component) {
  const std::size_t size = component.nodes.size();
  using Key = std::pair<std::string, std::vector<std::size_t>>;
  std::vector<Key> keys;
  for (const Node& node : component.nodes) keys.push_back({encode(node, true), {}});
  std::vector<std::size_t> rank(size);
  for (std::size_t round = 0; round <= size; ++round) {
    const std::set<Key> sorted(keys.begin(), keys.end());
    for (std::size_t i = 0; i < size; ++i) {
      rank[i] = static_cast<std::size_t>(std::distance(sorted.begin(), sorted.find(keys[i])));
    }
    for (std::size_t i = 0; i < size; ++i) {
      keys[i] = {"", {rank[i]}};
      for (const Reference& callee : component.nodes[i].callees) {
        if (callee.inner) keys[i].second.push_back(rank[callee.place]);
      }
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (rank[i] != i) return false;
  }
  return true;
}

std::string with_seed(std::uint64_t seed, std::string what) {
  return what.empty() ? what : fmt::format("seed {}: {}", seed, what);
}

// The bodies of call_graph.h are as many different codes, however they are spelt.
TEST(IdentityRandomTest, BodiesHaveOneCodeEach) {
  fuzz::Random random(1);
  std::set<Hash> all;
  const std::uint32_t count = kCommonBodies + 8;
  for (std::uint32_t body = 0; body < count; ++body) {
    CallGraph graph{{{0, {}}, {body, std::vector<std::uint32_t>(sites(body), 0)}}};
    std::set<Hash> spelt;
    for (int i = 0; i < 20; ++i) spelt.insert(hashes_of(graph, random)[1]);
    EXPECT_EQ(spelt.size(), 1U) << "body " << body;
    all.merge(spelt);
  }
  EXPECT_EQ(all.size(), count);
}

// Equal hashes exactly where the definition says so, whatever else is in the program and however it
// is written down.
TEST(IdentityRandomTest, AgreesWithTheDefinition) {
  fuzz::for_all_seeds(kGraphs, [](std::uint64_t seed) -> std::string {
    fuzz::Random random(seed);
    CallGraph graph = random_call_graph(random, random.chance(3) ? 50 : 9);
    const std::vector<Hash> alone = hashes_of(graph, random);
    std::string wrong = differs(graph, alone);
    if (!wrong.empty()) return with_seed(seed, wrong);
    if (hashes_of(graph, random) != alone) {
      return with_seed(seed, "another spelling has other hashes\n" + describe(graph));
    }
    const std::vector<std::uint32_t> original = add_copies(graph, random);
    MemoryLibrary library;
    const std::vector<Hash> copied = hashes_of(
        graph, random,
        [&](const Hash& hash, std::string_view bytes) { library.objects.emplace(hash, bytes); });
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
      if (copied[i] == alone[original[i]]) continue;
      return with_seed(seed, fmt::format("f{} has not the hash of its original f{}\n{}", i,
                                         original[i], describe(graph)));
    }
    wrong = differs(graph, copied);
    if (!wrong.empty()) return with_seed(seed, wrong);
    for (const auto& [hash, bytes] : library.objects) {
      if (!in_order(*decode_object(bytes))) {
        return with_seed(seed, to_hex(hash) + " is not in order\n" + describe(graph));
      }
    }
    const Result<Loaded> loaded = load(copied, library);
    if (!loaded) return with_seed(seed, loaded.error().message + "\n" + describe(graph));
    for (std::size_t changes = random.between(1, 3); changes > 0; --changes) {
      change_something(graph, random);
    }
    return with_seed(seed, differs(graph, hashes_of(graph, random)));
  });
}

// All that `root` reaches, short of functions for which `stop` is true.
Order closure(const CallGraph& graph, std::uint32_t root,
              const std::function<bool(std::uint32_t)>& stop) {
  Order found{root};
  std::vector<bool> known(graph.size());
  known[root] = true;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const std::uint32_t callee : graph.functions[found[i]].callees) {
      if (known[callee]) continue;
      known[callee] = true;
      if (!stop(callee)) found.push_back(callee);
    }
  }
  return found;
}

// A program that comes in parts, in a random order, each calling by hash what came before: the
// hashes are those of the whole, and no other objects are made. A part may bring again what is
// there already.
std::string in_parts(const CallGraph& graph, fuzz::Random& random) {
  MemoryLibrary whole;
  const std::vector<Hash> wanted = hashes_of(
      graph, random,
      [&](const Hash& hash, std::string_view bytes) { whole.objects.emplace(hash, bytes); });
  MemoryLibrary library;
  std::vector<bool> stored(graph.size());
  for (const std::uint32_t root : random_order(random, graph.size())) {
    std::vector<std::string> names = random_names(random, graph.size());
    std::vector<bool> by_hash(graph.size());
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
      by_hash[i] = stored[i] && i != root && random.chance(70);
      if (by_hash[i]) names[i] = "#" + to_hex(wanted[i]);
    }
    Order part = closure(graph, root, [&](std::uint32_t i) { return by_hash[i]; });
    for (std::size_t i = part.size(); i > 1; --i) std::swap(part[i - 1], part[random.below(i)]);
    const std::string text = text_of(graph, part, names, random);
    const Result<Assembly> assembly = assemble(text, library);
    if (!assembly) return assembly.error().message + "\n" + text;
    if (assembly->error_count > 0) return assembly->errors[0].message + "\n" + text;
    const std::vector<Hash> hashes = library.add(assembly->functions);
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (hashes[i] != wanted[part[i]]) {
        return fmt::format("f{} has another hash than in the whole program\n{}{}", part[i], text,
                           describe(graph));
      }
      stored[part[i]] = true;
    }
  }
  if (library.objects != whole.objects) return "other objects were made\n" + describe(graph);
  return "";
}

TEST(IdentityRandomTest, PartsThatCallByHashAreTheWhole) {
  fuzz::for_all_seeds(kGraphs, [](std::uint64_t seed) {
    fuzz::Random random(seed);
    CallGraph graph = random_call_graph(random, 7);
    if (random.chance(70)) add_copies(graph, random);
    if (random.chance(30)) change_something(graph, random);
    return with_seed(seed, in_parts(graph, random));
  });
}

// A body that is new moves its function and whoever reaches it, and no other.
std::string after_a_new_body(CallGraph graph, fuzz::Random& random) {
  const std::vector<Hash> before = hashes_of(graph, random);
  const auto changed = static_cast<std::uint32_t>(random.below(graph.size()));
  std::uint32_t& body = graph.functions[changed].body;
  body = body_with(sites(body), static_cast<std::uint32_t>(random.below(1'000)));
  const std::vector<Hash> after = hashes_of(graph, random);
  const std::vector<bool> moved = reaching(graph, changed);
  for (std::uint32_t i = 0; i < graph.size(); ++i) {
    if ((before[i] != after[i]) == moved[i]) continue;
    return fmt::format("f{} is to {} where f{} gets another body\n{}", i,
                       moved[i] ? "move" : "stay", changed, describe(graph));
  }
  return "";
}

// Another callee moves those that the definition says: the programs before and after stand side by
// side for it.
std::string after_another_callee(const CallGraph& graph, fuzz::Random& random) {
  CallGraph both = graph;
  const std::uint32_t size = graph.size();
  for (CallGraph::Function function : graph.functions) {
    for (std::uint32_t& callee : function.callees) callee += size;
    both.functions.push_back(function);
  }
  CallGraph::Function& function = both.functions[size + random.below(size)];
  if (function.callees.empty()) return "";
  function.callees[random.below(function.callees.size())] =
      size + static_cast<std::uint32_t>(random.below(size));
  CallGraph changed;
  for (std::uint32_t i = size; i < 2 * size; ++i) {
    changed.functions.push_back(both.functions[i]);
    for (std::uint32_t& callee : changed.functions.back().callees) callee -= size;
  }
  const std::vector<Hash> before = hashes_of(graph, random);
  const std::vector<Hash> after = hashes_of(changed, random);
  const std::vector<std::vector<bool>> same = same_functions(both);
  for (std::uint32_t i = 0; i < size; ++i) {
    for (std::uint32_t k = 0; k < size; ++k) {
      if ((before[i] == after[k]) == same[i][size + k]) continue;
      return fmt::format("f{} before and f{} after are {}\n{}", i, k,
                         same[i][size + k] ? "the same" : "different", describe(both));
    }
  }
  return "";
}

TEST(IdentityRandomTest, AChangeMovesWhoReachesIt) {
  fuzz::for_all_seeds(kGraphs, [](std::uint64_t seed) {
    fuzz::Random random(seed);
    CallGraph graph = random_call_graph(random, 8);
    if (random.chance(50)) add_copies(graph, random);
    std::string wrong = after_a_new_body(graph, random);
    if (wrong.empty()) wrong = after_another_callee(graph, random);
    return with_seed(seed, wrong);
  });
}

}  // namespace
}  // namespace rosetta
