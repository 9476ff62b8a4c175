// What a person wrote, held against the code that it is shown for.
#pragma once

#include <cstdint>

#include "check/load.h"
#include "store/binding.h"

namespace rosetta {

// Whether the text of a record defines this very function: assembled with what the function calls,
// it gives the function's code, and what it calls by one name is one function.
bool defines(const Binding& binding, const Loaded& loaded, std::uint32_t function);

}  // namespace rosetta
