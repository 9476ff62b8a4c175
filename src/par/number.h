// Numbers in files of text, made cells.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "isa/type.h"

namespace rosetta::par {

enum class NumberFault : std::uint8_t { Malformed, Range };

// As people and other programs write them: integers as decimal digits, floats also with a point, an
// exponent, or as inf, infinity or nan in any case; all with a sign, also `+`. A float is rounded
// once, straight to the type; one that would become infinite does not fit. A nan is the canonical
// one, whatever its sign; with a payload, `nan:0x5`, it is read as the language does.
std::expected<Cell, NumberFault> read_number(std::string_view text, Type type);

}  // namespace rosetta::par
