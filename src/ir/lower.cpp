// The operand stack is kept symbolically: each slot is a register or a constant that holds its
// value, and its home register only once it must be. Loads, constants and shuffles emit nothing; an
// operation names its operands. At the end of a block all slots move to their homes, so that blocks
// agree without knowing of each other.
//
// Only the topmost kWindow slots may be away from home: that bounds the search for readers of a
// register about to change, and so lowering as a whole, to linear time.
#include "ir/lower.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <unordered_map>

namespace rosetta::ir {
namespace {

constexpr std::size_t kWindow = 16;
constexpr std::uint32_t kUnreached = 0xffff'ffff;
using Moves = std::vector<std::pair<Register, Operand>>;

class Lowering {
 public:
  Lowering(const rosetta::Function& from, std::uint32_t self, std::span<const CallSite> calls)
      : from_(from), self_(self), calls_(calls) {}

  Function run();

 private:
  void find_blocks();
  [[nodiscard]] std::uint32_t height_after(const rosetta::Instruction& instruction,
                                           std::uint32_t height) const;
  void prologue();
  void block(std::uint32_t begin);
  void step(const rosetta::Instruction& instruction);
  void jump_if(const rosetta::Instruction& instruction);
  void jump_table(std::span<const std::uint32_t> table);
  void print(Opcode opcode);
  void shuffle(Opcode opcode);
  void store(Register local, bool keep);
  void call(const CallSite& site);
  void tail_call(const CallSite& site);
  void ret(Op op);
  void operation(Op op, Opcode opcode, std::size_t inputs);

  Instruction& emit(Op op);
  void jump(std::uint32_t target, bool backward);
  [[nodiscard]] bool backward(std::uint32_t target) const { return target <= at_; }

  // The symbolic stack: slots below settled_ are in their homes, and implicit, so that a block may
  // begin with thousands of them; loose_ says where the values of those above are.
  [[nodiscard]] Register home(std::size_t slot) const {
    return first_slot_ + static_cast<Register>(slot);
  }
  [[nodiscard]] std::size_t height() const { return settled_ + loose_.size(); }
  [[nodiscard]] Operand at(std::size_t slot) const {
    return slot < settled_ ? Operand::reg(home(slot)) : loose_[slot - settled_];
  }
  [[nodiscard]] bool at_home(std::size_t slot) const {
    return at(slot) == Operand::reg(home(slot));
  }
  void loosen(std::size_t slot);
  void push(Operand value);
  Operand pop();
  Operand pop_and_settle();
  [[nodiscard]] bool is_read(Register reg, std::size_t below) const;
  void settle() { settle(height()); }
  void settle(std::size_t count);
  Register settle_top(std::size_t count, bool rest_lives);
  void move(Moves moves);

  Operand constant(Cell cell);

  const rosetta::Function& from_;
  std::uint32_t self_;
  std::span<const CallSite> calls_;

  Function to_;
  Register first_slot_ = 0;
  std::vector<std::uint32_t> height_;  // by instruction that begins a block; else kUnreached
  std::vector<BlockId> block_at_;      // the same for its block
  std::unordered_map<Cell, std::uint32_t> constant_index_;

