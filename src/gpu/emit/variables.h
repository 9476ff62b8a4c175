// The C variables that a function's registers become.
//
// A parameter or local is a variable of its type. A home of the operand stack that no value
// outlives a block in is a variable for each type of its values: which one holds is known where the
// code is read. Any other home is one variable, of cells where its values have several types.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ir/program.h"

namespace rosetta::gpu {

class Variables {
 public:
  Variables(const ir::Program& program, const ir::Function& function);

  // How many registers the code names: a call's results can reach behind the function's own.
  [[nodiscard]] std::size_t count() const { return types_.size(); }
  // Whether a register has a variable for each type.
  [[nodiscard]] bool is_free(ir::Register reg) const { return free_[reg]; }
  // Of any other: the type of its variable; none: cells.
  [[nodiscard]] std::optional<Type> type(ir::Register reg) const { return types_[reg]; }
  // The variable with values of a type; none: with cells. p0 is a parameter, l1 a local; a home's
  // name says its type: x5 is an i64, i5 an i32, d5 an f64, f5 an f32, c5 a cell.
  std::string name(ir::Register reg, std::optional<Type> type);
  // Of all that were named and are no parameters, for the top of the body.
  [[nodiscard]] std::string declarations() const;

 private:
  const ir::Function& function_;
  std::vector<bool> free_;
  std::vector<std::optional<Type>> types_;
  std::array<std::vector<bool>, kTypes + 1> named_;  // by type, cells last
};

// As texts: `rv_i64`, and cells' `rv_u64`.
std::string type_name(std::optional<Type> type);
// A value as another type has it: the same bits.
std::string converted(std::string value, std::optional<Type> from, std::optional<Type> to);
// A constant as a value of a type.
std::string constant_text(Cell cell, std::optional<Type> type);

}  // namespace rosetta::gpu
