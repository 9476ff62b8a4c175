// The text of straight code: what stands between a block's start and its end.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gpu/emit/shape.h"
#include "gpu/emit/variables.h"

namespace rosetta::gpu {

class Straight {
 public:
  Straight(const Shape& shape, std::uint32_t function);

  // The lines of instructions of a block, in the block's order: what its free homes hold is known
  // from one call to the next.
  std::vector<std::string> lines(std::span<const ir::Instruction> code);
  // A regular instruction that cannot trap, as an expression.
  std::string expression(const ir::Instruction& regular) { return apply(regular) + ")"; }
  // What a branch compares with zero, and a switch looks at, unsigned.
  std::string condition(ir::Operand operand);
  std::string index(ir::Operand operand);
  // Whether only the block that writes a register may read it.
  [[nodiscard]] bool stays(ir::Register reg) const { return variables_.is_free(reg); }
  // An event: of fuel, 1. Two lines: nothing is counted down where the task ends, which saves a
  // register.
  [[nodiscard]] std::vector<std::string> spending() const;
  // The top of the body, for all that was written.
  [[nodiscard]] std::string declarations() const;

 private:
  // What a free home holds.
  struct Held {
    std::optional<Type> type{};
    std::optional<ir::Operand> constant{};
  };

  // Values.
  [[nodiscard]] std::optional<Type> held(ir::Register reg) const {
    return variables_.is_free(reg) ? held_[reg].type : variables_.type(reg);
  }
  [[nodiscard]] ir::Operand resolved(ir::Operand operand) const;
  // The type of the variable that a value of a type goes into.
  std::optional<Type> target(ir::Register reg, std::optional<Type> type);
  std::string name(ir::Register reg) { return variables_.name(reg, held(reg)); }
  std::string read(ir::Operand operand, std::optional<Type> type);
  std::string read(ir::Register reg, std::optional<Type> type) {
    return read(ir::Operand::reg(reg), type);
  }
  void write(ir::Register reg, const std::string& value, std::optional<Type> type);
  std::string apply(const ir::Instruction& from);

  // Lines.
  void line(const std::string& text) { lines_.push_back(std::string(2 * nested_, ' ') + text); }
  [[nodiscard]] std::string stop(const std::string& status) const {
    return stop_text(from_.results, status);
  }
  void spend();
  void check();
  void check_depth(std::uint64_t weight, std::uint64_t back);
  void instruction(const ir::Instruction& from);
  void regular(const ir::Instruction& from);
  void copy(const ir::Instruction& from);
  void select(const ir::Instruction& from);
  void swap(const ir::Instruction& from);
  void call(const ir::Instruction& from, std::uint32_t mine);
  void returns(const ir::Instruction& from);
  void halt(const ir::Instruction& from);
  std::vector<std::string> results(const ir::Instruction& from);

  const Shape& shape_;
  std::uint32_t number_;
  const ir::Function& from_;
  const Shape::Traits& traits_;
  Variables variables_;
  std::vector<Held> held_;  // by register
  std::vector<std::string> lines_;
  std::size_t nested_ = 0;  // braces around the line
  bool checks_ = false;     // the variable `ended` is used
};

}  // namespace rosetta::gpu
