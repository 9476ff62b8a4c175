// A machine's registers: its parameters (which member is entered, then the arguments); as locals
// the state, the results and every member's parameters and locals; then every member's homes. Only
// one member is active at a time, so a call of another function may overlay the homes behind its
// arguments, as everywhere.
//
// Its first block makes the cell that holds the last state, the return from the machine; the second
// is the switch over states. On the stack a frame is what lives across the call, and above it the
// state behind the call:
//
//   … | live | live | state |        <- top
#include "ir/explicit.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/graph.h"
#include "ir/liveness.h"

namespace rosetta::ir {
namespace {

using State = std::uint32_t;

class Machine {
 public:
  // Of the functions in component `mine`; `component` is by number in the program, and `entered`
  // marks those that are called from outside their component.
  Machine(const Program& program, std::span<const std::uint32_t> component, std::uint32_t mine,
          std::span<const std::uint32_t> members, const std::vector<bool>& entered);

  // Once. Nothing where too much lives across its calls, or goes into it.
  std::optional<Function> build();
  // The function that takes a member's place: `number` is the machine's.
  [[nodiscard]] Function entrance(std::uint32_t member, std::uint32_t number) const;

 private:
  struct Member {
    std::uint32_t number = 0;
    Register variables = 0;       // where its parameters and locals are
    Register homes = 0;           // and its homes
    std::uint32_t constants = 0;  // where its constants are
    std::vector<BlockId> blocks;  // where its blocks are
    State state = 0;              // its entry's
    LiveRegisters live;           // across each of its calls of members
  };

  void lay_out_registers();
  [[nodiscard]] Register homes_of(const Member& member) const;
  bool lay_out_blocks();
  [[nodiscard]] std::size_t fewest_results() const;
  void enter();
  void body(Member& member);
  void instruction(const Member& member, const Instruction& from);
  void call(const Member& member, const Instruction& from);
  void tail_call(const Member& member, const Instruction& from);
  void call_others(const Member& member, const Instruction& from);
  void ret(const Member& member, const Instruction& from);
  void results(const Member& member, const Instruction& from);
  void go_back();

  [[nodiscard]] bool is_member(std::uint32_t number) const { return component_[number] == mine_; }
  [[nodiscard]] const Function& of(const Member& member) const {
    return program_.functions[member.number];
  }
  [[nodiscard]] const Member& member(std::uint32_t number) const {
    return *std::ranges::lower_bound(members_, number, {}, &Member::number);
  }
  [[nodiscard]] Register reg(const Member& member, Register from) const {
    const Register first = of(member).first_home();
    return from < first ? member.variables + from : member.homes + (from - first);
  }
  [[nodiscard]] Operand operand(const Member& member, Operand from) const {
    return from.is_constant() ? Operand::constant(member.constants + from.index())
                              : Operand::reg(reg(member, from.reg()));
  }

  // Blocks begin in the order that they were laid out.
  void begin_block(std::uint32_t first = 0, std::uint32_t steps = 0);
  Instruction& emit(Op op);
  void copy(Register to, Operand from);
  void stack(Op op, std::uint32_t count) { emit(op).target = count; }
  void jump(BlockId target) { emit(Op::Jump).target = target; }
  void go_to(State state);
  Operand constant(Cell cell);

  static constexpr BlockId kSwitch = 1;

