#include "check/words.h"

#include <fmt/format.h>

namespace rosetta {

std::string words(TypeSet set) {
  if (set.single()) return std::string(name(set.choose()));
  if (set == kIntegers) return "an integer (i64 or i32)";
  if (set == kFloats) return "a float (f64 or f32)";
  return "a value of any type";
}

std::string words_of_value(TypeSet set) {
  return set == kAnyType ? "a value of any type" : std::string(name(set.choose()));
}

std::string_view plural(TypeSet set) {
  if (set == kIntegers) return "integers";
  if (set == kFloats) return "floats";
  return "numbers";
}

Hint conversion_hint(TypeSet have, TypeSet want, Place origin) {
  if (have == kAnyType || want == kAnyType || !(have & want).empty()) return {};
  // From float to integer is seldom meant.
  if (is_float(have.choose()) && is_integer(want.choose())) return {};
  return {fmt::format("`to_{}`", name(want.choose())), origin};
}

}  // namespace rosetta
