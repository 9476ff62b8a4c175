// The opcodes as C++ sees them: everything here is made from the rows of opcodes.def.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "isa/type.h"

namespace rosetta {

// The value of an enumerator is its byte in canonical code.
enum class Opcode : std::uint8_t {
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  name = byte,
#define RV_IRREGULAR(byte, name, mnemonic, operand, flow, meaning) name = byte,
#define RV_CONST(byte, name, mnemonic, type) name = byte,
#define RV_PRINT(byte, name, mnemonic, type) name = byte,
#include "isa/opcodes.def"
};

// What is written behind a mnemonic.
enum class OperandKind : std::uint8_t { None, Local, Target, Table, Callee, Text, Literal };

// Where a path goes on behind an instruction; see opcodes.def.
enum class Flow : std::uint8_t { Next, Branch, End };

// What a NaN meets in an operation; see opcodes.def.
enum class Nan : std::uint8_t { Blind, Makes, Keeps };

struct OpcodeInfo {
  Opcode opcode;
  std::string_view mnemonic;
  std::string_view meaning;
  OperandKind operand = OperandKind::None;
  Flow flow = Flow::Next;

  // Of regular opcodes: operands (all of one type), result, whether it may trap. Consts and prints
  // have their value's type in both.
  bool regular = false;
  std::uint8_t arity = 0;
  Type operand_type = Type::I64;
  Type result_type = Type::I64;
  bool traps = false;
  Nan nan = Nan::Blind;
};

// The row of a byte; null where the byte is not assigned.
const OpcodeInfo* find_opcode(std::uint8_t byte);
const OpcodeInfo& info(Opcode opcode);
// Every row, in the order of the table.
std::span<const OpcodeInfo> all_opcodes();

// A bare mnemonic: it stands for several opcodes and takes its type from inference. It pops
// `arity` values of one type T out of `types`, and means `exact[T]`.
struct Generic {
  enum class Gives : std::uint8_t {
    Nothing,
    Operand,  // a T
    Fixed,    // a `fixed`, whatever T
    Bits,     // the type of T's width on the other side of integer and float
  };
  std::string_view mnemonic;
  std::uint8_t arity = 0;
  TypeSet types;
  Gives gives = Gives::Operand;
  Type fixed = Type::I64;
  std::array<Opcode, kTypes> exact{};
  OperandKind operand = OperandKind::None;
};

std::span<const Generic> all_generics();

// What a mnemonic of the text names: an opcode (below 256, its byte) or a generic (256 + index).
enum class Mnemonic : std::uint16_t {};
constexpr Mnemonic mnemonic_of(Opcode opcode) { return static_cast<Mnemonic>(opcode); }
constexpr bool is_generic(Mnemonic mnemonic) { return static_cast<unsigned>(mnemonic) >= 256; }
const Generic& generic(Mnemonic mnemonic);
OperandKind operand_kind(Mnemonic mnemonic);
std::string_view name(Mnemonic mnemonic);

// The mnemonic spelled so, aliases included. `print` is the generic one; print of a text is the
// parser's to tell apart by its operand.
std::optional<Mnemonic> find_mnemonic(std::string_view spelling);
// Every spelling, for suggestions.
std::span<const std::string_view> all_spellings();

// The bare mnemonic that means `opcode` when its operand has the right type; empty if there is
// none. Where several do, the first in the row.
std::string_view generic_name(Opcode opcode);

}  // namespace rosetta
