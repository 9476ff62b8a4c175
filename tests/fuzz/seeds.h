// ROSETTAVM_SEEDS="first:count" in the environment asks for other seeds than a test's own.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace fuzz {

struct Seeds {
  unsigned long long first = 1;
  unsigned long long count = 0;
};

inline Seeds seeds(unsigned long long count) {
  Seeds seeds{.count = count};
  const char* const asked = std::getenv("ROSETTAVM_SEEDS");
  if (asked != nullptr && std::sscanf(asked, "%llu:%llu", &seeds.first, &seeds.count) != 2) {
    ADD_FAILURE() << "ROSETTAVM_SEEDS is to be first:count, not " << asked;
  }
  return seeds;
}

// Calls `check` with each seed; it says what is wrong, or nothing. The first failures are shown.
template <class Check>
void for_all_seeds(unsigned long long count, const Check& check) {
  constexpr int kMostFailures = 5;
  const Seeds range = seeds(count);
  int failures = 0;
  for (unsigned long long i = 0; i < range.count && failures < kMostFailures; ++i) {
    const std::string difference = check(range.first + i);
    if (difference.empty()) continue;
    ++failures;
    ADD_FAILURE() << difference;
  }
}

}  // namespace fuzz
