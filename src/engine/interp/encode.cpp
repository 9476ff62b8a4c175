// One pass over the blocks in their order. What is often together becomes one instruction: a test
// and the branch that alone reads it; arithmetic, the canonical form of its result and what comes
// behind it; two moves. A jump to the block that comes next is left out, and a jump to a block that
// is but a branch is that branch, so that a loop with its condition at the head jumps once a round.
// Offsets of blocks and addresses of functions are filled in at the end of a function and of the
// program.
#include "engine/interp/encode.h"

#include <algorithm>
#include <cassert>

namespace rosetta::interp {
namespace {

using ir::Costs;
using ir::Instruction;
using ir::Op;
using ir::Operand;

class Encoder {
 public:
  Encoder(const ir::Program& program, const EngineOptions& options, Code& code)
      : program_(program),
        options_(options),
        fuel_(options.limits.fuel.has_value()),
        code_(code),
        words_(code.words) {}

  void run();

 private:
  // A word whose high or low half is to hold the distance from an instruction to a block.
  struct Patch {
    std::size_t word;
    std::size_t from;
    ir::BlockId block;
    bool high;  // Near has it in its upper half, SwitchEntry in its lower
  };
  // A word that is to hold a function's address.
  struct Link {
    std::size_t word;
    std::uint32_t function;
  };

  void function(std::uint32_t number);
  void block(ir::BlockId id);
  void instruction(const Instruction& instruction);
  void regular(const Instruction& instruction, const RegularHandlers::Forms& forms);
  std::uint32_t regular_run(std::uint32_t at, std::uint32_t end);
  [[nodiscard]] bool branches(const Instruction& regular, const Instruction& branch) const;
  void regular_branch(const Instruction& regular, const Instruction& branch);
  bool copies(const Instruction& first, const Instruction& second);
  void select(const Instruction& instruction);
  void call(const Instruction& instruction);
  void call_operands(const Instruction& call);
  void tail_call(const Instruction& instruction);
  void leave(const Instruction& instruction, Handler* one, Handler* constant, Handler* many);
  void branch(const Instruction& branch, const Instruction* test);
  void branch(const Instruction& branch, const Instruction* test, bool on);
  [[nodiscard]] bool is_branch(ir::BlockId id) const;
  bool jump_as_branch(ir::BlockId to);
  void switch_to(const Instruction& instruction);
  void jump(ir::BlockId to, bool costs);
  void edge(std::size_t near_word, std::size_t from, ir::BlockId to);
  void count(std::uint32_t first, std::uint32_t at, std::uint32_t end);
  [[nodiscard]] bool fuses(ir::BlockId id, const Instruction& test,
                           const Instruction& branch) const;

  // Words.
  void op(Handler* handler) { words_.push_back(reinterpret_cast<Word>(handler)); }
  template <class T>
  void operands(const T& value) {
    words_.push_back(word(value));
  }
  // A jump that was written as a branch which costs is one event all the same.
  void event(bool costs) {
    const auto here = static_cast<std::uint32_t>(words_.size());
    if (costs && (code_.events.empty() || code_.events.back() != here)) {
      code_.events.push_back(here);
    }
  }
  // The one slot beyond 16 bits, a callee's frame behind a full stack, is 32 bits wide everywhere.
  [[nodiscard]] std::uint16_t at(ir::Register reg) const {
    assert(slot(*function_, reg) <= 0xffff);
    return static_cast<std::uint16_t>(slot(*function_, reg));
  }
  [[nodiscard]] std::uint16_t at(Operand operand) const {
    return operand.is_constant() ? std::uint16_t{0} : at(operand.reg());
  }
  [[nodiscard]] Cell value(Operand operand) const { return function_->constants[operand.index()]; }
  [[nodiscard]] std::uint16_t link(const ir::Function& function) const {
    return static_cast<std::uint16_t>(function.params.size());
  }
  [[nodiscard]] RetOperands ret_operands(std::uint16_t first) const {
    return {first, link(*function_),
            static_cast<std::uint16_t>(function_->enters ? 0 : function_->weight), 0};
  }
  void stack(Handler* handler, std::uint16_t reg, std::uint32_t count) {
    op(handler);
    operands(StackOperands{reg, 0, count});
  }
  void set(ir::Register reg, Cell constant) {
    op(kHandlers.constant);
    operands(Registers{at(reg), 0, 0, 0});
    words_.push_back(constant);
  }

