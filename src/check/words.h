// How the checker's messages speak of types.
#pragma once

#include <string>
#include <string_view>

#include "check/check.h"
#include "isa/type.h"

namespace rosetta {

std::string words(TypeSet set);  // what is needed: "i64", "an integer (i64 or i32)"
// What is there: an open literal is what it would become.
std::string words_of_value(TypeSet set);
std::string_view plural(TypeSet set);  // "integers", "floats", "numbers"

// The conversion that would make a value of `have`, pushed at `origin`, one of `want`.
Hint conversion_hint(TypeSet have, TypeSet want, Place origin);

}  // namespace rosetta
