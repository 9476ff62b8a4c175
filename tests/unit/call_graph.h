// Programs as call graphs: every body is one of a few, so that equal code really occurs, and what
// is the same in them is found slowly, straight from the definition.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/values.h"

namespace rosetta {

struct CallGraph {
  struct Function {
    std::uint32_t body = 0;
    std::vector<std::uint32_t> callees;  // one for each of the body's call sites
  };
  std::vector<Function> functions;

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(functions.size()); }
};

// Bodies below this number are those of random graphs. Above there are as many as one likes:
// body_with(sites, 0), body_with(sites, 1), ….
inline constexpr std::uint32_t kCommonBodies = 12;
std::size_t sites(std::uint32_t body);
std::uint32_t body_with(std::size_t sites, std::uint32_t variant);

// Up to `most` functions that call each other in some manner: all, or those written before, or
// neighbours, or within groups.
CallGraph random_call_graph(fuzz::Random& random, std::size_t most);

// Adds copies of functions. A copy calls what its original calls, or copies of it: it may be an
// unrolled definition, a second cycle, a part of one that leads back into the first. Existing calls
// may be led to copies, too. No unfolding changes. The result is the original of each function.
std::vector<std::uint32_t> add_copies(CallGraph& graph, fuzz::Random& random);

// By two functions: whether they are the same one. The coarsest relation of docs/identity.md: pairs
// of different bodies are struck out, then pairs with a pair of callees that is.
std::vector<std::vector<bool>> same_functions(const CallGraph& graph);

// By function: whether a path of calls, of none too, leads to `to`.
std::vector<bool> reaching(const CallGraph& graph, std::uint32_t to);

std::vector<std::uint32_t> random_order(fuzz::Random& random, std::uint32_t size);

// f0 to f(size - 1) in a random order: names say nothing.
std::vector<std::string> random_names(fuzz::Random& random, std::uint32_t size);

// The text of the functions `which`, in this order, each called by its name in `names`; a callee's
// may be `#` and a hash. Names of parameters and locals, labels or offsets, bare or exact mnemonics
// are chosen at random.
std::string text_of(const CallGraph& graph, std::span<const std::uint32_t> which,
                    std::span<const std::string> names, fuzz::Random& random);

}  // namespace rosetta
