// The four types of values. Whatever its type, a value occupies one 64-bit cell; the upper half of
// an i32's or f32's cell is zero.
#pragma once

#include <cstdint>
#include <string_view>

namespace rosetta {

using Cell = std::uint64_t;

enum class Type : std::uint8_t { I64, I32, F64, F32 };
inline constexpr int kTypes = 4;

constexpr std::string_view name(Type type) {
  constexpr std::string_view kNames[kTypes] = {"i64", "i32", "f64", "f32"};
  return kNames[static_cast<int>(type)];
}

constexpr bool is_integer(Type type) { return type == Type::I64 || type == Type::I32; }
constexpr bool is_float(Type type) { return !is_integer(type); }
constexpr bool is_wide(Type type) { return type == Type::I64 || type == Type::F64; }

// A set of types, one bit each: what inference still allows for a value.
struct TypeSet {
  std::uint8_t bits = 0;

  constexpr TypeSet() = default;
  constexpr explicit TypeSet(std::uint8_t mask) : bits(mask) {}
  // A type is the set of itself: wherever a set is asked for, one type will do.
  constexpr TypeSet(Type type) : bits(static_cast<std::uint8_t>(1 << static_cast<int>(type))) {}

  friend constexpr bool operator==(TypeSet, TypeSet) = default;
  friend constexpr TypeSet operator|(TypeSet a, TypeSet b) {
    return TypeSet(static_cast<std::uint8_t>(a.bits | b.bits));
  }
  friend constexpr TypeSet operator&(TypeSet a, TypeSet b) {
    return TypeSet(static_cast<std::uint8_t>(a.bits & b.bits));
  }
  [[nodiscard]] constexpr bool empty() const { return bits == 0; }
  [[nodiscard]] constexpr bool has(Type type) const { return !(*this & type).empty(); }
  [[nodiscard]] constexpr bool single() const { return bits != 0 && (bits & (bits - 1)) == 0; }
  // The only type of a single set; of an open one what it becomes at the end: i64 where allowed,
  // else f64. The set is not empty.
  [[nodiscard]] constexpr Type choose() const {
    for (const Type type : {Type::I64, Type::F64, Type::I32}) {
      if (has(type)) return type;
    }
    return Type::F32;
  }
};

inline constexpr TypeSet kIntegers = TypeSet(Type::I64) | Type::I32;
inline constexpr TypeSet kFloats = TypeSet(Type::F64) | Type::F32;
inline constexpr TypeSet kAnyType = kIntegers | kFloats;

}  // namespace rosetta
