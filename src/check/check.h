// Inference and verification: a Draft in, checked Functions out. The only maker of a Function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check/draft.h"
#include "code/function.h"

namespace rosetta {

// A place in a draft. `instruction` may be kSignature: the function's head.
struct Place {
  std::uint32_t function = 0;
  std::uint32_t instruction = 0;

  static constexpr std::uint32_t kSignature = 0xffff'ffff;
};

struct Note {
  Place place;
  std::string message;
};

// What to try; no text where nothing comes to mind. `after` is the instruction to put it behind.
struct Hint {
  std::string text;
  std::optional<Place> after;
};

// One thing wrong (or, as a warning, odd) with a draft.
struct Issue {
  Place place;
  std::string message;
  std::vector<Note> notes;
  Hint hint;
};

// Issues in the order found, the first `limit` in full and the rest only counted, so that a
// hostile program cannot fill memory with its own mistakes.
class Issues {
 public:
  explicit Issues(std::size_t limit) : limit_(limit) {}

  // Where the next one would only be counted, there is no need to word it.
  [[nodiscard]] bool full() const { return listed_.size() >= limit_; }
  void add(Issue issue) {
    ++count_;
    if (!full()) listed_.push_back(std::move(issue));
  }
  void count_only() { ++count_; }
  [[nodiscard]] const std::vector<Issue>& listed() const { return listed_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::size_t limit_;
  std::vector<Issue> listed_;
  std::uint64_t count_ = 0;
};

// A function of the draft as it came out, with what names need to find their way: where each
// written local went (kDropped where nothing uses it; parameters are not listed).
struct Checked {
  std::optional<Function> function;  // nothing: it is wrong, or calls one that is
  std::vector<std::uint32_t> local_numbers;

  static constexpr std::uint32_t kDropped = 0xffff'ffff;
};

// Checks all functions, components of the call graph bottom-up, in time and memory linear in the
// draft. Results are in the draft's order, and `callees` are numbers in it. A function is given if
// and only if it and all it calls are right.
std::vector<Checked> check(const Draft& draft, Issues& errors, Issues& warnings);

}  // namespace rosetta
