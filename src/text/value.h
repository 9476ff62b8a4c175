// Values as text, both ways: literals read, cells printed.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/error.h"
#include "check/draft.h"
#include "isa/type.h"

namespace rosetta {

// A literal of the language. The error is a message about it, without a place.
std::expected<Literal, std::string> read_literal(std::string_view text);

// The cell of a literal where the type is known from elsewhere (an argument, an expected result):
// as cell_of, but a decimal integer serves for a float too, rounded once.
std::expected<Cell, std::string> read_value(const Literal& literal, Type type);
std::expected<Cell, std::string> read_value(std::string_view text, Type type);

// A value as the language writes it: integers in decimal, floats in the shortest digits that read
// back the same, always with a point, an exponent or a name.
std::string to_text(Cell cell, Type type);

}  // namespace rosetta
