// What a person wrote and no hash depends on: the names of a function's parts. They stay here while
// the code travels on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/source.h"

namespace rosetta {

struct FunctionNames {
  std::string name;
  std::vector<std::string> params;
  std::vector<std::string> locals;  // by the function's numbering; empty where it had a number only
  // Labels in the order of their instructions; several may share one.
  std::vector<std::pair<std::uint32_t, std::string>> labels;
};

// The functions' names, for suggestions.
inline std::vector<std::string_view> function_names(const std::vector<FunctionNames>& functions) {
  std::vector<std::string_view> names;
  names.reserve(functions.size());
  for (const FunctionNames& function : functions) names.push_back(function.name);
  return names;
}

// Where a function stands in its source.
struct FunctionPlaces {
  Span head;               // its name
  std::vector<Span> code;  // each instruction, operands included
};

}  // namespace rosetta
