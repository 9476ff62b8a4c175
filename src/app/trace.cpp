#include "app/trace.h"

#include <fmt/format.h>

#include <cstdio>

#include "text/value.h"

namespace rosetta {
namespace {

std::string_view what(const ir::Instruction& instruction, Opcode opcode) {
  switch (instruction.op) {
    case ir::Op::Regular: return info(instruction.opcode).mnemonic;
    case ir::Op::Copy: return "move";
    case ir::Op::Swap: return "swap";
    case ir::Op::CanonF32: return "f32.canon";
    case ir::Op::CanonF64: return "f64.canon";
    case ir::Op::Jump: return "jump";
    case ir::Op::Select:
    case ir::Op::Print:
    case ir::Op::PrintText:
    case ir::Op::Call:
    case ir::Op::Enter:
    case ir::Op::Charge:
    case ir::Op::Credit:
    case ir::Op::Push:
    case ir::Op::Pop:
    case ir::Op::Save:
    case ir::Op::Restore:
    case ir::Op::Branch:
    case ir::Op::Switch:
    case ir::Op::TailCall:
    case ir::Op::Ret:
    case ir::Op::Halt:
    case ir::Op::Trap: break;
  }
  return info(opcode).mnemonic;
}

std::size_t operands(const ir::Instruction& instruction, const rosetta::Function& function) {
  switch (instruction.op) {
    case ir::Op::Regular: return info(instruction.opcode).arity;
    case ir::Op::Select: return 3;
    case ir::Op::Copy:
    case ir::Op::CanonF32:
    case ir::Op::CanonF64:
    case ir::Op::Print:
    case ir::Op::Branch:
    case ir::Op::Switch: return 1;
    case ir::Op::Ret:
    case ir::Op::Halt: return function.results().size() == 1 ? 1 : 0;
    case ir::Op::Swap:
    case ir::Op::PrintText:
    case ir::Op::Call:
    case ir::Op::Enter:
    case ir::Op::Charge:
    case ir::Op::Credit:
    case ir::Op::Push:
    case ir::Op::Pop:
    case ir::Op::Save:
    case ir::Op::Restore:
    case ir::Op::Jump:
    case ir::Op::TailCall:
    case ir::Op::Trap: break;
  }
  return 0;
}

// Where register code does not know a cell's type, its bits as an i64 are shown.
Type type(const ir::Instruction& instruction, const rosetta::Function& function) {
  if (instruction.op == ir::Op::CanonF32) return Type::F32;
  if (instruction.op == ir::Op::CanonF64) return Type::F64;
  if (instruction.op == ir::Op::Regular || instruction.op == ir::Op::Print) {
    return info(instruction.opcode).operand_type;
  }
  const bool leaves = instruction.op == ir::Op::Ret || instruction.op == ir::Op::Halt;
  return leaves && function.results().size() == 1 ? function.results()[0] : Type::I64;
}

}  // namespace

void Tracer::step(std::uint32_t function, const ir::Instruction& instruction, std::uint64_t depth,
                  std::span<const Cell, 3> values) {
  const std::uint32_t number = program_.numbers[function];
  const rosetta::Function& code = listings_.module().assembly.functions[number];
  const Listings::Listing listing = listings_.of(number);
  const Opcode opcode = code.code()[instruction.origin].opcode;
  std::string text = fmt::format(
      "{:>4} {}:{} line {}: {}", depth, listings_.name(number), instruction.origin,
      listing.lines.line(listing.places.code[instruction.origin].begin), what(instruction, opcode));
  if (instruction.op == ir::Op::Call || instruction.op == ir::Op::TailCall) {
    text += " " + listings_.name(program_.numbers[instruction.target]);
  }
  if (instruction.op == ir::Op::PrintText) {
    text += fmt::format(" \"{}\"", printable(code.text(code.code()[instruction.origin].operand)));
  }
  for (std::size_t i = 0; i < operands(instruction, code); ++i) {
    text += fmt::format(" {}", to_text(values[i], type(instruction, code)));
  }
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace rosetta
