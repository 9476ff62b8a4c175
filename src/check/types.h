// Type variables: sets of allowed types under unification.
//
// A class of equal variables has one set; unifying intersects. `bits` adds a second relation: the
// class on the other side has, type by type, the same width as an integer where this is a float and
// the reverse. That map is its own inverse and has no fixed point, so a class has at most one other
// side, and never itself.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/type.h"

namespace rosetta {

using TypeVar = std::uint32_t;

class TypeVariables {
 public:
  TypeVariables();

  TypeVar fresh(TypeSet set);
  // The variable that is `type` and nothing else.
  static TypeVar fixed(Type type) { return static_cast<TypeVar>(type); }

  [[nodiscard]] TypeSet set(TypeVar var) { return vars_[find(var)].set; }
  // False, and nothing changed, where no type would be left.
  [[nodiscard]] bool unify(TypeVar a, TypeVar b);
  [[nodiscard]] bool narrow(TypeVar var, TypeSet set);
  // The variable on the other side of `bits`.
  TypeVar other_side(TypeVar var);

  TypeVar find(TypeVar var);

 private:
  static constexpr TypeVar kNone = 0xffff'ffff;
  struct Node {
    TypeVar parent;
    TypeVar other;
    TypeSet set;
  };

  void merge(TypeVar into, TypeVar from);

  std::vector<Node> vars_;
};

// The sets on the other side of `bits`.
TypeSet other_side(TypeSet set);

}  // namespace rosetta
