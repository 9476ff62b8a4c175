// Functions into the store.
#pragma once

#include <span>
#include <unordered_set>
#include <vector>

#include "code/function.h"
#include "store/store.h"

namespace rosetta {

struct Inserted {
  std::vector<Hash> hashes;        // by function
  std::unordered_set<Hash> fresh;  // functions that were not there before
};

// Puts checked functions, whose callees are numbers among them, with all their objects and calls.
// A failure waits in the database.
Inserted insert(Store& store, std::span<const Function> functions);

}  // namespace rosetta
