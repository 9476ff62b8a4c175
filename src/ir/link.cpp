#include <algorithm>

#include "base/graph.h"
#include "ir/lower.h"
#include "ir/program.h"

namespace rosetta::ir {
namespace {

constexpr std::uint32_t kUnlinked = 0xffff'ffff;
constexpr std::uint32_t kCellsPerWeight = 64;

// The functions reached from the entry, itself first, in the order their call sites are met.
struct Closure {
  std::vector<std::uint32_t> numbers;   // in the module
  std::vector<std::uint32_t> position;  // by number in the module: in the program
};

Closure reach(std::span<const rosetta::Function> module, std::uint32_t entry) {
  Closure closure{{entry}, std::vector<std::uint32_t>(module.size(), kUnlinked)};
  closure.position[entry] = 0;
  for (std::size_t i = 0; i < closure.numbers.size(); ++i) {
    for (const std::uint32_t callee : module[closure.numbers[i]].callees()) {
      if (closure.position[callee] != kUnlinked) continue;
      closure.position[callee] = static_cast<std::uint32_t>(closure.numbers.size());
      closure.numbers.push_back(callee);
    }
  }
  return closure;
}

// For each function whether a cycle of calls can be reached from it, so that its frames count.
std::vector<bool> reaches_cycle(const Graph& calls) {
  const Components order = components(calls);
  std::vector<bool> reaches(order.cyclic);
  const Graph members = order.members();
  for (std::uint32_t component = 0; component < order.count; ++component) {
    for (const std::uint32_t node : members.from(component)) {
      for (const std::uint32_t callee : calls.from(node)) {
        reaches[component] = reaches[component] || reaches[order.of[callee]];
      }
    }
  }
  std::vector<bool> result(calls.size());
  for (std::uint32_t node = 0; node < calls.size(); ++node) result[node] = reaches[order.of[node]];
  return result;
}

}  // namespace

std::expected<Program, LinkError> link(std::span<const rosetta::Function> module,
                                       std::uint32_t entry) {
  const Closure closure = reach(module, entry);
  const std::span<const Type> results = module[entry].results();
  Graph calls;
  std::vector<std::uint32_t> callees;
  for (const std::uint32_t number : closure.numbers) {
    const rosetta::Function& function = module[number];
    if (function.first_halt() != rosetta::Function::kNoHalt &&
        !std::ranges::equal(function.results(), results)) {
      return std::unexpected(LinkError{number, function.first_halt()});
    }
    callees.clear();
    for (const std::uint32_t callee : function.callees()) {
      callees.push_back(closure.position[callee]);
    }
    calls.add_node(callees);
  }
  const std::vector<bool> counts = reaches_cycle(calls);

  Program program;
  std::vector<CallSite> sites;
  program.functions.reserve(closure.numbers.size());
  for (std::uint32_t i = 0; i < closure.numbers.size(); ++i) {
    const rosetta::Function& function = module[closure.numbers[i]];
    sites.clear();
    for (const std::uint32_t callee : calls.from(i)) {
      sites.push_back({callee, &module[closure.numbers[callee]]});
    }
    Function& lowered = program.functions.emplace_back(lower(function, i, sites));
    const std::uint32_t weight = (function.cells() + kCellsPerWeight - 1) / kCellsPerWeight;
    lowered.weight = counts[i] ? std::max(1U, weight) : 0;
  }
  for (Function& function : program.functions) canonicalize(function, program.functions);
  program.numbers = closure.numbers;
  return program;
}

}  // namespace rosetta::ir
