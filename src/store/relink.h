// When names come to mean new functions: what called the old ones, made anew to call the new ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "code/function.h"
#include "store/names.h"

namespace rosetta {

// A name that a file defines, and the number of its function there.
struct Definition {
  std::string name;
  std::uint32_t function = 0;
};

// A name whose function calls something that changed.
struct Dependent {
  std::string name;
  Hash before;
  BindingId binding = 0;
  std::uint32_t function = 0;  // what it is now, in Relinked::functions
};

struct Relinked {
  std::vector<Function> functions;  // a closure: the file's functions first, in its order
  std::vector<Dependent> dependents;
};

// `functions` is a checked closure that begins with a file's functions, and `definitions` are the
// names of those, in order. Where a name of the store meant another function so far, every function
// that a name reaches and that calls the old one is made anew, calls among those included, as deep
// as they go.
//
// A call of an old function goes to the new one unless the old one keeps another name and the
// caller was written with that. An old version itself is left as it is, and so are the file's own
// functions: whoever writes a hash means what it stands for.
//
// The error is the program's where a caller does not fit any more (its message names the caller).
Result<Relinked> relink(Store& store, std::span<const Function> functions,
                        std::span<const Hash> hashes, std::span<const Definition> definitions);

// The names that relinking would move, where it is not asked for. Those of callers that would not
// fit are among them.
Result<std::vector<std::string>> stale_names(Store& store, std::span<const Function> functions,
                                             std::span<const Hash> hashes,
                                             std::span<const Definition> definitions);

}  // namespace rosetta
