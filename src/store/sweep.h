// What nothing needs any more.
#pragma once

#include <cstdint>
#include <vector>

#include "store/names.h"
#include "store/store.h"

namespace rosetta {

struct Sweep {
  std::vector<Hash> functions;  // that neither a name nor a pin reaches
  std::vector<Hash> objects;    // those and components
  std::uint64_t object_bytes = 0;
  std::vector<BindingId> bindings;  // records of what was written, of no name and no kept function
  std::uint64_t cached = 0;         // answers
};

// Finds out what can go. What is reached is read from the objects themselves, so a damaged one that
// a name reaches is an error, and nothing is lost over it.
Result<Sweep> plan_sweep(Store& store);
// Removes it. In the transaction of the plan; a failure waits in the database.
void sweep(Store& store, const Sweep& plan);

}  // namespace rosetta
