#include "check/draft.h"

namespace rosetta {

std::optional<Cell> cell_of(const Literal& literal, Type type) {
  switch (type) {
    case Type::F64:
      if (!literal.f64_fits) return std::nullopt;
      return literal.bits;
    case Type::F32:
      if (!literal.f32_fits) return std::nullopt;
      return literal.f32_bits;
    case Type::I64:
    case Type::I32: break;
  }
  const std::uint64_t half = type == Type::I64 ? std::uint64_t{1} << 63 : std::uint64_t{1} << 31;
  const std::uint64_t mask = half | (half - 1);
  const bool fits = literal.negative      ? literal.bits <= half
                    : literal.hexadecimal ? literal.bits <= mask
                                          : literal.bits < half;
  if (!fits) return std::nullopt;
  return (literal.negative ? std::uint64_t{0} - literal.bits : literal.bits) & mask;
}

Literal literal_of(Cell cell, Type type) {
  Literal literal{.types = type, .hexadecimal = is_integer(type), .bits = cell};
  if (type == Type::F32) literal.f32_bits = static_cast<std::uint32_t>(cell);
  return literal;
}

}  // namespace rosetta
