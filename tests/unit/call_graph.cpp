#include "unit/call_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace rosetta {
namespace {

// $n is the parameter, $a and $b are locals, $0 to $2 callees. The spellings are of one code.
struct Body {
  std::size_t sites;
  std::vector<std::string_view> spellings;
};

const Body kBodies[kCommonBodies] = {
    {0, {"load $n push 1 add ret", "local $a: f32 load 0 i64.const 0x1 i64.add ret"}},
    {0, {"load $n push 2 add ret", "load $n push 0x2i64 add ret"}},
    {0, {"local $a load $n store $a load $a ret", "local $b local $a load 0 store 2 load $a ret"}},
    {1, {"load $n call $0 ret", "local $a load 0 call $0\n ret"}},
    {1, {"load $n tailcall $0", "load 0 tailcall $0\n"}},
    // The call site is in code that no path reaches.
    {1, {"load $n ret load $n call $0 ret", "load $n ret load 0 call $0 ret"}},
    {1,
     {"load $n jumpifnot x load $n push 1 sub call $0 push 3 mul ret x: push 0 ret",
      "load 0 jf 8 load 0 i64.const 1 i64.sub call $0 i64.const 3 i64.mul ret i64.const 0 ret"}},
    {2,
     {"load $n jumpif x load $n tailcall $0 x: load $n tailcall $1",
      "load $n jt 3 load $n tailcall $0 load 0 tailcall $1"}},
    {2, {"load $n call $0 call $1 ret", "load 0 call $0\n call $1\n ret"}},
    {2,
     {"local $a local $b load $n call $0 store $a load $a call $1 tee $b ret",
      "local $b local $a load $n call $0 store $a load $a call $1 tee $b ret"}},
    {3, {"load $n call $0 call $1 call $2 ret", "load 0 call $0 call $1 call $2 ret"}},
    {3,
     {"load $n jumptable x y z\nx: load $n tailcall $0 y: load $n tailcall $1 z: load $n call $2 "
      "ret",
      "load 0 jumptable 1 3 5\n load $n tailcall $0 load $n tailcall $1 load $n call $2 ret"}},
};

std::string spelling(std::uint32_t body, fuzz::Random& random) {
  if (body < kCommonBodies) return std::string(random.pick(kBodies[body].spellings));
  std::string text = fmt::format("load $n push {} add", body);
  for (std::size_t i = 0; i < sites(body); ++i) text += fmt::format(" call ${}", i);
  return text + " ret";
}

}  // namespace

std::size_t sites(std::uint32_t body) {
  return body < kCommonBodies ? kBodies[body].sites : body % 4;
}

std::uint32_t body_with(std::size_t sites, std::uint32_t variant) {
  return 4 * (kCommonBodies + variant) + static_cast<std::uint32_t>(sites);
}

CallGraph random_call_graph(fuzz::Random& random, std::size_t most) {
  CallGraph graph;
  const std::size_t size = random.between(1, most);
  std::vector<std::uint32_t> bodies(random.between(1, 4));
  for (std::uint32_t& body : bodies) {
    body = static_cast<std::uint32_t>(random.below(kCommonBodies));
  }
  enum class Manner { All, Before, Neighbours, Groups };
  const auto manner = static_cast<Manner>(random.below(4));
  const std::size_t group = random.between(1, 4);
  for (std::size_t i = 0; i < size; ++i) {
    CallGraph::Function& function = graph.functions.emplace_back();
    function.body = random.pick(bodies);
    // Without functions before there is nothing to call: a leaf.
    if (manner == Manner::Before && i == 0) function.body = 0;
    for (std::size_t site = 0; site < sites(function.body); ++site) {
      std::size_t callee = random.below(size);
      const std::size_t begin = i / group * group;
      switch (manner) {
        case Manner::All: break;
        case Manner::Before: callee = random.below(i); break;
        case Manner::Neighbours: callee = (i + random.between(1, 2)) % size; break;
        case Manner::Groups:
          callee = begin > 0 && random.chance(25)
                       ? random.below(begin)
                       : begin + random.below(std::min(size, begin + group) - begin);
          break;
      }
      function.callees.push_back(static_cast<std::uint32_t>(callee));
    }
  }
  return graph;
}

