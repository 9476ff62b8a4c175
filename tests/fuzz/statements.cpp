// The statements a body is made of.
#include <algorithm>
#include <array>
#include <string_view>

#include "fuzz/body.h"
#include "fuzz/rows.h"

namespace fuzz {

const std::vector<Body::Statement> Body::kStatements = {
    {20, &Body::push},        {5, &Body::push_deep},     {25, &Body::consume},
    {20, &Body::mix},         {10, &Body::assign},       {10, &Body::call_some},
    {3, &Body::print},        {2, &Body::nop},           {1, &Body::burst},
    {1, &Body::leave},        {3, &Body::leave_if},      {2, &Body::trap_if},
    {10, &Body::break_out},   {20, &Body::branch, true}, {10, &Body::block, true},
    {10, &Body::table, true}, {10, &Body::loop, true},   {10, &Body::loop_on_stack, true},
};

void Body::statement() {
  if (out_.stack.size() > shape_.height && random_.chance(80)) return consume();
  const bool may_nest =
      nesting_ < shape_.nesting && out_.size() < shape_.body && out_.multiplier < 300;
  std::size_t sum = 0;
  for (const Statement& s : kStatements) {
    if (may_nest || !s.nests) sum += s.weight;
  }
  std::size_t left = random_.below(sum);
  for (const Statement& s : kStatements) {
    if (!may_nest && s.nests) continue;
    if (left < s.weight) return (this->*s.write)();
    left -= s.weight;
  }
}

void Body::nested() {
  ++nesting_;
  for (std::size_t n = random_.between(1, 4); n > 0 && !out_.dead; --n) statement();
  --nesting_;
}

// Takes values from the top, in whatever way fits them.
void Body::consume() {
  const Row* row = pick_row(random_, [&](const Row& r) { return out_.ends_with(r.operands); });
  if (random_.chance(80) && row != nullptr) return apply(*row);
  if (out_.stack.empty()) return;
  const auto number = out_.some_local(out_.stack.back(), true);
  if (number && random_.chance(70)) return out_.local("store", *number);
  out_.emit("pop", 1, {});
}

void Body::mix() {
  const std::size_t height = out_.stack.size();
  const std::size_t kind = random_.below(5);
  if (height == 0) return produce(random_.type());
  const Type top = out_.stack.back();
  if (kind == 0 || height == 1) return out_.emit("dup", 0, {top});
  const Type second = out_.stack[height - 2];
  if (kind == 1) return out_.emit("swap", 2, {top, second});
  if (kind == 2 || height == 2) return out_.emit("over", 0, {second});
  const Type third = out_.stack[height - 3];
  if (kind == 3 && is_integer(top) && second == third) return out_.emit("select", 3, {second});
  out_.emit("rot", 3, {second, top, third});
}

void Body::assign() {
  const Type type = out_.stack.empty() || random_.chance(50) ? random_.type() : out_.stack.back();
  const auto number = out_.some_local(type, true);
  if (!number) return;
  if (!out_.ends_with({type})) produce(type);
  out_.local(random_.chance(70) ? "store" : "tee", *number);
}

void Body::print() {
  static constexpr std::array<std::string_view, 4> kTexts = {"\"a; b\"", "\"\\\"\\\\\"", "\"\"",
                                                             "\"x\\ty\\nz } L1: ret\""};
  if (!shape_.print) return;
  if (random_.chance(25)) return out_.emit("print " + std::string(random_.pick(kTexts)));
  if (out_.stack.empty() || random_.chance(50)) produce(random_.type());
  out_.print_top();
}

void Body::burst() {
  const std::size_t count = random_.between(20, 90);
  for (std::size_t i = 0; i < count; ++i) produce(random_.type(), 0);
  for (std::size_t i = random_.below(count); i > 0; --i) consume();
}

// Ends the path; values that are no results may stay below.
void Body::leave() {
  const std::size_t kind = random_.below(20);
  if (kind < 8) {
    const bool sibling = self_.group && random_.chance(70);
    if (const auto callee = some_callee(sibling, true)) {
      charge(*callee);
      push_arguments(*callee, true);
      out_.emit("tailcall " + routines_[*callee].name);
      return end_path();
    }
  }
  if (!out_.ends_with(self_.results) || random_.chance(50)) {
    for (const Type type : self_.results) produce(type);
  }
  out_.emit(kind == 19 && self_.results == routines_.back().results ? "halt" : "ret");
  end_path();
}

void Body::leave_if() {
  condition();
  const std::size_t stay = out_.new_label();
  out_.emit_jump(random_.chance(60) ? "jumpif" : "jumpifnot", stay);
  const Types stack = out_.stack;
  leave();
  out_.place(stay, stack);
}

void Body::trap_if() {
  const Type type = random_.chance(50) ? Type::I64 : Type::I32;
  produce(type);
  out_.constant(type);
  out_.typed(type, "eq", 2, Type::I64);
  const std::size_t stay = out_.new_label();
  out_.emit_jump("jumpifnot", stay);
  const Types stack = out_.stack;
  out_.emit("trap");
  end_path();
  out_.place(stay, stack);
}

void Body::break_out() {
  if (open_.empty()) return consume();
  const Open open = random_.pick(open_);
  if (open.counter) return jump_back(open);
  shape_stack(open.stack);
  const std::size_t kind = random_.below(10);
  if (kind == 0) {
    out_.emit("jump", {open.label});
    return end_path();
  }
  condition();
  if (kind > 2) return out_.emit_jump(kind > 5 ? "jumpif" : "jumpifnot", open.label);
  std::vector<std::size_t> targets = {open.label};
  for (const Open& other : open_) {
    if (!other.counter && other.stack == open.stack) targets.push_back(other.label);
  }
  out_.emit("jumptable", targets);
  end_path();
}

void Body::branch() {
  condition();
  const std::size_t other = out_.new_label();
  out_.emit_jump(random_.chance(50) ? "jumpif" : "jumpifnot", other);
  const Types before = out_.stack;
  nested();
  if (random_.chance(30)) {
    if (!out_.dead) shape_stack(before);
    return out_.place(other, before);
  }
  const std::size_t end = out_.new_label();
  const bool joins = !out_.dead;
  const Types after = out_.stack;
  if (joins) {
    out_.emit("jump", {end});
    end_path();
  }
  out_.place(other, before);
  nested();
  if (!out_.dead && joins) shape_stack(after);
  out_.place(end, after);
}

// A label behind some statements, which they may jump to.
void Body::block() {
  Types wanted(out_.stack.begin(),
               out_.stack.end() - static_cast<long>(random_.below(
                                      std::min<std::size_t>(out_.stack.size() + 1, 3))));
  for (std::size_t n = random_.below(3); n > 0; --n) wanted.push_back(random_.type());
  const Open open{out_.new_label(), wanted, std::nullopt};
  open_.push_back(open);
  nested();
  open_.pop_back();
  if (!out_.dead) shape_stack(wanted);
  out_.place(open.label, wanted);
}

void Body::table() {
  std::vector<std::size_t> arms(random_.between(1, 4));
  for (std::size_t& arm : arms) arm = out_.new_label();
  const std::size_t end = out_.new_label();
  std::vector<std::size_t> targets;
  for (std::size_t n = random_.between(1, 6); n > 0; --n) targets.push_back(random_.pick(arms));
  const Type type = random_.chance(50) ? Type::I64 : Type::I32;
  produce(type);
  if (random_.chance(80)) {
    out_.constant(type, 7);
    out_.typed(type, "and", 2, type);
  }
  out_.stack.pop_back();
  const Types before = out_.stack;
  for (const Open& open : open_) {
    if (!open.counter && open.stack == before) targets.push_back(open.label);
  }
  out_.emit("jumptable", targets);
  end_path();
  std::optional<Types> after;
  for (const std::size_t arm : arms) {
    out_.place(arm, before);
    if (out_.dead) continue;
    nested();
    if (out_.dead) continue;
    if (after) shape_stack(*after);
    after = out_.stack;
    out_.emit("jump", {end});
    end_path();
  }
  out_.place(end, after.value_or(Types{}));
}

void Body::loop() {
  const Type type = random_.chance(70) ? Type::I64 : Type::I32;
  const auto old = out_.some_local(type, true);
  const std::size_t counter = old && random_.chance(50) ? *old : out_.new_local(type);
  const std::size_t rounds = random_.between(1, 5);
  out_.constant(type, rounds);
  out_.local("store", counter);
  const double before = out_.multiplier;
  open_loop(counter, rounds, false);
  nested();
  const Open open = open_.back();
  if (!out_.dead) jump_back(open);
  open_.pop_back();
  out_.reserve(counter, false);
  out_.multiplier = before;
}

// A loop whose counter and values live on the stack alone.
void Body::loop_on_stack() {
  const Type type = random_.type();
  const Type count = random_.chance(70) ? Type::I64 : Type::I32;
  const Row* row = pick_row(random_, [&](const Row& r) {
    return r.operands == Types{type, type} && r.result == type && !r.traps;
  });
  const bool two = random_.chance(50);
  produce(type);
  if (two) produce(type);
  const std::size_t rounds = random_.between(1, 6);
  out_.constant(count, rounds);
  const std::size_t head = out_.new_label();
  out_.place(head, out_.stack);
  const double before = out_.multiplier;
  out_.multiplier *= static_cast<double>(rounds);
  if (two) {
    out_.emit("rot", 3, {type, count, type});
    out_.emit("rot", 3, {count, type, type});
    out_.emit("over", 0, {type});
    apply(*row);
    out_.emit("rot", 3, {type, type, count});
  } else {
    out_.emit("swap", 2, {count, type});
    produce(type, 1);
    apply(*row);
    out_.emit("swap", 2, {type, count});
  }
  out_.constant(count, 1);
  out_.typed(count, "sub", 2, count);
  out_.emit("dup", 0, {count});
  out_.emit_jump("jumpif", head);
  out_.multiplier = before;
  if (random_.chance(50)) out_.emit("pop", 1, {});
}

void Body::open_loop(std::size_t counter, std::size_t rounds, bool up) {
  const Open open{out_.new_label(), out_.stack, counter, rounds, up};
  out_.reserve(counter, true);
  out_.place(open.label, out_.stack);
  open_.push_back(open);
  out_.multiplier *= static_cast<double>(rounds);
}

void Body::jump_back(const Open& open) {
  const Type type = out_.local_type(*open.counter);
  shape_stack(open.stack);
  out_.local("load", *open.counter);
  out_.constant(type, 1);
  out_.typed(type, open.up ? "add" : "sub", 2, type);
  out_.local("tee", *open.counter);
  out_.constant(type, open.up ? open.rounds : 0);
  out_.typed(type, open.up ? "lt_s" : "gt_s", 2, Type::I64);
  switch (random_.below(4)) {
    case 0: {
      const std::size_t done = out_.new_label();
      out_.emit("jumptable", {done, open.label});
      out_.stack.pop_back();
      return out_.place(done, out_.stack);
    }
    case 1:
      out_.typed(Type::I64, "eqz", 1, Type::I64);
      return out_.emit_jump("jumpifnot", open.label);
    default: return out_.emit_jump("jumpif", open.label);
  }
}

}  // namespace fuzz
