#include "ir/join.h"

#include <algorithm>

namespace rosetta::ir {
namespace {

class Entry {
 public:
  Entry(std::size_t arguments, std::size_t results) : results_(results) {
    function_.params.assign(arguments + 1, Type::I64);
    function_.results.assign(results, Type::I64);
    function_.registers = first_home() + static_cast<Register>(std::max(arguments, results));
    function_.constants = {0};
  }

  // A block for each program.
  Function made(std::span<const Program* const> programs, std::span<const std::uint32_t> begins) {
    Instruction select;
    select.op = Op::Switch;
    select.a = Operand::reg(0);
    select.target = 0;
    select.other = static_cast<std::uint32_t>(programs.size());
    begin_block(0);
    function_.code.push_back(select);
    for (std::size_t i = 0; i < programs.size(); ++i) {
      function_.targets.push_back({static_cast<BlockId>(i + 1), false});
      add(programs[i]->entry(), begins[i]);
      // (What leads to a cycle has a weight.)
      if (programs[i]->entry().weight > 0) function_.weight = 1;
    }
    function_.targets.push_back({1, false});
    return std::move(function_);
  }

 private:
  [[nodiscard]] Register first_home() const { return function_.first_home(); }

  void begin_block(std::size_t height) {
    function_.blocks.push_back({static_cast<std::uint32_t>(function_.code.size()),
                                static_cast<std::uint32_t>(height), 0, 0});
  }
  void copy(Register to, Operand from) {
    Instruction each;
    each.dst = to;
    each.a = from;
    function_.code.push_back(each);
  }
  void convert(Opcode opcode, Register to, Register from) {
    Instruction each;
    each.op = Op::Regular;
    each.opcode = opcode;
    each.dst = to;
    each.a = Operand::reg(from);
    function_.code.push_back(each);
  }

  void argument(Type type, Register to, Register from) {
    switch (type) {
      case Type::I64: return copy(to, Operand::reg(from));
      case Type::F64: return convert(Opcode::F64ReinterpretI64, to, from);
      case Type::I32: return convert(Opcode::I32WrapI64, to, from);
      case Type::F32:
        convert(Opcode::I32WrapI64, to, from);
        return convert(Opcode::F32ReinterpretI32, to, to);
    }
  }
  void result(Type type, Register at) {
    switch (type) {
      case Type::I64: return;
      case Type::F64: return convert(Opcode::I64ReinterpretF64, at, at);
      case Type::I32: return convert(Opcode::I64ExtendI32U, at, at);
      case Type::F32:
        convert(Opcode::I32ReinterpretF32, at, at);
        return convert(Opcode::I64ExtendI32U, at, at);
    }
  }

  void add(const Function& callee, std::uint32_t number) {
    const Register home = first_home();
    begin_block(results_);
    for (std::size_t k = 0; k < callee.params.size(); ++k) {
      const auto at = static_cast<Register>(k);
      argument(callee.params[k], home + at, at + 1);
    }
    Instruction call;
    call.op = Op::Call;
    call.target = number;
    call.dst = home;
    function_.code.push_back(call);
    for (std::size_t k = 0; k < results_; ++k) {
      const Register at = home + static_cast<Register>(k);
      if (k < callee.results.size()) {
        result(callee.results[k], at);
      } else {
        copy(at, Operand::constant(0));
      }
    }
    Instruction end;
    end.op = Op::Ret;
    end.a = Operand::reg(home);
    end.dst = home;
    function_.code.push_back(end);
  }

  Function function_;
  std::size_t results_;
};

}  // namespace

Program join(std::span<const Program* const> programs) {
  std::size_t arguments = 0;
  std::size_t results = 0;
  std::vector<std::uint32_t> begins;
  Program joined;
  joined.functions.emplace_back();
  joined.numbers.push_back(0);
  for (const Program* const each : programs) {
    arguments = std::max(arguments, each->entry().params.size());
    results = std::max(results, each->entry().results.size());
    const auto begin = static_cast<std::uint32_t>(joined.functions.size());
    begins.push_back(begin);
    for (Function function : each->functions) {
      for (Instruction& instruction : function.code) {
        if (instruction.op == Op::Call || instruction.op == Op::TailCall) {
          instruction.target += begin;
        }
      }
      joined.functions.push_back(std::move(function));
    }
    joined.numbers.insert(joined.numbers.end(), each->numbers.begin(), each->numbers.end());
  }
  joined.functions.front() = Entry(arguments, results).made(programs, begins);
  return joined;
}

bool halts(const Program& program) {
  return std::ranges::any_of(program.functions, [](const Function& function) {
    return std::ranges::any_of(function.code,
                               [](const Instruction& each) { return each.op == Op::Halt; });
  });
}

}  // namespace rosetta::ir
