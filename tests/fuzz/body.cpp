// How a body begins and ends, how values come onto the stack, and how functions are called.
#include "fuzz/body.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "fuzz/rows.h"

namespace fuzz {

void Body::write() {
  for (const Type type : self_.parameters) out_.new_local(type);
  for (std::size_t n = random_.below(6); n > 0; --n) out_.new_local(random_.type());
  if (self_.group) out_.reserve(0, true);
  const double before = out_.multiplier;
  if (random_.chance(15)) open_loop(out_.new_local(Type::I64), random_.between(2, 3), true);
  if (self_.group) write_base_case();
  if (random_.chance(8)) touch_many_locals();
  const std::size_t statements = random_.between(1, shape_.statements);
  const std::size_t recursive =
      self_.group ? random_.below(std::min<std::size_t>(statements, 3)) : statements;
  for (std::size_t i = 0; i < statements && !out_.dead; ++i) {
    if (i == recursive) call_one(true);
    statement();
  }
  if (!out_.dead && out_.multiplier != before && random_.chance(70)) {
    jump_back(Open{open_[0]});
    if (!out_.dead) open_.clear();
  }
  if (!out_.dead) leave();
  // A label may not stand behind the last instruction once anything jumps to it.
  if (out_.label_at_end()) out_.emit("trap");
}

void Body::write_base_case() {
  out_.local("load", 0);
  out_.constant(Type::I64, 1);
  out_.typed(Type::I64, "lt_s", 2, Type::I64);
  const std::size_t more = out_.new_label();
  out_.emit_jump("jumpifnot", more);
  for (const Type type : self_.results) produce(type);
  out_.emit("ret");
  end_path();
  out_.place(more, {});
}

void Body::touch_many_locals() {
  for (std::size_t n = random_.between(60, 140); n > 0; --n) {
    const std::size_t number = out_.new_local(random_.type());
    if (random_.chance(20)) continue;
    produce(out_.local_type(number), 0);
    out_.local("store", number);
  }
}

void Body::end_path() {
  out_.dead = true;
  if (random_.chance(30)) {
    for (std::size_t n = random_.between(1, 4); n > 0; --n) dead_instruction();
  }
}

// No path leads here, so types and heights are no matter.
void Body::dead_instruction() {
  static constexpr std::array<std::string_view, 12> kPlain = {
      "pop", "dup", "swap", "over", "rot", "select", "nop", "ret", "halt", "trap", "ret", "nop"};
  const std::size_t kind = random_.below(8);
  if (kind == 0 && out_.label_count() > 0) {
    return out_.emit("jumpif", {random_.below(out_.label_count())});
  }
  if (kind == 1 && out_.label_count() > 0) {
    const std::size_t first = random_.below(out_.label_count());
    return out_.emit("jumptable", {first, random_.below(out_.label_count())});
  }
  if (kind == 2) return out_.emit("call " + random_.pick(routines_).name);
  if (kind == 3 && random_.chance(30)) return out_.emit("tailcall " + random_.pick(routines_).name);
  if (kind == 4 && out_.has_locals()) return out_.emit("store " + out_.some_local_name());
  if (kind == 5) return out_.emit(random_.pick(rows()).mnemonic);
  if (kind == 6) {
    const Type type = random_.type();
    return out_.emit(const_mnemonic(type) + " " +
                     literal(random_, type, random_cell(random_, type)));
  }
  out_.emit(std::string(random_.pick(kPlain)));
}

void Body::produce(Type type, unsigned depth) {
  const std::size_t kind = depth == 0 ? random_.below(4) : random_.below(12);
  if (kind <= 1) {
    if (const auto number = out_.some_local(type, false)) return out_.local("load", *number);
    return out_.constant(type);
  }
  if (kind == 2) return out_.constant(type);
  if (kind == 3) {
    if (out_.ends_with({type})) return out_.emit("dup", 0, {type});
    if (out_.stack.size() >= 2 && out_.stack[out_.stack.size() - 2] == type)
      return out_.emit("over", 0, {type});
    return out_.constant(type);
  }
  if (kind == 4) {
    produce(type, depth - 1);
    produce(type, depth - 1);
    condition(depth - 1);
    return out_.emit("select", 3, {type});
  }
  if (kind == 5) {
    const Type other = random_.type();
    produce(other, depth - 1);
    produce(type, depth - 1);
    out_.emit("swap", 2, {type, other});
    return out_.emit("pop", 1, {});
  }
  if (kind == 6) {
    for (std::size_t i = 0; i < index_; ++i) {
      if (routines_[i].results == Types{type} && random_.chance(40) && can_call(i))
        return call(i, false);
    }
  }
  if (kind == 7) {
    produce(type, depth - 1);
    if (const auto number = out_.some_local(type, true)) out_.local("tee", *number);
    return;
  }
  const Row* row = pick_row(random_, [&](const Row& r) { return r.result == type; });
  for (const Type operand : row->operands) produce(operand, depth - 1);
  apply(*row);
}

// Makes a trap unlikely, whatever the last operand is: a divisor is made odd, a float a small
// number.
void Body::guard(Type type) {
  if (is_integer(type)) {
    out_.constant(type, 1);
    return out_.typed(type, "or", 2, type);
  }
  out_.emit("dup", 0, {type});
  out_.emit("dup", 0, {type});
  out_.typed(type, "eq", 2, Type::I64);
  out_.emit(const_mnemonic(type) + " 2.5", 0, {type});
  out_.emit("swap", 2, {type, Type::I64});
  out_.emit("select", 3, {type});
  out_.emit(const_mnemonic(type) + " 100.25", 0, {type});
  out_.typed(type, "min", 2, type);
  out_.emit(const_mnemonic(type) + " -0.5", 0, {type});
  out_.typed(type, "max", 2, type);
}

void Body::apply(const Row& row) {
  if (row.traps && !random_.chance(shape_.unguarded)) guard(row.operands.back());
  out_.emit(row.mnemonic, row.operands.size(), {row.result});
}

void Body::shape_stack(const Types& wanted) {
  std::size_t same = 0;
  while (same < std::min(wanted.size(), out_.stack.size()) && wanted[same] == out_.stack[same])
    ++same;
  while (out_.stack.size() > same) {
    const auto number = out_.some_local(out_.stack.back(), true);
    if (number && random_.chance(30)) {
      out_.local("store", *number);
    } else {
      out_.emit("pop", 1, {});
    }
  }
  while (out_.stack.size() < wanted.size()) produce(wanted[out_.stack.size()], 1);
}

bool Body::is_sibling(std::size_t callee) const {
  return self_.group && routines_[callee].group == self_.group;
}

bool Body::can_call(std::size_t callee) const {
  if (is_sibling(callee)) return siblings_called_ + out_.multiplier <= self_.branching;
  return callee < index_ && out_.cost + out_.multiplier * routines_[callee].cost < budget();
}

std::optional<std::size_t> Body::some_callee(bool sibling, bool same_results) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < routines_.size(); ++i) {
    if (can_call(i) && (!sibling || is_sibling(i)) &&
        (!same_results || routines_[i].results == self_.results)) {
      found.push_back(i);
    }
  }
  if (found.empty()) return std::nullopt;
  return random_.pick(found);
}

