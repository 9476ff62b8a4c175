// Check every reachable instruction with the types on the stack before it, weigh the functions,
// then walk the instructions. Frames lie in a vector, so the depth of a program is never the depth
// of this machine's stack.
#include "reference/oracle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "reference/assembler.h"
#include "reference/operations.h"

namespace reference {
namespace {

constexpr std::uint64_t kMaxCells = 65'535;

[[noreturn]] void fail(const std::string& message) { throw std::runtime_error(message); }

// Checks the code that can be reached, with the types on the stack before each instruction, and
// measures how high the stack gets.
class Checker {
 public:
  Checker(const Function& function, const std::vector<Function>& functions)
      : function_(function), functions_(functions), seen_(function.code.size()) {}

  std::size_t greatest_height() {
    flow_to(0);
    std::size_t height = 0;
    while (!work_.empty()) {
      at_ = work_.back();
      work_.pop_back();
      stack_ = *seen_[at_];
      height = std::max(height, stack_.size());
      step(function_.code[at_]);
    }
    return height;
  }

 private:
  [[noreturn]] void error(const std::string& message) const {
    fail(function_.name + ", instruction " + std::to_string(at_) + ": " + message);
  }

  Type pop() {
    if (stack_.empty()) error("the stack is empty");
    const Type type = stack_.back();
    stack_.pop_back();
    return type;
  }
  void pop(Type type) {
    if (pop() != type) error("another type was expected");
  }
  void pop(const std::vector<Type>& types) {
    for (std::size_t i = types.size(); i-- > 0;) pop(types[i]);
  }
  void pop_integer() {
    if (!is_integer(pop())) error("an integer was expected");
  }
  void push(const std::vector<Type>& types) {
    stack_.insert(stack_.end(), types.begin(), types.end());
  }

  void flow_to(std::size_t target) {
    if (target >= function_.code.size()) error("runs off the end");
    if (!seen_[target]) {
      seen_[target] = stack_;
      work_.push_back(target);
    } else if (*seen_[target] != stack_) {
      error("a join of different stacks at " + std::to_string(target));
    }
  }

  void step(const Instruction& i) {
    const std::vector<Type>& results = function_.signature.results;
    const auto local = [&] { return function_.locals[i.value]; };
    switch (i.kind) {
      case Kind::Operation:
        pop(i.operation->operands);
        push({i.operation->result});
        break;
      case Kind::Const:
        push({i.type});
        break;
      case Kind::Print:
        pop(i.type);
        break;
      case Kind::PrintText:
      case Kind::Nop:
        break;
      case Kind::Trap:
        return;
      case Kind::Jump:
        return flow_to(i.targets[0]);
      case Kind::JumpIf:
      case Kind::JumpIfNot:
        pop_integer();
        flow_to(i.targets[0]);
        break;
      case Kind::JumpTable:
        pop_integer();
        for (const std::size_t target : i.targets) flow_to(target);
        return;
      case Kind::Ret:
      case Kind::Halt:
        return pop(results);
      case Kind::Call:
        pop(functions_[i.value].signature.parameters);
        push(functions_[i.value].signature.results);
        break;
      case Kind::TailCall:
        pop(functions_[i.value].signature.parameters);
        if (functions_[i.value].signature.results != results) error("other results");
        return;
      case Kind::Pop:
        pop();
        break;
      case Kind::Select: {
        pop_integer();
        const Type type = pop();
        pop(type);
        push({type});
        break;
      }
      case Kind::Dup: {
        const Type a = pop();
        push({a, a});
        break;
      }
      case Kind::Swap: {
        const Type b = pop();
        const Type a = pop();
        push({b, a});
        break;
      }
      case Kind::Over: {
        const Type b = pop();
        const Type a = pop();
        push({a, b, a});
        break;
      }
      case Kind::Rot: {
        const Type c = pop();
        const Type b = pop();
        const Type a = pop();
        push({b, c, a});
        break;
      }
      case Kind::Load:
        push({local()});
        break;
      case Kind::Store:
        pop(local());
        break;
      case Kind::Tee:
        pop(local());
        push({local()});
        break;
    }
    flow_to(at_ + 1);
  }