  std::vector<Operand> loose_;
  std::size_t settled_ = 0;
  std::uint32_t at_ = 0;
  std::size_t block_begin_ = 0;
};

Operand Lowering::constant(Cell cell) {
  const auto [found, fresh] =
      constant_index_.emplace(cell, static_cast<std::uint32_t>(to_.constants.size()));
  if (fresh) to_.constants.push_back(cell);
  return Operand::constant(found->second);
}

Instruction& Lowering::emit(Op op) {
  Instruction& instruction = to_.code.emplace_back();
  instruction.op = op;
  instruction.origin = at_;
  return instruction;
}

// Makes the slots from `slot` on explicit.
void Lowering::loosen(std::size_t slot) {
  while (settled_ > slot) {
    --settled_;
    loose_.insert(loose_.begin(), Operand::reg(home(settled_)));
  }
}

void Lowering::push(Operand value) {
  if (loose_.empty() && value == Operand::reg(home(settled_))) {
    ++settled_;
    return;
  }
  loose_.push_back(value);
  if (loose_.size() > kWindow) settle(settled_ + 1);
}

Operand Lowering::pop() {
  if (loose_.empty()) return Operand::reg(home(--settled_));
  const Operand value = loose_.back();
  loose_.pop_back();
  return value;
}

// Pops a value and brings the rest home, without overwriting the value on the way.
Operand Lowering::pop_and_settle() {
  const std::size_t slot = height() - 1;
  const Operand top = at(slot);
  if (!top.is_constant() && top.reg() >= home(settled_) && top.reg() < home(slot)) settle();
  const Operand value = pop();
  settle();
  return value;
}

// Whether a slot below `below` that is away from home holds its value in `reg`.
bool Lowering::is_read(Register reg, std::size_t below) const {
  for (std::size_t slot = settled_; slot < below; ++slot) {
    if (at(slot) == Operand::reg(reg) && !at_home(slot)) return true;
  }
  return false;
}

// Brings the slots below `count` home, and those above that still read a home about to be written.
void Lowering::settle(std::size_t count) {
  if (count <= settled_) return;
  for (std::size_t slot = settled_; slot < count; ++slot) {
    if (at_home(slot)) continue;
    for (std::size_t above = count; above < height(); ++above) {
      if (at(above) == Operand::reg(home(slot))) count = above + 1;
    }
  }
  Moves moves;
  for (std::size_t slot = settled_; slot < count; ++slot) {
    if (!at_home(slot)) moves.emplace_back(home(slot), at(slot));
  }
  loose_.erase(loose_.begin(), loose_.begin() + static_cast<std::ptrdiff_t>(count - settled_));
  settled_ = count;
  move(std::move(moves));
}

// Brings the top `count` slots home and gives the first one's. What lies below may stay where it
// is, unless it is in a register from there on, which a callee's frame will overlay.
Register Lowering::settle_top(std::size_t count, bool rest_lives) {
  const std::size_t first = height() - count;
  bool overlaid = false;
  for (std::size_t slot = settled_; rest_lives && slot < first; ++slot) {
    overlaid = overlaid || (!at(slot).is_constant() && at(slot).reg() >= home(first));
  }
  if (overlaid || count > kWindow) settle();
  Moves moves;
  for (std::size_t slot = std::max(first, settled_); slot < height(); ++slot) {
    if (at_home(slot)) continue;
    moves.emplace_back(home(slot), at(slot));
    loose_[slot - settled_] = Operand::reg(home(slot));
  }
  move(std::move(moves));
  return home(first);
}

// All moves at once: none may overwrite what another still reads.
void Lowering::move(Moves moves) {
  while (!moves.empty()) {
    const auto free = std::find_if(moves.begin(), moves.end(), [&](const auto& candidate) {
      return std::none_of(moves.begin(), moves.end(), [&](const auto& other) {
        return &other != &candidate && other.second == Operand::reg(candidate.first);
      });
    });
    if (free != moves.end()) {
      Instruction& copy = emit(Op::Copy);
      copy.dst = free->first;
      copy.a = free->second;
      moves.erase(free);
      continue;
    }
    // As many readers as targets: only cycles are left. A swap puts one value in place, and what
    // was there where that one was.
    const auto [target, source] = moves.back();
    moves.pop_back();
    Instruction& swap = emit(Op::Swap);
    swap.dst = target;
    swap.a = source;
    for (auto& other : moves) {
      if (other.second == Operand::reg(target)) other.second = source;
    }
    std::erase_if(moves, [](const auto& each) { return each.second == Operand::reg(each.first); });
  }
}

void Lowering::operation(Op op, Opcode opcode, std::size_t inputs) {
  const std::size_t result = height() - inputs;
  if (is_read(home(result), result)) settle();
  std::array<Operand, 3> in{};
  for (std::size_t i = inputs; i-- > 0;) in[i] = pop();
  Instruction& instruction = emit(op);
  instruction.opcode = opcode;
  instruction.dst = home(result);
  instruction.a = in[0];
  instruction.b = in[1];
  if (op == Op::Select) instruction.c = in[2];
  push(Operand::reg(home(result)));
}

void Lowering::shuffle(Opcode opcode) {
  const std::ptrdiff_t values = opcode == Opcode::Rot ? 3 : 2;
  loosen(height() - static_cast<std::size_t>(values));
  std::rotate(loose_.end() - values, loose_.end() - values + 1, loose_.end());
}

void Lowering::store(Register local, bool keep) {
  const std::size_t slot = height() - 1;
  // The operation just before may as well write the local itself, where nothing else reads the
  // slot's home or the local's old value.
  if (to_.code.size() > block_begin_ && at_home(slot) && !is_read(home(slot), slot) &&
      !is_read(local, slot)) {
    Instruction& last = to_.code.back();
    if (last.dst == home(slot) && (last.op == Op::Regular || last.op == Op::Select)) {
      last.dst = local;
      pop();
      if (keep) push(Operand::reg(local));
      return;
    }
  }
  if (is_read(local, slot)) settle();
  if (at(slot) != Operand::reg(local)) {
    const Operand value = at(slot);
    Instruction& copy = emit(Op::Copy);
    copy.dst = local;
    copy.a = value;
  }
  if (!keep) pop();
}

void Lowering::jump(std::uint32_t target, bool backward) {
  Instruction& jump = emit(Op::Jump);
  jump.target = block_at_[target];
  jump.costs = backward ? Costs::Target : Costs::Nothing;
}

void Lowering::ret(Op op) {
  if (from_.results().size() == 1) {
    const Operand value = pop();
    emit(op).a = value;
    return;
  }
  const Register first = settle_top(from_.results().size(), false);
  emit(op).dst = first;
}

void Lowering::call(const CallSite& site) {
  const std::size_t params = site.function->params().size();
  const std::size_t results = site.function->results().size();
  if (results > kWindow) settle();
  const Register first = settle_top(params, true);
  for (std::size_t i = 0; i < params && !loose_.empty(); ++i) pop();
  settled_ = std::min(settled_, static_cast<std::size_t>(first - first_slot_));
  Instruction& call = emit(Op::Call);
  call.target = site.number;
  call.dst = first;
  if (loose_.empty()) {
    settled_ += results;
    return;
  }
  for (std::size_t i = 0; i < results; ++i) push(Operand::reg(home(height())));
}

// To itself it is a loop: the arguments become the parameters, and the prologue zeroes the locals.
// With more parameters than moves are resolved for at once it stays a tail call.
void Lowering::tail_call(const CallSite& site) {
  const std::size_t params = site.function->params().size();
  if (site.number != self_ || params > kWindow) {
    const Register first = settle_top(params, false);
    Instruction& call = emit(Op::TailCall);
    call.target = site.number;
    call.dst = first;
    return;
  }
  Moves moves;
  for (std::size_t i = 0; i < params; ++i) {
    const auto param = static_cast<Register>(i);
    const Operand argument = at(height() - params + i);
    if (argument != Operand::reg(param)) moves.emplace_back(param, argument);
  }
  move(std::move(moves));
  Instruction& jump = emit(Op::Jump);
  jump.target = 0;
  jump.costs = Costs::Target;
}

void Lowering::jump_if(const rosetta::Instruction& instruction) {
  const Operand condition = pop_and_settle();
  Instruction& branch = emit(Op::Branch);
  branch.a = condition;
  branch.target = block_at_[instruction.operand];
  branch.other = block_at_[at_ + 1];
  if (backward(instruction.operand)) branch.costs = Costs::Target;
  if (instruction.opcode == Opcode::JumpIf) return;
  std::swap(branch.target, branch.other);
  if (branch.costs == Costs::Target) branch.costs = Costs::Other;
}

void Lowering::jump_table(std::span<const std::uint32_t> table) {
  const Operand index = pop_and_settle();
  Instruction& jump = emit(Op::Switch);
  jump.a = index;
  jump.target = static_cast<std::uint32_t>(to_.targets.size());
  jump.other = static_cast<std::uint32_t>(table.size() - 1);
  for (const std::uint32_t target : table) {
    to_.targets.push_back({block_at_[target], backward(target)});
  }
}

void Lowering::print(Opcode opcode) {
  const Operand value = pop();
  Instruction& print = emit(Op::Print);
  print.opcode = opcode;
  print.a = value;
}

void Lowering::step(const rosetta::Instruction& instruction) {
  switch (instruction.opcode) {
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  case Opcode::name:
#include "isa/opcodes.def"
    return operation(Op::Regular, instruction.opcode, info(instruction.opcode).arity);
#define RV_CONST(byte, name, mnemonic, type) case Opcode::name:
#include "isa/opcodes.def"
    return push(constant(instruction.constant));
#define RV_PRINT(byte, name, mnemonic, type) case Opcode::name:
#include "isa/opcodes.def"
    return print(instruction.opcode);
    case Opcode::PrintText:
      emit(Op::PrintText).target = static_cast<std::uint32_t>(to_.texts.size());
      to_.texts.emplace_back(from_.text(instruction.operand));
      return;
    case Opcode::Nop: return;
    case Opcode::Pop: pop(); return;
    case Opcode::Dup: return push(at(height() - 1));
    case Opcode::Over: return push(at(height() - 2));
    case Opcode::Swap:
    case Opcode::Rot: return shuffle(instruction.opcode);
    case Opcode::Select: return operation(Op::Select, instruction.opcode, 3);
    case Opcode::Load: return push(Operand::reg(instruction.operand));
    case Opcode::Store: return store(instruction.operand, false);
    case Opcode::Tee: return store(instruction.operand, true);
    case Opcode::Call: return call(calls_[instruction.operand]);
    case Opcode::TailCall: return tail_call(calls_[instruction.operand]);
    case Opcode::Jump: settle(); return jump(instruction.operand, backward(instruction.operand));
    case Opcode::JumpIf:
    case Opcode::JumpIfNot: return jump_if(instruction);
    case Opcode::JumpTable: return jump_table(from_.table(instruction.operand));
    case Opcode::Ret: return ret(Op::Ret);
    case Opcode::Halt: return ret(Op::Halt);
    case Opcode::Trap: emit(Op::Trap); return;
  }
}

// The height behind an instruction, where a path goes on behind it.
std::uint32_t Lowering::height_after(const rosetta::Instruction& instruction,
                                     std::uint32_t height) const {
  switch (instruction.opcode) {
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  case Opcode::name:
#include "isa/opcodes.def"
    return height - info(instruction.opcode).arity + 1;
#define RV_CONST(byte, name, mnemonic, type) case Opcode::name:
#include "isa/opcodes.def"
    case Opcode::Dup:
    case Opcode::Over:
    case Opcode::Load: return height + 1;
#define RV_PRINT(byte, name, mnemonic, type) case Opcode::name:
#include "isa/opcodes.def"
    case Opcode::Pop:
    case Opcode::Store:
    case Opcode::JumpIf:
    case Opcode::JumpIfNot:
    case Opcode::JumpTable: return height - 1;
    case Opcode::Select: return height - 2;
    case Opcode::Call: {
      const rosetta::Function& callee = *calls_[instruction.operand].function;
      return height + static_cast<std::uint32_t>(callee.results().size()) -
             static_cast<std::uint32_t>(callee.params().size());
    }
    case Opcode::Nop:
    case Opcode::Swap:
    case Opcode::Rot:
    case Opcode::Tee:
    case Opcode::PrintText:
    case Opcode::Jump:
    case Opcode::TailCall:
    case Opcode::Ret:
    case Opcode::Halt:
    case Opcode::Trap: return height;
  }
  return height;
}

// A block begins at the start, at each target and behind each conditional jump, where a path comes
// by. Fills height_ and numbers the blocks in the order of the text, behind the prologue.
void Lowering::find_blocks() {
  const std::span<const rosetta::Instruction> code = from_.code();
  std::vector<bool> is_target(code.size() + 1, false);
  is_target[0] = true;
  for (std::uint32_t i = 0; i < code.size(); ++i) {
    const OperandKind kind = info(code[i].opcode).operand;
    if (kind == OperandKind::Target) is_target[code[i].operand] = true;
    if (info(code[i].opcode).flow == Flow::Branch) is_target[i + 1] = true;
    if (kind != OperandKind::Table) continue;
    for (const std::uint32_t target : from_.table(code[i].operand)) is_target[target] = true;
  }
  height_.assign(code.size(), kUnreached);
  std::vector<std::uint32_t> pending;
  const auto reach = [&](std::uint32_t target, std::uint32_t height) {
    if (height_[target] != kUnreached) return;
    height_[target] = height;
    pending.push_back(target);
  };
  reach(0, 0);
  while (!pending.empty()) {
    std::uint32_t at = pending.back();
    pending.pop_back();
    std::uint32_t height = height_[at];
    for (;; ++at) {
      const rosetta::Instruction& instruction = code[at];
      const OpcodeInfo& row = info(instruction.opcode);
      height = height_after(instruction, height);
      if (row.operand == OperandKind::Target) reach(instruction.operand, height);
      if (row.operand == OperandKind::Table) {
        for (const std::uint32_t target : from_.table(instruction.operand)) reach(target, height);
      }
      if (row.flow == Flow::End) break;
      if (!is_target[at + 1]) continue;
      reach(at + 1, height);
      break;
    }
  }
  block_at_.assign(code.size(), kUnreached);
  BlockId next = 1;
  for (std::uint32_t i = 0; i < code.size(); ++i) {
    if (height_[i] != kUnreached) block_at_[i] = next++;
  }
}

// Zeroes the locals, but those that the straight line from the start writes before it reads them.
void Lowering::prologue() {
  to_.blocks.push_back({0, 0, 0, 0});
  const std::span<const rosetta::Instruction> code = from_.code();
  const std::size_t params = from_.params().size();
  enum class First : std::uint8_t { Unknown, Read, Written };
  std::vector<First> first(from_.locals().size(), First::Unknown);
  for (std::uint32_t i = 0; i < code.size(); ++i) {
    if (i > 0 && block_at_[i] != kUnreached) break;
    if (info(code[i].opcode).flow != Flow::Next) break;
    if (info(code[i].opcode).operand != OperandKind::Local || code[i].operand < params) continue;
    First& mine = first[code[i].operand - params];
    if (mine != First::Unknown) continue;
    mine = code[i].opcode == Opcode::Load ? First::Read : First::Written;
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] == First::Written) continue;
    const Operand zero = constant(0);
    Instruction& copy = emit(Op::Copy);
    copy.dst = static_cast<Register>(params + i);
    copy.a = zero;
  }
  jump(0, false);
}

