// "Did you mean": the candidate that a misspelt word most likely stood for.
#pragma once

#include <span>
#include <string_view>

namespace rosetta {

// The candidate with the least edit distance (insertion, deletion, substitution, transposition of
// neighbours) to `word`, if it is near enough to be a plausible slip: at most a third of the
// word's length, at least one. The first of equals; empty if none is near. Words and candidates
// beyond 64 characters are never matched and only the first 4,096 candidates looked at, so the cost
// is bounded.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace rosetta