  const Program& program_;
  std::span<const std::uint32_t> component_;
  std::uint32_t mine_;
  std::vector<Member> members_;
  std::vector<std::uint32_t> doors_;  // members that are entered from outside
  std::vector<Type> params_;          // of the widest member
  std::size_t result_count_ = 0;
  Function to_;
  Register state_ = 0;
  Register results_ = 0;
  std::vector<BlockId> states_;  // where each goes on
  State resumed_ = 0;            // that of the call that comes next
  std::uint32_t origin_ = 0;
  std::size_t calls_ = 0;  // of members, of the member that is written
};

// What all of them have there, or a cell.
std::vector<Type> common(const Program& program, std::span<const std::uint32_t> members,
                         std::vector<Type> Function::*types) {
  std::vector<Type> made;
  for (const std::uint32_t number : members) {
    const std::vector<Type>& mine = program.functions[number].*types;
    for (std::size_t i = 0; i < mine.size(); ++i) {
      if (i == made.size()) {
        made.push_back(mine[i]);
      } else if (made[i] != mine[i]) {
        made[i] = Type::I64;
      }
    }
  }
  return made;
}

Machine::Machine(const Program& program, std::span<const std::uint32_t> component,
                 std::uint32_t mine, std::span<const std::uint32_t> members,
                 const std::vector<bool>& entered)
    : program_(program), component_(component), mine_(mine) {
  for (const std::uint32_t number : members) {
    members_.emplace_back().number = number;
    if (entered[number]) doors_.push_back(number);
  }
  // One that only dead calls lead to.
  if (doors_.empty()) doors_.push_back(members[0]);
  params_ = common(program, members, &Function::params);
  to_.results = common(program, members, &Function::results);
  result_count_ = to_.results.size();
  to_.machine = true;
  if (doors_.size() > 1) to_.params.push_back(Type::I64);
  to_.params.insert(to_.params.end(), params_.begin(), params_.end());
}

// A tail call that leaves becomes a call, whose results need their place.
Register Machine::homes_of(const Member& member) const {
  const Function& from = of(member);
  Register end = from.registers;
  for (const Instruction& each : from.code) {
    if (each.op != Op::TailCall || is_member(each.target)) continue;
    end = std::max(end, each.dst + static_cast<Register>(from.results.size()));
  }
  return end - from.first_home();
}

void Machine::lay_out_registers() {
  const auto local = [&](Type type) {
    to_.locals.push_back(type);
    return to_.first_home() - 1;
  };
  state_ = local(Type::I64);
  results_ = to_.first_home();
  for (const Type type : to_.results) local(type);
  for (Member& member : members_) {
    member.variables = to_.first_home();
    for (const Type type : of(member).params) local(type);
    for (const Type type : of(member).locals) local(type);
  }
  to_.registers = to_.first_home();
  for (Member& member : members_) {
    member.homes = to_.registers;
    to_.registers += homes_of(member);
    member.constants = static_cast<std::uint32_t>(to_.constants.size());
    to_.constants.insert(to_.constants.end(), of(member).constants.begin(),
                         of(member).constants.end());
  }
}

// A block goes on in another behind each call of a member; each such place is a state.
bool Machine::lay_out_blocks() {
  BlockId next = kSwitch + 1 + (doors_.size() > 1 ? static_cast<BlockId>(doors_.size()) : 0);
  states_.push_back(next++);  // the return
  std::vector<BlockId> resumed;
  for (Member& member : members_) {
    member.state = static_cast<State>(states_.size());
    states_.push_back(next);
    for (BlockId block = 0; block < of(member).blocks.size(); ++block) {
      member.blocks.push_back(next++);
      for (std::uint32_t at = of(member).blocks[block].begin; at < of(member).end(block); ++at) {
        const Instruction& each = of(member).code[at];
        if (each.op == Op::Call && is_member(each.target)) resumed.push_back(next++);
      }
    }
    std::optional<LiveRegisters> live = live_across_calls(of(member), program_, component_, mine_);
    if (!live) return false;
    member.live = std::move(*live);
  }
  resumed_ = static_cast<State>(states_.size());
  states_.insert(states_.end(), resumed.begin(), resumed.end());
  return true;
}

void Machine::begin_block(std::uint32_t first, std::uint32_t steps) {
  // All homes may hold something behind it.
  to_.blocks.push_back({static_cast<std::uint32_t>(to_.code.size()),
                        to_.registers - to_.first_home(), first, steps});
}

Instruction& Machine::emit(Op op) {
  Instruction& made = to_.code.emplace_back();
  made.op = op;
  made.origin = origin_;
  return made;
}

void Machine::copy(Register to, Operand from) {
  Instruction& made = emit(Op::Copy);
  made.dst = to;
  made.a = from;
}

Operand Machine::constant(Cell cell) {
  to_.constants.push_back(cell);
  return Operand::constant(static_cast<std::uint32_t>(to_.constants.size()) - 1);
}

void Machine::go_to(State state) {
  copy(state_, constant(state));
  jump(kSwitch);
}

std::size_t Machine::fewest_results() const {
  std::size_t fewest = result_count_;
  for (const Member& member : members_) fewest = std::min(fewest, of(member).results.size());
  return fewest;
}

// The blocks before the members' own.
void Machine::enter() {
  const std::size_t chosen = to_.params.size() - params_.size();
  const auto door = [&](const Member& member) {
    for (std::size_t i = 0; i < of(member).params.size(); ++i) {
      copy(reg(member, static_cast<Register>(i)), Operand::reg(static_cast<Register>(chosen + i)));
    }
    go_to(member.state);
  };
  begin_block();
  Instruction& first = emit(Op::Push);
  first.target = 1;
  first.other = 0;
  emit(Op::Save).a = constant(0);
  // What the member that returns last does not have is returned all the same.
  for (std::size_t i = fewest_results(); i < result_count_; ++i) {
    copy(results_ + static_cast<Register>(i), constant(0));
  }
  if (chosen == 0) {
    door(member(doors_[0]));
  } else {
    Instruction& choice = emit(Op::Switch);
    choice.a = Operand::reg(0);
    choice.target = 0;
    choice.other = static_cast<std::uint32_t>(doors_.size()) - 1;
    for (BlockId i = 0; i < doors_.size(); ++i) to_.targets.push_back({kSwitch + 1 + i, false});
  }
  begin_block();
  Instruction& choice = emit(Op::Switch);
  choice.a = Operand::reg(state_);
  choice.target = static_cast<std::uint32_t>(to_.targets.size());
  choice.other = static_cast<std::uint32_t>(states_.size()) - 1;
  for (const BlockId block : states_) to_.targets.push_back({block, false});
  for (std::size_t i = 0; chosen > 0 && i < doors_.size(); ++i) {
    begin_block();
    door(member(doors_[i]));
  }
  begin_block();
  stack(Op::Pop, 1);
  Instruction& ret = emit(Op::Ret);
  ret.dst = results_;
  ret.a = Operand::reg(results_);
}

// Behind the call: what lived across it comes back.
void Machine::call(const Member& from, const Instruction& call) {
  const Member& callee = member(call.target);
  const std::vector<Register>& live = from.live[calls_++];
  Instruction& charge = emit(Op::Charge);
  charge.target = of(callee).weight;
  charge.other = 0;
  const auto cells = static_cast<std::uint32_t>(live.size()) + 1;
  Instruction& push = emit(Op::Push);
  push.target = cells;
  push.other = of(from).weight;
  for (std::uint32_t i = 0; i < live.size(); ++i) {
    Instruction& save = emit(Op::Save);
    save.target = i + 1;
    save.a = Operand::reg(reg(from, live[i]));
  }
  emit(Op::Save).a = constant(resumed_++);
  for (std::size_t i = 0; i < of(callee).params.size(); ++i) {
    const auto k = static_cast<Register>(i);
    copy(reg(callee, k), Operand::reg(reg(from, call.dst + k)));
  }
  go_to(callee.state);
  // Of the instructions that the block stands for, these are left.
  Block& before = to_.blocks.back();
  const std::uint32_t done = call.origin + 1 - before.first;
  const std::uint32_t left = before.steps - done;
  before.steps = done;
  begin_block(call.origin + 1, left);
  for (std::uint32_t i = 0; i < live.size(); ++i) {
    Instruction& restore = emit(Op::Restore);
    restore.target = i + 1;
    restore.dst = reg(from, live[i]);
  }
  stack(Op::Pop, cells);
  for (std::size_t i = 0; i < of(callee).results.size(); ++i) {
    const auto k = static_cast<Register>(i);
    copy(reg(from, call.dst + k), Operand::reg(results_ + k));
  }
}

// With the results in place: to whoever called.
void Machine::go_back() {
  Instruction& restore = emit(Op::Restore);
  restore.target = 0;
  restore.dst = state_;
  jump(kSwitch);
}

void Machine::results(const Member& from, const Instruction& leave) {
  const std::size_t count = of(from).results.size();
  if (count == 1) return copy(results_, operand(from, leave.a));
  for (std::size_t i = 0; i < count; ++i) {
    const auto k = static_cast<Register>(i);
    copy(results_ + k, Operand::reg(reg(from, leave.dst + k)));
  }
}

void Machine::ret(const Member& from, const Instruction& ret) {
  results(from, ret);
  stack(Op::Credit, of(from).weight);
  go_back();
}

void Machine::tail_call(const Member& from, const Instruction& call) {
  if (!is_member(call.target)) return call_others(from, call);
  const Member& callee = member(call.target);
  Instruction& charge = emit(Op::Charge);
  charge.target = of(callee).weight;
  charge.other = of(from).weight;
  for (std::size_t i = 0; i < of(callee).params.size(); ++i) {
    const auto k = static_cast<Register>(i);
    copy(reg(callee, k), Operand::reg(reg(from, call.dst + k)));
  }
  go_to(callee.state);
}

// A tail call that leaves the component: this frame's depth is given back before, its place on the
// machine's stack behind.
void Machine::call_others(const Member& from, const Instruction& tail) {
  stack(Op::Credit, of(from).weight);
  Instruction& call = emit(Op::Call);
  call.target = tail.target;
  call.dst = reg(from, tail.dst);
  for (std::size_t i = 0; i < of(from).results.size(); ++i) {
    const auto k = static_cast<Register>(i);
    copy(results_ + k, Operand::reg(reg(from, tail.dst + k)));
  }
  go_back();
}

void Machine::instruction(const Member& from, const Instruction& each) {
  origin_ = each.origin;
  switch (each.op) {
    case Op::Call:
      if (is_member(each.target)) return call(from, each);
      break;
    case Op::TailCall: return tail_call(from, each);
    case Op::Ret: return ret(from, each);
    case Op::Halt: {
      results(from, each);
      Instruction& halt = emit(Op::Halt);
      halt.dst = results_;
      halt.a = Operand::reg(results_);
      return;
    }
    case Op::Regular:
    case Op::Copy:
    case Op::Swap:
    case Op::Select:
    case Op::CanonF32:
    case Op::CanonF64:
    case Op::Print:
    case Op::PrintText:
    case Op::Enter:
    case Op::Charge:
    case Op::Credit:
    case Op::Push:
    case Op::Pop:
    case Op::Save:
    case Op::Restore:
    case Op::Jump:
    case Op::Branch:
    case Op::Switch:
    case Op::Trap: break;
  }
  // The same, with everything in its place here.
  Instruction& made = to_.code.emplace_back(each);
  made.dst = reg(from, each.dst);
  made.a = operand(from, each.a);
  made.b = operand(from, each.b);
  if (each.op == Op::Select) made.c = operand(from, each.c);
  if (each.op == Op::Jump || each.op == Op::Branch) made.target = from.blocks[each.target];
  if (each.op == Op::Branch) made.other = from.blocks[each.other];
  if (each.op == Op::PrintText) {
    made.target = static_cast<std::uint32_t>(to_.texts.size());
    to_.texts.push_back(of(from).texts[each.target]);
  }
  if (each.op == Op::Switch) {
    made.target = static_cast<std::uint32_t>(to_.targets.size());
    for (std::uint32_t i = 0; i <= each.other; ++i) {
      const SwitchTarget& target = of(from).targets[each.target + i];
      to_.targets.push_back({from.blocks[target.block], target.costs});
    }
  }
}

void Machine::body(Member& from) {
  calls_ = 0;
  for (BlockId block = 0; block < of(from).blocks.size(); ++block) {
    begin_block(of(from).blocks[block].first, of(from).blocks[block].steps);
    for (std::uint32_t at = of(from).blocks[block].begin; at < of(from).end(block); ++at) {
      instruction(from, of(from).code[at]);
    }
  }
}

std::optional<Function> Machine::build() {
  if (std::uint64_t{doors_.size()} * params_.size() > kMostLive) return std::nullopt;
  lay_out_registers();
  if (!lay_out_blocks()) return std::nullopt;
  enter();
  for (Member& member : members_) body(member);
  return std::move(to_);
}

Function Machine::entrance(std::uint32_t number, std::uint32_t machine) const {
  const Function& from = program_.functions[number];
  Function made;
  made.params = from.params;
  made.results = from.results;
  made.weight = from.weight;
  made.enters = true;
  const auto first = made.first_home();
  const std::size_t chosen = doors_.size() > 1 ? 1 : 0;
  made.registers = first + static_cast<Register>(std::max(chosen + params_.size(), result_count_));
  made.blocks.push_back({0, made.registers - first, 0, 0});
  const auto emit = [&](Op op, Register dst) -> Instruction& {
    Instruction& instruction = made.code.emplace_back();
    instruction.op = op;
    instruction.dst = dst;
    return instruction;
  };
  const auto constant = [&](Cell cell) {
    made.constants.push_back(cell);
    return Operand::constant(static_cast<std::uint32_t>(made.constants.size()) - 1);
  };
  if (chosen > 0) {
    const auto door = std::ranges::lower_bound(doors_, number) - doors_.begin();
    emit(Op::Copy, first).a = constant(static_cast<Cell>(door));
  }
  // The machine reads as many as its member has; a call gives all.
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const auto k = static_cast<Register>(i);
    emit(Op::Copy, first + static_cast<Register>(chosen) + k).a =
        i < from.params.size() ? Operand::reg(k) : constant(0);
  }
  emit(Op::Enter, first).target = machine;
  emit(Op::Ret, first).a = Operand::reg(first);
  return made;
}

// What takes the place of a member that only members call, since nobody calls it any more.
Function unused(const Function& from) {
  Function made;
  made.params = from.params;
  made.results = from.results;
  made.weight = from.weight;
  made.registers = made.first_home();
  made.blocks.push_back({0, 0, 0, 0});
  made.code.emplace_back().op = Op::Trap;
  return made;
}

// Who calls whom, in lowered code: dead calls are gone, and self tail calls that became loops.
Graph calls_of(const Program& program) {
  Graph calls;
  std::vector<std::uint32_t> callees;
  for (const Function& function : program.functions) {
    callees.clear();
    for (const Instruction& each : function.code) {
      if (each.op == Op::Call || each.op == Op::TailCall) callees.push_back(each.target);
    }
    calls.add_node(callees);
  }
  return calls;
}

}  // namespace

