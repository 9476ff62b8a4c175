// The JSON shapes that commands share; docs/cli.md describes them.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "isa/type.h"
#include "text/assemble.h"
#include "text/source.h"

namespace rosetta {

// Members in the order they were put in.
using Json = nlohmann::ordered_json;

// One object on one line, broken UTF-8 replaced.
std::string line(const Json& json);

// {"type": …, "value": …}; the value is text, as the language writes it, since JSON's numbers
// hold neither every i64 nor NaN.
Json value_json(Cell cell, Type type);
Json values_json(std::span<const Cell> cells, std::span<const Type> types);

// {"errors": [...], "warnings": [...], "error_count": n, "warning_count": n}
Json diagnostics_json(const Assembly& assembly, const Source& source);

}  // namespace rosetta
