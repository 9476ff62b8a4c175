// What an instruction reads and writes.
#pragma once

#include "ir/program.h"

namespace rosetta::ir {

// Calls visit(register) for each register that the instruction reads.
template <class Visit>
void for_each_read(const Function& function, const Program& program, const Instruction& each,
                   Visit visit) {
  const auto read = [&](Operand operand) {
    if (!operand.is_constant()) visit(operand.reg());
  };
  const auto range = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) visit(each.dst + static_cast<Register>(i));
  };
  switch (each.op) {
    case Op::Regular:
      read(each.a);
      if (info(each.opcode).arity == 2) read(each.b);
      return;
    case Op::Swap: visit(each.dst); return read(each.a);
    case Op::Select:
      read(each.a);
      read(each.b);
      return read(each.c);
    case Op::Copy:
    case Op::CanonF32:
    case Op::CanonF64:
    case Op::Print:
    case Op::Branch:
    case Op::Switch:
    case Op::Save: return read(each.a);
    case Op::Call:
    case Op::Enter:
    case Op::TailCall: return range(program.functions[each.target].params.size());
    case Op::Ret:
    case Op::Halt:
      if (function.results.size() == 1) return read(each.a);
      return range(function.results.size());
    case Op::PrintText:
    case Op::Charge:
    case Op::Credit:
    case Op::Push:
    case Op::Pop:
    case Op::Restore:
    case Op::Jump:
    case Op::Trap: return;
  }
}

// And for each that it gives a value.
template <class Visit>
void for_each_write(const Program& program, const Instruction& each, Visit visit) {
  switch (each.op) {
    case Op::Regular:
    case Op::Copy:
    case Op::Select:
    case Op::CanonF32:
    case Op::CanonF64:
    case Op::Restore: visit(each.dst); return;
    case Op::Swap:
      visit(each.dst);
      visit(each.a.reg());
      return;
    case Op::Call:
    case Op::Enter:
      for (std::size_t i = 0; i < program.functions[each.target].results.size(); ++i) {
        visit(each.dst + static_cast<Register>(i));
      }
      return;
    case Op::Print:
    case Op::PrintText:
    case Op::Charge:
    case Op::Credit:
    case Op::Push:
    case Op::Pop:
    case Op::Save:
    case Op::Jump:
    case Op::Branch:
    case Op::Switch:
    case Op::TailCall:
    case Op::Ret:
    case Op::Halt:
    case Op::Trap: return;
  }
}

}  // namespace rosetta::ir