Result<Program> with_explicit_stacks(const Program& program) {
  const Graph calls = calls_of(program);
  const Components found = components(calls);
  std::vector<bool> entered(program.functions.size());
  entered[0] = true;
  for (std::uint32_t caller = 0; caller < calls.size(); ++caller) {
    for (const std::uint32_t callee : calls.from(caller)) {
      if (found.of[caller] != found.of[callee]) entered[callee] = true;
    }
  }
  Program made = program;
  const Graph members = found.members();
  for (std::uint32_t component = 0; component < found.count; ++component) {
    if (!found.cyclic[component]) continue;
    Machine machine(program, found.of, component, members.from(component), entered);
    std::optional<Function> built = machine.build();
    if (!built) {
      return std::unexpected(Error{Fault::Program,
                                   "a recursive function has too many values to save across its "
                                   "calls for a device's stack"});
    }
    const auto number = static_cast<std::uint32_t>(made.functions.size());
    made.functions.push_back(std::move(*built));
    for (const std::uint32_t member : members.from(component)) {
      made.functions[member] =
          entered[member] ? machine.entrance(member, number) : unused(program.functions[member]);
    }
    made.numbers.push_back(made.numbers[members.from(component).front()]);
  }
  return made;
}

// What frames save is bounded by their weight; and each machine is entered at most once at a time.
std::uint64_t most_stack_cells(const Program& program, std::uint64_t max_depth) {
  std::uint64_t per_weight = 0;
  std::uint64_t machines = 0;
  for (const Function& function : program.functions) {
    if (!function.machine) continue;
    ++machines;
    for (const Instruction& each : function.code) {
      if (each.op != Op::Push || each.other == 0) continue;
      per_weight = std::max<std::uint64_t>(per_weight, (each.target + each.other - 1) / each.other);
    }
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / sizeof(Cell);
  const bool fits = per_weight == 0 || max_depth <= (kMost - machines) / per_weight;
  return fits ? max_depth * per_weight + machines : kMost;
}

}  // namespace rosetta::ir
