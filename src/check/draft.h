// A Draft is a program as it was written, before anything about it is known to be right: bare
// mnemonics, open types, literals that have no type yet. The assembler makes them from text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/opcode.h"
#include "isa/type.h"

namespace rosetta {

// A literal, held so that its type may still be chosen. An integer is a sign and a magnitude; a
// float is kept rounded (once, from the exact value) to both widths.
struct Literal {
  TypeSet types;
  bool negative = false;     // integers
  bool hexadecimal = false;  // integers: any bit pattern of the width is in range
  bool f32_fits = true;      // floats: rounding did not overflow, a NaN's payload fits
  bool f64_fits = true;
  std::uint32_t f32_bits = 0;
  std::uint64_t bits = 0;  // an integer's magnitude, or the f64's bits

  friend bool operator==(const Literal&, const Literal&) = default;
};

// The cell of `literal` as a value of `type`, one of its types; nothing where it is out of range.
std::optional<Cell> cell_of(const Literal& literal, Type type);
// The literal of one type that is this cell.
Literal literal_of(Cell cell, Type type);

struct DraftInstruction {
  Mnemonic mnemonic{};
  // As Instruction's, but locals are in written order and a callee is a function of the draft. A
  // literal is an index into the function's literals.
  std::uint32_t operand = 0;
};

struct DraftFunction {
  std::string name;             // for messages alone
  std::vector<TypeSet> params;  // one type where annotated, else any
  std::vector<TypeSet> results;
  std::vector<TypeSet> locals;  // in written order
  std::vector<DraftInstruction> code;
  std::vector<Literal> literals;
  std::vector<std::vector<std::uint32_t>> tables;
  std::vector<std::string> texts;
  // It had errors already: its signature stands, its code is not looked at.
  bool broken = false;
  // It comes from an object, where code that no path reaches is nothing to warn of.
  bool stored = false;
};

struct Draft {
  std::vector<DraftFunction> functions;
};

}  // namespace rosetta
