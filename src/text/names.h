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
  std::string name{};
  std::vector<std::string> params{};
  // By the function's numbering; empty where it had a number only.
  std::vector<std::string> locals{};
  // Labels in the order of their instructions; several may share one.
  std::vector<std::pair<std::uint32_t, std::string>> labels{};
  // What the callee is called at each call site, where that is not its own name. May be shorter
  // than there are sites; empty where it is its own name.
  std::vector<std::string> callees{};
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
  Span whole;              // from `fn` to the closing brace
  std::vector<Span> code;  // each instruction, operands included
};

}  // namespace rosetta
