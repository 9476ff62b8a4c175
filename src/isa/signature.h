// From a row's signature in opcodes.def to C++ types, and the check that row and function agree.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "isa/host.h"
//
#include "isa/arith.h"
#include "isa/type.h"

namespace rosetta {

// The names that signatures in opcodes.def are written with.
namespace signature {
using i32 = rv_i32;
using i64 = rv_i64;
using f32 = rv_f32;
using f64 = rv_f64;
}  // namespace signature

template <class T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, rv_i64>) return Type::I64;
  if constexpr (std::is_same_v<T, rv_i32>) return Type::I32;
  if constexpr (std::is_same_v<T, rv_f64>) return Type::F64;
  if constexpr (std::is_same_v<T, rv_f32>) return Type::F32;
}

// A value in its cell, and back. Narrow values leave the upper half zero.
template <class T>
constexpr Cell to_cell(T value) {
  if constexpr (sizeof(T) == 8) return std::bit_cast<std::uint64_t>(value);
  if constexpr (sizeof(T) == 4) return std::bit_cast<std::uint32_t>(value);
}
template <class T>
constexpr T from_cell(Cell cell) {
  if constexpr (sizeof(T) == 8) return std::bit_cast<T>(cell);
  if constexpr (sizeof(T) == 4) return std::bit_cast<T>(static_cast<std::uint32_t>(cell));
}

// `Signature<R(A)>` or `Signature<R(A, A)>`: operands are of one type.
template <class F>
struct Signature;

template <class R, class A>
struct Signature<R(A)> {
  using Result = R;
  using Operand = A;
  using Total = R (*)(A);
  using Tests = Total;
  using Traps = rv_i32 (*)(A, R*);
  static constexpr std::uint8_t kArity = 1;
};

template <class R, class A>
struct Signature<R(A, A)> {
  using Result = R;
  using Operand = A;
  using Total = R (*)(A, A);
  using Tests = Total;
  using Traps = rv_i32 (*)(A, A, R*);
  static constexpr std::uint8_t kArity = 2;
};

// Each row against the function that it names.
namespace signature {
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  static_assert(std::is_same_v<decltype(&function), Signature<signature>::traps>,            \
                mnemonic ": the signature in opcodes.def is not that of " #function);
#include "isa/opcodes.def"
}  // namespace signature

}  // namespace rosetta
