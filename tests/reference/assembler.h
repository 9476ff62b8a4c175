// The oracle's assembler: the exact form of the text in, functions with all names resolved out.
//
// Nothing is checked here beyond what reading needs: types and heights are the oracle's business.
// Text that cannot be read throws std::runtime_error with its line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reference/operations.h"
#include "reference/oracle.h"

namespace reference {

enum class Kind : std::uint8_t {
  Operation,
  Const,
  Print,
  PrintText,
  Trap,
  Nop,
  Jump,
  JumpIf,
  JumpIfNot,
  JumpTable,
  Ret,
  Halt,
  Call,
  TailCall,
  Pop,
  Select,
  Dup,
  Swap,
  Over,
  Rot,
  Load,
  Store,
  Tee
};

inline bool is_wide(Type type) { return type == Type::I64 || type == Type::F64; }
inline bool is_integer(Type type) { return type == Type::I64 || type == Type::I32; }

struct Instruction {
  Kind kind = Kind::Nop;
  Type type = Type::I64;    // of a constant or of what is printed
  std::uint64_t value = 0;  // constant, number of a local, index of the callee
  const Operation* operation = nullptr;
  std::vector<std::size_t> targets;
  std::string text;  // to print; the callee's name
};

struct Function {
  std::string name;
  Signature signature;
  std::vector<Type> locals;  // parameters first
  std::vector<Instruction> code;
  std::uint64_t cells = 0;
  std::uint64_t weight = 0;
};

std::vector<Function> assemble(std::string_view text);

}  // namespace reference
