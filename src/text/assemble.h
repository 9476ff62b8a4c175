// The assembler: a program's text in; checked functions, the names beside them and its checks out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "check/load.h"
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
  // All of the same size: the text's functions in its order, then stored ones that they call by
  // hash and what those need. A stored function's name is `#` and its hash, and it has no places.
  // `functions` is empty where there are errors.
  std::vector<Function> functions;
  std::vector<FunctionNames> names;
  std::vector<FunctionPlaces> places;
  std::uint32_t written = 0;  // how many are the text's
  std::vector<Check> checks;

  // In the order of the text: the first kMostMessages of each kind, and how many there were.
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
  std::uint64_t error_count = 0;
  std::uint64_t warning_count = 0;

  static constexpr std::size_t kMostMessages = 20;

  // Of the text's functions.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
};

// What `call #HASH` is looked up in.
class Library : public Objects {
 public:
  // The one function whose hash begins with these digits (is_hash_prefix). Where there is none or
  // more than one, the error is the program's and says which there are.
  [[nodiscard]] virtual Result<Hash> resolve(std::string_view digits) = 0;
};

// Time and memory linear in the text, whatever it holds, and in what is loaded. `text` has at most
// Source::kMostBytes. An error is the library's: it cannot be read, or what is in it is damaged.
Result<Assembly> assemble(std::string_view text, Library& library);
// Of a text that stands alone: a call by hash is an error of the text.
Assembly assemble(std::string_view text);

}  // namespace rosetta
