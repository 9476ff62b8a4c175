// The assembler: a program's text in; checked functions, the names beside them and its checks out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "code/function.h"
#include "isa/trap.h"
#include "text/names.h"
#include "text/source.h"

namespace rosetta {

// A `check` line that fits the function it calls.
struct Check {
  Span place;
  std::uint32_t function = 0;
  std::vector<Cell> arguments;
  std::optional<std::uint64_t> fuel;
  std::optional<std::uint64_t> depth;
  Trap trap = Trap::None;  // what it must trap with; None: it must give `results`
  std::vector<Cell> results;
};

struct Assembly {
  // All of the same size and order, the text's. `functions` is empty where there are errors.
  std::vector<Function> functions;
  std::vector<FunctionNames> names;
  std::vector<FunctionPlaces> places;
  std::vector<Check> checks;

  // In the order of the text: the first kMostMessages of each kind, and how many there were.
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
  std::uint64_t error_count = 0;
  std::uint64_t warning_count = 0;

  static constexpr std::size_t kMostMessages = 20;

  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
};

// Time and memory linear in the text, whatever it holds. `text` has at most Source::kMostBytes.
Assembly assemble(std::string_view text);

}  // namespace rosetta
