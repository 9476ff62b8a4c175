// Stored code back into checked functions. There is no trusted path: whatever comes from a store, a
// file or another machine is decoded strictly, hashed, checked, identified anew and compared before
// anyone may use it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "check/check.h"
#include "check/draft.h"
#include "code/function.h"

namespace rosetta {

// Where objects are: a store, an export file.
class Objects {
 public:
  virtual ~Objects() = default;
  // The bytes kept under a hash, whatever they are; nothing where there are none.
  [[nodiscard]] virtual Result<std::optional<std::string>> find(const Hash& hash) = 0;
};

// Stored functions of a draft: the `hashes.size()` functions from number `first` on.
struct StoredFunctions {
  std::uint32_t first = 0;
  std::vector<Hash> hashes;
  std::unordered_map<Hash, std::uint32_t> numbers;  // in the draft
};

// A checked function as a draft again, every type written down. Its callees are those of `callees`,
// in the order of the call sites.
DraftFunction draft_of(const FunctionParts& parts, std::span<const std::uint32_t> callees);

// Appends the functions with the hashes `roots`, and all that they need, to a draft. An error names
// the object that is missing, damaged or not well formed. What was appended may still be wrong in
// what only the checker and `confirm` can see.
Result<StoredFunctions> append_stored(Draft& draft, std::span<const Hash> roots, Objects& objects);

// The error about a stored function that the checker finds wrong.
Error damaged(const StoredFunctions& stored, const Issue& issue);

// Whether stored functions of a checked draft are the functions that their hashes name:
// `identified` are the hashes of all of the draft's functions, as identify() gives them.
Result<void> confirm(const StoredFunctions& stored, std::span<const Hash> identified);

// Functions loaded alone: a closure, callees numbered in it.
struct Loaded {
  std::vector<Function> functions;
  std::vector<Hash> hashes;
  std::unordered_map<Hash, std::uint32_t> numbers;
};

// All of the above: what `roots` name and all that they need.
Result<Loaded> load(std::span<const Hash> roots, Objects& objects);

}  // namespace rosetta
