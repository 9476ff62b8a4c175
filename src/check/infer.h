// Inference over one component of the call graph: every reachable instruction is visited once, in
// the order of the text where paths allow, with the stack as it is there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "check/check.h"
#include "check/stacks.h"
#include "check/types.h"

namespace rosetta {

// What inference found out about one function.
struct Inferred {
  std::vector<TypeVar> params;
  std::vector<TypeVar> results;
  std::vector<TypeVar> locals;  // in written order
  // By instruction: the type of a bare mnemonic's operand (or of the literal pushed), and
  // kUnreached where no path comes by.
  std::vector<TypeVar> types;
  std::uint32_t max_height = 0;
  std::uint32_t first_halt = Function::kNoHalt;
  bool wrong = false;

  static constexpr TypeVar kUnreached = 0xffff'ffff;
};

// What is known of a function that is called: types, or, where it is wrong itself, what its head
// says.
struct Callee {
  std::vector<TypeSet> params;
  std::vector<TypeSet> results;
};

// A bound on work and memory, for a whole draft: one call or return may move thousands of values,
// and a body has millions of instructions. A text may move 2^24 values and four an instruction.
// Each stored function was within that once, whatever it is loaded with now: it may move as many
// again, up to 2^34 for all together.
struct Moves {
  std::size_t made = 0;
  std::size_t most = 0;

  explicit Moves(const Draft& draft);
};

// Infers the functions `members` of the draft together. Calls among them share type variables;
// others have their signature in `callees`, by number in the draft. `found` is by number in the
// draft and is filled for the members; those of other components are empty.
void infer(const Draft& draft, std::span<const std::uint32_t> members,
           const std::vector<Callee>& callees, TypeVariables& types, std::vector<Inferred>& found,
           Moves& moves, Issues& errors);

}  // namespace rosetta