  const Function& function_;
  const std::vector<Function>& functions_;
  std::vector<std::optional<std::vector<Type>>> seen_;
  std::vector<std::size_t> work_;
  std::vector<Type> stack_;
  std::size_t at_ = 0;
};

// Depth counts the functions from which a cycle of the call graph can be reached.
void weigh(std::vector<Function>& functions) {
  std::vector<std::vector<bool>> reaches(functions.size());  // by one call or more
  for (std::size_t f = 0; f < functions.size(); ++f) {
    std::vector<bool>& reached = reaches[f];
    reached.resize(functions.size());
    std::vector<std::size_t> work = {f};
    while (!work.empty()) {
      const Function& caller = functions[work.back()];
      work.pop_back();
      for (const Instruction& i : caller.code) {
        if (i.kind != Kind::Call && i.kind != Kind::TailCall) continue;
        if (!reached[i.value]) work.push_back(i.value);
        reached[i.value] = true;
      }
    }
  }
  for (std::size_t f = 0; f < functions.size(); ++f) {
    std::vector<bool> used(functions[f].locals.size());
    std::fill_n(used.begin(), functions[f].signature.parameters.size(), true);
    for (const Instruction& i : functions[f].code) {
      if (i.kind == Kind::Load || i.kind == Kind::Store || i.kind == Kind::Tee)
        used[i.value] = true;
    }
    functions[f].cells = static_cast<std::uint64_t>(std::count(used.begin(), used.end(), true)) +
                         Checker(functions[f], functions).greatest_height();
    if (functions[f].cells > kMaxCells) fail(functions[f].name + " is too large");
    bool counts = reaches[f][f];
    for (std::size_t g = 0; g < functions.size(); ++g) {
      counts = counts || (reaches[f][g] && reaches[g][g]);
    }
    if (counts) functions[f].weight = std::max<std::uint64_t>(1, (functions[f].cells + 63) / 64);
  }
}

template <class F>
std::string float_text(F value, std::uint64_t cell, int fraction_bits, std::uint64_t canonical) {
  const std::string sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) return sign + "inf";
  char digits[64];
  if (std::isnan(value)) {
    const std::uint64_t mask = (std::uint64_t{1} << fraction_bits) - 1;
    if ((cell & mask) == (canonical & mask)) return sign + "nan";
    const auto end = std::to_chars(digits, std::end(digits), cell & mask, 16).ptr;
    return sign + "nan:0x" + std::string(digits, end);
  }
  std::string text(digits, std::to_chars(digits, std::end(digits), value).ptr);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string value_text(Type type, std::uint64_t cell) {
  switch (type) {
    case Type::I64:
      return std::to_string(static_cast<std::int64_t>(cell));
    case Type::I32:
      return std::to_string(static_cast<std::int32_t>(cell));
    case Type::F64:
      return float_text(std::bit_cast<double>(cell), cell, 52, kNan64);
    case Type::F32:
      return float_text(std::bit_cast<float>(static_cast<std::uint32_t>(cell)), cell, 23, kNan32);
  }
  fail("no such type");
}

class Machine {
 public:
  Machine(const std::vector<Function>& functions, const Limits& limits)
      : functions_(functions), limits_(limits) {}

  Outcome run(const Function& entry, std::span<const std::uint64_t> arguments) {
    cells_.assign(arguments.begin(), arguments.end());
    frames_.push_back({&entry, 0, 0});
    try {
      enter_depth(0, entry);
      cells_.resize(entry.locals.size());
      while (!frames_.empty()) step();
    } catch (const Trapped& trapped) {
      outcome_.trap = trapped.name;
      outcome_.function = frames_.back().function->name;
      outcome_.instruction = frames_.back().at;
    }
    return std::move(outcome_);
  }

 private:
  struct Frame {
    const Function* function;
    std::size_t at;    // the instruction being executed
    std::size_t base;  // of its locals, the stack above them
  };

  void enter_depth(std::uint64_t given_back, const Function& callee) {
    const std::uint64_t depth = depth_ - given_back + callee.weight;
    if (callee.weight > 0 && depth > limits_.max_depth) throw Trapped{"call-depth-exceeded"};
    depth_ = depth;
    outcome_.deepest = std::max(outcome_.deepest, depth);
  }

  void pay() {
    if (limits_.fuel && outcome_.fuel_used >= *limits_.fuel) throw Trapped{"out-of-fuel"};
    ++outcome_.fuel_used;
  }

  std::uint64_t pop() {
    const std::uint64_t cell = cells_.back();
    cells_.pop_back();
    return cell;
  }
  void push(std::uint64_t cell) { cells_.push_back(cell); }

  // Moves the topmost cells down to `to`, dropping all between.
  void drop_under(std::size_t count, std::size_t to) {
    std::copy(cells_.end() - static_cast<long>(count), cells_.end(),
              cells_.begin() + static_cast<long>(to));
    cells_.resize(to + count);
  }

  void jump(Frame& frame, std::size_t target) {
    if (target <= frame.at) pay();
    frame.at = target;
  }