  const ir::Program& program_;
  const EngineOptions& options_;
  bool fuel_;
  Code& code_;
  std::vector<Word>& words_;

  const ir::Function* function_ = nullptr;
  std::uint32_t number_ = 0;
  ir::BlockId block_ = 0;
  std::vector<std::size_t> block_words_;
  std::vector<Patch> patches_;
  std::vector<Link> links_;
};

void Encoder::regular(const Instruction& from, const RegularHandlers::Forms& forms) {
  const bool unary = info(from.opcode).arity == 1;
  if (from.a.is_constant() && (unary || from.b.is_constant())) {
    // Nothing is left to read, so the first constant may wait in the result's place.
    set(from.dst, value(from.a));
    op(forms[static_cast<std::size_t>(unary ? Form::Registers : Form::Right)]);
    operands(Registers{at(from.dst), at(from.dst), 0, 0});
    if (!unary) words_.push_back(value(from.b));
    return;
  }
  const bool left = from.a.is_constant();
  const bool right = !unary && from.b.is_constant();
  op(forms[static_cast<std::size_t>(left ? Form::Left : right ? Form::Right : Form::Registers)]);
  operands(Registers{at(from.dst), at(from.a), unary ? std::uint16_t{0} : at(from.b), 0});
  if (left) words_.push_back(value(from.a));
  if (right) words_.push_back(value(from.b));
}

// A regular instruction with what becomes one with it: the canonical form of its result, and the
// return of it, a branch on it or a call behind it. Gives what comes next.
std::uint32_t Encoder::regular_run(std::uint32_t first, std::uint32_t end) {
  const Instruction& from = function_->code[first];
  const RegularHandlers& handlers = kHandlers.regular[static_cast<std::uint8_t>(from.opcode)];
  std::vector<std::uint32_t>& offsets = code_.offsets.back();
  if (options_.observer != nullptr) {
    regular(from, handlers.forms[0][0]);
    return first + 1;
  }
  std::uint32_t next = first + 1;
  const auto is = [&](auto... ops) {
    return next < end && ((function_->code[next].op == ops) || ...);
  };
  const bool canon = handlers.forms[1][0][0] != nullptr && is(Op::CanonF32, Op::CanonF64) &&
                     function_->code[next].dst == from.dst;
  if (canon) ++next;
  const bool returns = is(Op::Ret) && function_->results.size() == 1 &&
                       function_->code[next].a == Operand::reg(from.dst);
  const bool calls = is(Op::Call) && !fuel_ && !options_.count;
  if (!canon && is(Op::Branch) && branches(from, function_->code[next])) {
    regular_branch(from, function_->code[next]);
    return next + 1;
  }
  const bool jumps = is(Op::Jump) && !fuel_ && !options_.count && !from.a.is_constant() &&
                     function_->code[next].target != block_ + 1 &&
                     !is_branch(function_->code[next].target);
  const Then then = returns ? Then::Return : calls ? Then::Call : jumps ? Then::Jump : Then::Next;
  event(calls || jumps);
  const std::size_t begin = words_.size();
  regular(from, handlers.forms[canon][static_cast<std::size_t>(then)]);
  // The words of an operation are its own, since it may trap; those of a call behind it are the
  // call's.
  const auto here = [&] { offsets.push_back(static_cast<std::uint32_t>(words_.size())); };
  if (canon) here();
  if (then == Then::Next) return next;
  here();
  if (returns) operands(ret_operands(0));
  if (calls) call_operands(function_->code[next]);
  if (jumps) {
    edge(words_.size(), begin, function_->code[next].target);
    operands(Near{0, 0, 0});
  }
  return next + 1;
}

// As fuses(), for an integer that is no test's result.
bool Encoder::branches(const Instruction& from, const Instruction& branch) const {
  const RegularHandlers& handlers = kHandlers.regular[static_cast<std::uint8_t>(from.opcode)];
  const bool read = !branch.a.is_constant() && branch.a.reg() == from.dst;
  const bool integer = handlers.forms[0][static_cast<std::size_t>(Then::If)][0] != nullptr;
  return read && integer && !fuel_ && !from.a.is_constant() &&
         from.dst >= function_->alive_behind(block_);
}

void Encoder::regular_branch(const Instruction& from, const Instruction& branch) {
  const RegularHandlers& handlers = kHandlers.regular[static_cast<std::uint8_t>(from.opcode)];
  const bool on = branch.target != block_ + 1;
  event(branch.costs != Costs::Nothing);
  const std::size_t begin = words_.size();
  regular(from, handlers.forms[0][static_cast<std::size_t>(on ? Then::If : Then::IfNot)]);
  code_.offsets.back().push_back(static_cast<std::uint32_t>(words_.size()));
  edge(words_.size(), begin, on ? branch.target : branch.other);
  operands(Near{0, 0, 0});
  jump(on ? branch.other : branch.target, branch.costs == (on ? Costs::Other : Costs::Target));
}

void Encoder::select(const Instruction& from) {
  if (from.c.is_constant()) {
    const Operand chosen = value(from.c) != 0 ? from.a : from.b;
    if (chosen.is_constant()) return set(from.dst, value(chosen));
    op(kHandlers.copy);
    return operands(Registers{at(from.dst), at(chosen), 0, 0});
  }
  op(kHandlers.select[from.a.is_constant()][from.b.is_constant()]);
  operands(Registers{at(from.dst), at(from.a), at(from.b), at(from.c)});
  if (from.a.is_constant()) words_.push_back(value(from.a));
  if (from.b.is_constant()) words_.push_back(value(from.b));
}

void Encoder::call(const Instruction& from) {
  event(true);
  op(kHandlers.call[fuel_]);
  call_operands(from);
}

void Encoder::call_operands(const Instruction& from) {
  const ir::Function& callee = program_.functions[from.target];
  operands(CallOperands{slot(*function_, from.dst), link(callee),
                        static_cast<std::uint16_t>(callee.weight)});
  links_.push_back({words_.size(), from.target});
  words_.push_back(0);
}

void Encoder::tail_call(const Instruction& from) {
  const ir::Function& callee = program_.functions[from.target];
  event(true);
  op(kHandlers.tail_call[fuel_]);
  operands(TailOperands{callee.params.empty() ? std::uint16_t{0} : at(from.dst), link(callee),
                        link(*function_), static_cast<std::uint16_t>(function_->weight)});
  links_.push_back({words_.size(), from.target});
  words_.push_back(0);
  operands(CallOperands{0, link(callee), static_cast<std::uint16_t>(callee.weight)});
}

void Encoder::leave(const Instruction& from, Handler* one, Handler* constant, Handler* many) {
  const std::size_t results = function_->results.size();
  const bool single = results == 1;
  const bool is_constant = single && from.a.is_constant();
  op(single ? (is_constant ? constant : one) : many);
  const std::uint16_t first = single ? at(from.a) : results == 0 ? std::uint16_t{0} : at(from.dst);
  operands(ret_operands(first));
  if (is_constant) words_.push_back(value(from.a));
  if (!single) words_.push_back(results);
}

void Encoder::edge(std::size_t near_word, std::size_t from, ir::BlockId to) {
  patches_.push_back({near_word, from, to, true});
}

void Encoder::jump(ir::BlockId to, bool costs) {
  if (to == block_ + 1) return;
  event(costs);
  op(kHandlers.jump[fuel_ && costs]);
  edge(words_.size(), words_.size() - 1, to);
  operands(Near{0, 0, 0});
}

void Encoder::branch(const Instruction& from, const Instruction* test) {
  if (from.a.is_constant() && test == nullptr) {
    const bool on = value(from.a) != 0;
    return jump(on ? from.target : from.other, from.costs == (on ? Costs::Target : Costs::Other));
  }
  branch(from, test, from.target != block_ + 1);
}

// Goes to one block on the condition's being `on`, and falls through or jumps to the other.
void Encoder::branch(const Instruction& from, const Instruction* test, bool on) {
  const ir::BlockId to = on ? from.target : from.other;
  const bool costs = from.costs == (on ? Costs::Target : Costs::Other);
  event(costs);
  const std::size_t begin = words_.size();
  if (test == nullptr) {
    op(kHandlers.branch[on][fuel_ && costs]);
    operands(Near{at(from.a), 0, 0});
  } else {
    const RegularHandlers& handlers = kHandlers.regular[static_cast<std::uint8_t>(test->opcode)];
    const bool unary = info(test->opcode).arity == 1;
    const bool right = !unary && test->b.is_constant();
    op((right ? handlers.branch_right : handlers.branch)[on][fuel_ && costs]);
    operands(Near{at(test->a), unary || right ? std::uint16_t{0} : at(test->b), 0});
    if (right) words_.push_back(value(test->b));
  }
  edge(begin + 1, begin, to);
  jump(on ? from.other : from.target, from.costs == (on ? Costs::Other : Costs::Target));
}

// Whether a block is but a branch, with the test that becomes one with it or without.
bool Encoder::is_branch(ir::BlockId id) const {
  const std::uint32_t begin = function_->blocks[id].begin;
  const std::uint32_t size = function_->end(id) - begin;
  const Instruction& last = function_->code[begin + size - 1];
  if (last.op != Op::Branch || last.a.is_constant()) return false;
  return size == 1 || (size == 2 && fuses(id, function_->code[begin], last));
}

// Whether a jump to a block was written as the branch that is all of that block. Where fuel or
// steps are counted, or every step is watched, the jump has to be seen.
bool Encoder::jump_as_branch(ir::BlockId to) {
  if (fuel_ || options_.count || options_.observer != nullptr) return false;
  if (to == block_ + 1 || !is_branch(to)) return false;
  const Instruction& last = function_->code[function_->end(to) - 1];
  const Instruction& first = function_->code[function_->blocks[to].begin];
  event(true);
  // The block behind the branch is most likely the loop's body: no second jump on the way there.
  const ir::BlockId next = block_ + 1;
  const bool on = last.target != next && (last.other == next || last.other != to + 1);
  branch(last, &first == &last ? nullptr : &first, on);
  return true;
}

void Encoder::switch_to(const Instruction& from) {
  const std::span<const ir::SwitchTarget> targets =
      std::span(function_->targets).subspan(from.target, from.other + 1);
  if (from.a.is_constant()) {
    const ir::SwitchTarget& target = targets[std::min<Cell>(value(from.a), from.other)];
    return jump(target.block, target.costs);
  }
  event(std::any_of(targets.begin(), targets.end(), [](const auto& t) { return t.costs; }));
  const std::size_t begin = words_.size();
  op(kHandlers.jump_table[fuel_]);
  operands(SwitchOperands{at(from.a), 0, from.other});
  for (const ir::SwitchTarget& target : targets) {
    patches_.push_back({words_.size(), begin, target.block, false});
    operands(SwitchEntry{0, target.costs});
  }
}

void Encoder::instruction(const Instruction& from) {
  switch (from.op) {
    case Op::Regular: break;  // regular_run's
    case Op::Copy:
      if (from.a.is_constant()) return set(from.dst, value(from.a));
      op(kHandlers.copy);
      return operands(Registers{at(from.dst), at(from.a), 0, 0});
    case Op::Swap: op(kHandlers.swap); return operands(Registers{at(from.dst), at(from.a), 0, 0});
    case Op::Select: return select(from);
    case Op::CanonF32:
    case Op::CanonF64:
      op(from.op == Op::CanonF32 ? kHandlers.canon_f32 : kHandlers.canon_f64);
      return operands(Registers{at(from.dst), 0, 0, 0});
    case Op::Print: {
      const bool constant = from.a.is_constant();
      op(kHandlers.print);
      operands(PrintOperands{at(from.a), static_cast<std::uint8_t>(info(from.opcode).operand_type),
                             constant, 0});
      words_.push_back(constant ? value(from.a) : 0);
      return;
    }
    case Op::PrintText:
      op(kHandlers.print_text);
      words_.push_back(reinterpret_cast<Word>(&function_->texts[from.target]));
      return;
    case Op::Call: return call(from);
    case Op::Enter: op(kHandlers.call[0]); return call_operands(from);
    case Op::Charge:
      event(true);
      op(kHandlers.charge[fuel_]);
      return operands(ChargeOperands{from.target, from.other});
    case Op::Credit: return stack(kHandlers.credit, 0, from.target);
    case Op::Push: return stack(kHandlers.push, 0, from.target);
    case Op::Pop: return stack(kHandlers.pop, 0, from.target);
    case Op::Save:
      if (!from.a.is_constant()) return stack(kHandlers.save, at(from.a), from.target);
      stack(kHandlers.save_constant, 0, from.target);
      return words_.push_back(value(from.a));
    case Op::Restore: return stack(kHandlers.restore, at(from.dst), from.target);
    case Op::Jump:
      if (!jump_as_branch(from.target)) jump(from.target, from.costs == Costs::Target);
      return;
    case Op::Branch: return branch(from, nullptr);
    case Op::Switch: return switch_to(from);
    case Op::TailCall: return tail_call(from);
    case Op::Ret: return leave(from, kHandlers.ret, kHandlers.ret_constant, kHandlers.ret_many);
    case Op::Halt: return leave(from, kHandlers.halt, kHandlers.halt_constant, kHandlers.halt_many);
    case Op::Trap: return op(kHandlers.trap);
  }
}

// Whether two moves were written, as one.
bool Encoder::copies(const Instruction& first, const Instruction& second) {
  if (options_.observer != nullptr || first.op != Op::Copy || second.op != Op::Copy) return false;
  if (first.a.is_constant() || second.a.is_constant()) return false;
  op(kHandlers.copies);
  operands(Registers{at(first.dst), at(first.a), at(second.dst), at(second.a)});
  return true;
}

// The test's result must be a value of the stack that nobody reads behind the branch.
bool Encoder::fuses(ir::BlockId id, const Instruction& test, const Instruction& branch) const {
  if (options_.observer != nullptr || test.op != Op::Regular || branch.op != Op::Branch) {
    return false;
  }
  const bool read = !branch.a.is_constant() && branch.a.reg() == test.dst;
  const ir::Register alive = function_->alive_behind(id);
  const RegularHandlers& handlers = kHandlers.regular[static_cast<std::uint8_t>(test.opcode)];
  const bool form = !test.a.is_constant() && handlers.branch[0][0] != nullptr;
  return read && test.dst >= alive && form;
}

// Where steps are counted, those up to the next call are counted at once.
void Encoder::count(std::uint32_t first, std::uint32_t at, std::uint32_t end) {
  if (!options_.count) return;
  const ir::Block& block = function_->blocks[block_];
  std::uint32_t last = block.first + block.steps;
  for (; at < end; ++at) {
    if (function_->code[at].op != Op::Call) continue;
    last = function_->code[at].origin + 1;
    break;
  }
  op(kHandlers.count);
  operands(CountOperands{last - first, 0});
}

void Encoder::block(ir::BlockId id) {
  block_ = id;
  block_words_.push_back(words_.size());
  const std::uint32_t end = function_->end(id);
  std::vector<std::uint32_t>& offsets = code_.offsets.back();
  count(function_->blocks[id].first, function_->blocks[id].begin, end);
  for (std::uint32_t at = function_->blocks[id].begin; at < end; ++at) {
    const Instruction& from = function_->code[at];
    offsets.push_back(static_cast<std::uint32_t>(words_.size()));
    if (at + 2 == end && fuses(id, from, function_->code[at + 1])) {
      offsets.push_back(static_cast<std::uint32_t>(words_.size()));
      branch(function_->code[at + 1], &from);
      break;
    }
    // The entry block stands for no instruction, nor does a jump to what comes next anyway.
    const bool silent = id == 0 || (from.op == Op::Jump && from.target == id + 1);
    if (options_.observer != nullptr && !silent) {
      op(kHandlers.observe);
      operands(ObserveOperands{number_, at});
    }
    if (from.op == Op::Regular) {
      at = regular_run(at, end) - 1;
      continue;
    }
    if (at + 1 < end && copies(from, function_->code[at + 1])) {
      ++at;
      offsets.push_back(static_cast<std::uint32_t>(words_.size()));
      continue;
    }
    instruction(from);
    if (from.op == Op::Call) count(from.origin + 1, at + 1, end);
  }
}

void Encoder::function(std::uint32_t number) {
  number_ = number;
  function_ = &program_.functions[number];
  code_.begin.push_back(static_cast<std::uint32_t>(words_.size()));
  code_.offsets.emplace_back().reserve(function_->code.size());
  block_words_.clear();
  patches_.clear();
  for (ir::BlockId id = 0; id < function_->blocks.size(); ++id) block(id);
  for (const Patch& patch : patches_) {
    const auto distance = static_cast<std::int64_t>(block_words_[patch.block]) -
                          static_cast<std::int64_t>(patch.from);
    const Word offset = static_cast<std::uint32_t>(distance);
    words_[patch.word] |= patch.high ? offset << 32 : offset;
  }
}

void Encoder::run() {
  for (std::uint32_t i = 0; i < program_.functions.size(); ++i) function(i);
  code_.begin.push_back(static_cast<std::uint32_t>(words_.size()));
  // The entry's frame returns as if behind a call whose frame begins where its own does.
  op(nullptr);
  operands(CallOperands{0, 0, 0});
  words_.push_back(0);
  op(kHandlers.finish);
  code_.finish = &words_.back();
  for (const Link& link : links_) {
    words_[link.word] = reinterpret_cast<Word>(words_.data() + code_.begin[link.function]);
  }
}

}  // namespace

Code encode(const ir::Program& program, const EngineOptions& options) {
  Code code;
  std::size_t instructions = 0;
  for (const ir::Function& function : program.functions) instructions += function.code.size();
  code.words.reserve(instructions * 3 + 8);
  code.offsets.reserve(program.functions.size());
  Encoder(program, options, code).run();
  return code;
}

Code::Place Code::place(const Word* pc) const {
  const auto offset = static_cast<std::uint32_t>(pc - words.data());
  const auto function =
      std::upper_bound(begin.begin(), begin.end() - 1, offset) - begin.begin() - 1;
  const std::vector<std::uint32_t>& mine = offsets[static_cast<std::size_t>(function)];
  const auto instruction = std::upper_bound(mine.begin(), mine.end(), offset) - mine.begin() - 1;
  return {static_cast<std::uint32_t>(function), static_cast<std::uint32_t>(instruction)};
}

}  // namespace rosetta::interp