void Lowering::block(std::uint32_t begin) {
  const std::span<const rosetta::Instruction> code = from_.code();
  block_begin_ = to_.code.size();
  loose_.clear();
  settled_ = height_[begin];
  to_.blocks.push_back({static_cast<std::uint32_t>(block_begin_), 0, begin, 0});
  for (at_ = begin;; ++at_) {
    ++to_.blocks.back().steps;
    step(code[at_]);
    if (info(code[at_].opcode).flow != Flow::Next) break;
    if (block_at_[at_ + 1] == kUnreached) continue;
    settle();
    jump(at_ + 1, false);
    break;
  }
  to_.blocks.back().height = static_cast<std::uint32_t>(height());
}

Function Lowering::run() {
  to_.params.assign(from_.params().begin(), from_.params().end());
  to_.results.assign(from_.results().begin(), from_.results().end());
  to_.locals.assign(from_.locals().begin(), from_.locals().end());
  to_.registers = from_.cells();
  first_slot_ = to_.first_home();
  find_blocks();
  prologue();
  for (std::uint32_t i = 0; i < from_.code().size(); ++i) {
    if (block_at_[i] != kUnreached) block(i);
  }
  return std::move(to_);
}

}  // namespace

Function lower(const rosetta::Function& function, std::uint32_t self,
               std::span<const CallSite> calls) {
  return Lowering(function, self, calls).run();
}

}  // namespace rosetta::ir
