// The parser's lower half: what stands between a function's braces.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "check/draft.h"
#include "text/names.h"
#include "text/tokens.h"

namespace rosetta {

// Numbers for names in the order met, and the same for the functions of a file, which may be called
// before they are defined.
struct Interned {
  std::unordered_map<std::string_view, std::uint32_t> ids;
  std::vector<std::string_view> names;

  std::uint32_t id(std::string_view name) {
    const auto [found, fresh] = ids.emplace(name, static_cast<std::uint32_t>(names.size()));
    if (fresh) names.push_back(name);
    return found->second;
  }
};

struct Functions : Interned {
  std::vector<std::uint32_t> number;  // in the draft, by id

  static constexpr std::uint32_t kUndefined = 0xffff'ffff;

  std::uint32_t id(std::string_view name) {
    const std::uint32_t found = Interned::id(name);
    if (found == number.size()) number.push_back(kUndefined);
    return found;
  }
};

// How much of the file's allowance is left to a body.
struct Allowance {
  std::size_t instructions;
  std::size_t labels;
};

// Reads a body up to its closing brace, the opening one already read. The operand of a call is left
// as the callee's id in `functions`. At most `most` is kept.
void parse_body(Tokens& tokens, Functions& functions, DraftFunction& draft, FunctionNames& names,
                FunctionPlaces& places, Allowance most);

}  // namespace rosetta