void Body::charge(std::size_t callee) {
  if (is_sibling(callee)) siblings_called_ += out_.multiplier;
  out_.cost += out_.multiplier * routines_[callee].cost;
}

// Those on the stack may be taken by a statement only: elsewhere they are meant for another.
void Body::push_arguments(std::size_t callee, bool may_take) {
  const Routine& routine = routines_[callee];
  if (may_take && !routine.group && out_.ends_with(routine.parameters) && random_.chance(60))
    return;
  for (std::size_t i = 0; i < routine.parameters.size(); ++i) {
    if (i > 0 || !routine.group) {
      produce(routine.parameters[i], 1);
    } else if (is_sibling(callee)) {
      out_.local("load", 0);
      out_.constant(Type::I64, 1);
      out_.typed(Type::I64, "sub", 2, Type::I64);
    } else if (random_.chance(50)) {
      out_.constant(Type::I64, random_.between(routine.counter / 3, routine.counter));
    } else {
      produce(Type::I64, 1);
      out_.constant(Type::I64, std::bit_floor(routine.counter + 1) - 1);
      out_.typed(Type::I64, "and", 2, Type::I64);
    }
  }
}

void Body::call(std::size_t callee, bool may_take) {
  // Before the arguments, whose own calls have to see it.
  charge(callee);
  push_arguments(callee, may_take);
  out_.emit("call " + routines_[callee].name, routines_[callee].parameters.size(),
            routines_[callee].results);
}

void Body::call_one(bool sibling) {
  if (const auto callee = some_callee(sibling, false)) call(*callee, true);
}

}  // namespace fuzz