std::vector<std::uint32_t> add_copies(CallGraph& graph, fuzz::Random& random) {
  std::vector<std::uint32_t> original(graph.size());
  std::iota(original.begin(), original.end(), 0);
  std::vector<std::vector<std::uint32_t>> copies(graph.size());
  for (std::uint32_t i = 0; i < graph.size(); ++i) copies[i] = {i};
  const auto some = [&](std::uint32_t of) { return random.pick(copies[original[of]]); };
  // All at first, so that copies call each other as well.
  const std::uint32_t before = graph.size();
  const std::size_t count = random.between(1, 2 * std::size_t{before});
  for (std::size_t i = 0; i < count; ++i) {
    const auto of = static_cast<std::uint32_t>(random.below(before));
    copies[of].push_back(graph.size());
    original.push_back(of);
    graph.functions.push_back(CallGraph::Function(graph.functions[of]));
  }
  for (std::uint32_t i = 0; i < graph.size(); ++i) {
    const bool led_anew = i >= before || random.chance(30);
    if (!led_anew) continue;
    for (std::uint32_t& callee : graph.functions[i].callees) callee = some(callee);
  }
  return original;
}

std::vector<std::vector<bool>> same_functions(const CallGraph& graph) {
  const std::uint32_t size = graph.size();
  const auto& functions = graph.functions;
  std::vector same(size, std::vector<bool>(size));
  for (std::uint32_t a = 0; a < size; ++a) {
    for (std::uint32_t b = 0; b < size; ++b) same[a][b] = functions[a].body == functions[b].body;
  }
  const auto callees_same = [&](std::uint32_t a, std::uint32_t b) {
    for (std::size_t site = 0; site < functions[a].callees.size(); ++site) {
      if (!same[functions[a].callees[site]][functions[b].callees[site]]) return false;
    }
    return true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t a = 0; a < size; ++a) {
      for (std::uint32_t b = 0; b < size; ++b) {
        if (!same[a][b] || callees_same(a, b)) continue;
        same[a][b] = false;
        changed = true;
      }
    }
  }
  return same;
}

std::vector<bool> reaching(const CallGraph& graph, std::uint32_t to) {
  std::vector<bool> reaches(graph.size());
  reaches[to] = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
      if (reaches[i]) continue;
      reaches[i] = std::ranges::any_of(graph.functions[i].callees,
                                       [&](std::uint32_t callee) { return reaches[callee]; });
      changed = changed || reaches[i];
    }
  }
  return reaches;
}

std::vector<std::uint32_t> random_order(fuzz::Random& random, std::uint32_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

std::vector<std::string> random_names(fuzz::Random& random, std::uint32_t size) {
  std::vector<std::string> names;
  for (const std::uint32_t number : random_order(random, size)) {
    names.push_back(fmt::format("f{}", number));
  }
  return names;
}

std::string text_of(const CallGraph& graph, std::span<const std::uint32_t> which,
                    std::span<const std::string> names, fuzz::Random& random) {
  std::string text;
  for (const std::uint32_t number : which) {
    const CallGraph::Function& function = graph.functions[number];
    const char letter = static_cast<char>('c' + random.below(20));
    text += fmt::format("fn {}({}: i64) -> i64 {{ ", names[number], letter);
    const std::string body = spelling(function.body, random);
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (body[i] != '$') {
        text += body[i];
        continue;
      }
      const char what = body[++i];
      if (what == 'n') {
        text += letter;
      } else if (what == 'a' || what == 'b') {
        text += fmt::format("{}_{}", what, letter);
      } else {
        text += names[function.callees[static_cast<std::size_t>(what - '0')]];
      }
    }
    text += " }\n";
  }
  return text;
}

}  // namespace rosetta
