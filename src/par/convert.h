// Values of an array as they stand in a file, made cells: exactly, or not at all.
//
// An integer or bool serves every type that has its value. A float serves its own width and wider
// ones; widening is the language's conversion, after which a NaN is canonical, while the bits of a
// value of its own width are kept.
#pragma once

#include <cstddef>
#include <string>

#include "isa/type.h"
#include "par/npy.h"

namespace rosetta::par {

// Converts `count` values that lie `stride` bytes apart; as many as were converted: fewer where the
// next one does not fit the type.
using Convert = std::size_t (*)(const char* from, std::size_t stride, std::size_t count, Cell* to);

// Null where no value of the field serves the type.
Convert find_convert(const NpyField& field, Type type);

// An integer as it stands in a file, in decimal.
std::string integer_text(const NpyField& field, const char* from);

}  // namespace rosetta::par
