// Programs that were put into this one when it was built: the case files that `test` without a file
// runs (the project's own suite, one for each opcode), and the kernels of `par KERNEL` (those of
// bench/kernels, named without .rvm).
#pragma once

#include <span>
#include <string_view>

namespace rosetta {

struct Builtin {
  std::string_view name;
  std::string_view text;
};

std::span<const Builtin> builtin_cases();
std::span<const Builtin> builtin_kernels();

}  // namespace rosetta
