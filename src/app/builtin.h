// The case files that `test` without a file runs: those of the project's own suite, one for each
// opcode, put into the program when it was built.
#pragma once

#include <span>
#include <string_view>

namespace rosetta {

struct Builtin {
  std::string_view name;
  std::string_view text;
};

std::span<const Builtin> builtin_cases();

}  // namespace rosetta
