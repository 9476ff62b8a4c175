// Checks that passed before: what they call, on which arguments, and what it gave are all in a
// hash, so that a check that is found among them need not run again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/hash.h"
#include "text/assemble.h"

namespace rosetta {

class PassedChecks {
 public:
  // Without a store (`fresh`), every check is to run and none is kept.
  PassedChecks(OpenStore& store, std::string engine, bool fresh);

  // Nothing for a check whose outcome is not a function's alone: fuel, depth and time.
  std::optional<Hash> key(const Check& check, const Hash& function) const;
  bool has(const Hash& key);
  void add(const Hash& key) { passed_.push_back(key); }
  // Keeps what was added. The error says why it could not be.
  Result<void> keep();

 private:
  Store* store();

  OpenStore& open_;
  std::string engine_;
  bool fresh_;
  std::optional<Error> failure_;
  std::vector<Hash> passed_;
};

}  // namespace rosetta
