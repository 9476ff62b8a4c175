// A checked function: typed code without names. The only maker is the checker (check/check.h), so
// whoever holds one may rely on it: operands are in range, stacks agree, no path runs off the end.
//
// Immutable; may be read from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isa/opcode.h"
#include "isa/type.h"

namespace rosetta {

class Checker;

// One instruction. Jump targets are absolute instruction indices in the function's code.
struct Instruction {
  Opcode opcode = Opcode::Nop;
  // By operand kind: Local its number; Target the index jumped to; Table, Text, Callee an index
  // into the function's tables, texts, callees.
  std::uint32_t operand = 0;
  // Literal: the constant's cell.
  Cell constant = 0;

  friend bool operator==(const Instruction&, const Instruction&) = default;
};

// What a function is made of, before and inside the wrapper that says it is checked.
struct FunctionParts {
  std::vector<Type> params;
  std::vector<Type> results;
  // Behind the parameters, numbered by first use in the code; all are used.
  std::vector<Type> locals;
  std::vector<Instruction> code;
  // Targets of jumptables, the default last.
  std::vector<std::vector<std::uint32_t>> tables;
  std::vector<std::string> texts;
  // The function called at each call site, in the order of the code. A number in the module.
  std::vector<std::uint32_t> callees;

  friend bool operator==(const FunctionParts&, const FunctionParts&) = default;
};

class Function {
 public:
  [[nodiscard]] std::span<const Type> params() const { return parts_.params; }
  [[nodiscard]] std::span<const Type> results() const { return parts_.results; }
  [[nodiscard]] std::span<const Type> locals() const { return parts_.locals; }
  [[nodiscard]] std::span<const Instruction> code() const { return parts_.code; }
  [[nodiscard]] std::span<const std::uint32_t> table(std::uint32_t index) const {
    return parts_.tables[index];
  }
  [[nodiscard]] std::string_view text(std::uint32_t index) const { return parts_.texts[index]; }
  [[nodiscard]] std::span<const std::uint32_t> callees() const { return parts_.callees; }
  [[nodiscard]] const FunctionParts& parts() const { return parts_; }

  // Greatest stack height of reachable code, in cells.
  [[nodiscard]] std::uint32_t max_height() const { return max_height_; }
  // Parameters, locals and greatest height: at most kMostCells.
  [[nodiscard]] std::uint32_t cells() const {
    return static_cast<std::uint32_t>(parts_.params.size() + parts_.locals.size()) + max_height_;
  }
  // The first reachable `halt`, or kNoHalt. A program's halts have its entry's result types.
  [[nodiscard]] std::uint32_t first_halt() const { return first_halt_; }

  static constexpr std::uint32_t kNoHalt = 0xffff'ffff;
  static constexpr std::uint32_t kMostCells = 65'535;

 private:
  friend class Checker;
  Function(FunctionParts parts, std::uint32_t max_height, std::uint32_t first_halt)
      : parts_(std::move(parts)), max_height_(max_height), first_halt_(first_halt) {}

  FunctionParts parts_;
  std::uint32_t max_height_;
  std::uint32_t first_halt_;
};

}  // namespace rosetta