  void step() {
    Frame& frame = frames_.back();
    const Instruction& i = frame.function->code[frame.at];
    if (outcome_.steps == limits_.max_steps) throw Trapped{"gave-up"};
    ++outcome_.steps;
    const std::size_t results = frame.function->signature.results.size();
    switch (i.kind) {
      case Kind::Operation: {
        const std::size_t count = i.operation->operands.size();
        const std::uint64_t cell = i.operation->apply(&cells_[cells_.size() - count]);
        cells_.resize(cells_.size() - count);
        push(cell);
        break;
      }
      case Kind::Const:
        push(i.value);
        break;
      case Kind::Print:
        outcome_.printed += value_text(i.type, pop()) + "\n";
        break;
      case Kind::PrintText:
        outcome_.printed += i.text + "\n";
        break;
      case Kind::Trap:
        throw Trapped{"unreachable"};
      case Kind::Nop:
        break;
      case Kind::Jump:
        return jump(frame, i.targets[0]);
      case Kind::JumpIf:
        if (pop() != 0) return jump(frame, i.targets[0]);
        break;
      case Kind::JumpIfNot:
        if (pop() == 0) return jump(frame, i.targets[0]);
        break;
      case Kind::JumpTable:
        return jump(frame, i.targets[std::min<std::uint64_t>(pop(), i.targets.size() - 1)]);
      case Kind::Ret: {
        drop_under(results, frame.base);
        depth_ -= frame.function->weight;
        frames_.pop_back();
        if (frames_.empty()) {
          outcome_.results = cells_;
        } else {
          ++frames_.back().at;
        }
        return;
      }
      case Kind::Halt:
        drop_under(results, 0);
        outcome_.results = cells_;
        frames_.clear();
        return;
      case Kind::Call: {
        const Function& callee = functions_[i.value];
        pay();
        enter_depth(0, callee);
        const std::size_t base = cells_.size() - callee.signature.parameters.size();
        cells_.resize(base + callee.locals.size());
        frames_.push_back({&callee, 0, base});
        return;
      }
      case Kind::TailCall: {
        const Function& callee = functions_[i.value];
        pay();
        enter_depth(frame.function->weight, callee);
        drop_under(callee.signature.parameters.size(), frame.base);
        cells_.resize(frame.base + callee.locals.size());
        frame = {&callee, 0, frame.base};
        return;
      }
      case Kind::Pop:
        pop();
        break;
      case Kind::Select: {
        const std::uint64_t condition = pop();
        const std::uint64_t b = pop();
        if (condition == 0) cells_.back() = b;
        break;
      }
      case Kind::Dup:
        push(std::uint64_t{cells_.back()});
        break;
      case Kind::Swap:
        std::rotate(cells_.end() - 2, cells_.end() - 1, cells_.end());
        break;
      case Kind::Over:
        push(std::uint64_t{cells_[cells_.size() - 2]});
        break;
      case Kind::Rot:
        std::rotate(cells_.end() - 3, cells_.end() - 2, cells_.end());
        break;
      case Kind::Load:
        push(std::uint64_t{cells_[frame.base + i.value]});
        break;
      case Kind::Store:
        cells_[frame.base + i.value] = pop();
        break;
      case Kind::Tee:
        cells_[frame.base + i.value] = cells_.back();
        break;
    }
    ++frame.at;
  }

  const std::vector<Function>& functions_;
  const Limits& limits_;
  std::vector<std::uint64_t> cells_;
  std::vector<Frame> frames_;
  std::uint64_t depth_ = 0;
  Outcome outcome_;
};

}  // namespace

struct Program::Code {
  std::vector<Function> functions;

  const Function& find(std::string_view name) const {
    const auto found = std::ranges::find(functions, name, &Function::name);
    if (found == functions.end()) fail("no function " + std::string(name));
    return *found;
  }
};

Program::Program(std::string_view text) {
  std::vector<Function> functions = assemble(text);
  weigh(functions);
  code_ = std::make_shared<const Code>(std::move(functions));
}

Outcome Program::run(std::string_view entry, std::span<const std::uint64_t> arguments,
                     const Limits& limits) const {
  const Function& function = code_->find(entry);
  const std::vector<Type>& parameters = function.signature.parameters;
  if (arguments.size() != parameters.size()) fail("another number of arguments was expected");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!is_wide(parameters[i]) && arguments[i] >> 32 != 0) fail("an argument is too wide");
  }
  return Machine(code_->functions, limits).run(function, arguments);
}

std::vector<std::string> Program::functions() const {
  std::vector<std::string> names;
  for (const Function& function : code_->functions) names.push_back(function.name);
  return names;
}

const Signature& Program::signature(std::string_view function) const {
  return code_->find(function).signature;
}

std::uint64_t Program::weight(std::string_view function) const {
  return code_->find(function).weight;
}

}  // namespace reference
