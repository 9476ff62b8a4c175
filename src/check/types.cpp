#include "check/types.h"

namespace rosetta {

TypeSet other_side(TypeSet set) {
  TypeSet other;
  if (set.has(Type::I64)) other = other | Type::F64;
  if (set.has(Type::F64)) other = other | Type::I64;
  if (set.has(Type::I32)) other = other | Type::F32;
  if (set.has(Type::F32)) other = other | Type::I32;
  return other;
}

TypeVariables::TypeVariables() {
  for (int type = 0; type < kTypes; ++type) fresh(static_cast<Type>(type));
}

TypeVar TypeVariables::fresh(TypeSet set) {
  const auto var = static_cast<TypeVar>(vars_.size());
  vars_.push_back({var, kNone, set});
  return var;
}

TypeVar TypeVariables::find(TypeVar var) {
  while (vars_[var].parent != var) {
    vars_[var].parent = vars_[vars_[var].parent].parent;  // path halving
    var = vars_[var].parent;
  }
  return var;
}

void TypeVariables::merge(TypeVar into, TypeVar from) {
  vars_[from].parent = into;
  vars_[into].set = vars_[into].set & vars_[from].set;
  if (vars_[into].other == kNone) vars_[into].other = vars_[from].other;
}

bool TypeVariables::unify(TypeVar a, TypeVar b) {
  a = find(a);
  b = find(b);
  if (a == b) return true;
  if ((vars_[a].set & vars_[b].set).empty()) return false;
  TypeVar other_a = vars_[a].other == kNone ? kNone : find(vars_[a].other);
  TypeVar other_b = vars_[b].other == kNone ? kNone : find(vars_[b].other);
  if (other_a == b) return false;
  if (a > b) {  // towards the older, so that the fixed variables stay the roots of their classes
    std::swap(a, b);
    std::swap(other_a, other_b);
  }
  merge(a, b);
  if (other_a != kNone && other_b != kNone && other_a != other_b) {
    merge(std::min(other_a, other_b), std::max(other_a, other_b));
  }
  const TypeVar other = other_a != kNone ? find(other_a) : other_b != kNone ? find(other_b) : kNone;
  if (other != kNone) vars_[other].set = vars_[other].set & rosetta::other_side(vars_[a].set);
  return true;
}

bool TypeVariables::narrow(TypeVar var, TypeSet set) {
  var = find(var);
  const TypeSet left = vars_[var].set & set;
  if (left.empty()) return false;
  vars_[var].set = left;
  if (vars_[var].other != kNone) vars_[find(vars_[var].other)].set = rosetta::other_side(left);
  return true;
}

TypeVar TypeVariables::other_side(TypeVar var) {
  var = find(var);
  if (vars_[var].other == kNone) {
    const TypeVar other = fresh(rosetta::other_side(vars_[var].set));
    vars_[var].other = other;
    vars_[other].other = var;
  }
  return vars_[var].other;
}

}  // namespace rosetta
