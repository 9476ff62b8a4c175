// Identity: equal code, equal hash. What that means, and the bytes that are hashed, is
// docs/identity.md; this is its definition, executed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "code/function.h"

namespace rosetta {

// Takes an object's hash and bytes.
using KeepObject = std::function<void(const Hash& hash, std::string_view bytes)>;

// The hashes of functions whose callees are numbers among them: a whole closure. Whatever is not
// written with a function in the same form (a copy, an unrolled definition, a function taken from a
// store) gets the same hash if all that it needs is among them.
//
// `keep` is given every object once, callees and components before who needs them. Time and memory
// linear in the code but for sorting and refinement, which are n log² n in functions and calls.
std::vector<Hash> identify(std::span<const Function> functions, const KeepObject& keep = {});

}  // namespace rosetta
