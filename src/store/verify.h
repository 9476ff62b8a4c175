// The whole store held against itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace rosetta {

struct Verified {
  std::uint64_t objects = 0;
  std::uint64_t functions = 0;
  std::uint64_t names = 0;
  std::vector<std::string> findings;  // what is wrong, the first kMostFindings

  static constexpr std::size_t kMostFindings = 100;
};

// Every object against its hash, all code loaded anew, then what follows from it or points to it:
// calls, components, names, pins, records of what was written; and the file's own structure. The
// error is about a store that cannot be read at all.
Result<Verified> verify(Store& store);

}  // namespace rosetta
