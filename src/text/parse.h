// The parser: text in; a Draft, the names beside it and its check lines out. It goes on after an
// error, at the next line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "check/draft.h"
#include "isa/trap.h"
#include "text/names.h"
#include "text/source.h"

namespace rosetta {

// A `check` line: what a call must give. Literals have no type before the function is known.
struct CheckLine {
  struct Value {
    Literal literal;
    Span place;
  };
  Span place;  // the whole line
  Span callee;
  std::string function;
  std::vector<Value> arguments;
  std::optional<std::uint64_t> fuel;
  std::optional<std::uint64_t> depth;
  Trap trap = Trap::None;  // what it must trap with; None: it must give `results`
  std::vector<Value> results;
};

// Diagnostics, the first `limit` errors in full and all of them counted.
class Diagnostics {
 public:
  explicit Diagnostics(std::size_t limit) : limit_(limit) {}

  [[nodiscard]] bool full() const { return listed_.size() >= limit_; }
  void add(Diagnostic diagnostic) {
    ++count_;
    if (!full()) listed_.push_back(std::move(diagnostic));
  }
  void count_more(std::uint64_t more) { count_ += more; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // In the order of the text.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;

 private:
  std::size_t limit_;
  std::vector<Diagnostic> listed_;
  std::uint64_t count_ = 0;
};

// A call of a function that is not the file's, by its hash. The callee is still to be found, so the
// instruction's operand means nothing yet.
struct HashCall {
  std::uint32_t function = 0;
  std::uint32_t instruction = 0;
  std::uint32_t hash = 0;  // in Parsed::hashes
};

struct Parsed {
  Draft draft;
  std::vector<FunctionNames> names;  // `locals` in written order still
  std::vector<FunctionPlaces> places;
  std::vector<CheckLine> checks;
  std::vector<HashCall> hash_calls;
  std::vector<std::string> hashes;  // digits, as written, each spelling once
};

// What a file may hold at most: bounds on memory.
inline constexpr std::size_t kMostInstructions = std::size_t{1} << 25;
inline constexpr std::size_t kMostLabels = std::size_t{1} << 22;
inline constexpr std::size_t kMostFunctions = std::size_t{1} << 20;
inline constexpr std::size_t kMostChecks = std::size_t{1} << 20;

// Time and memory linear in the text.
Parsed parse(std::string_view text, Diagnostics& errors);

}  // namespace rosetta
