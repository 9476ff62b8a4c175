// The generator's dice, and values worth trying with their spelling.
//
// All of it is the same on every machine for a seed. A Random belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "fuzz/generator.h"

namespace fuzz {

inline constexpr std::array kTypes = {Type::I64, Type::I32, Type::F64, Type::F32};
inline constexpr std::array<std::string_view, 4> kTypeNames = {"i64", "i32", "f64", "f32"};

inline std::string_view name_of(Type type) { return kTypeNames[static_cast<std::size_t>(type)]; }
inline Type type_named(std::string_view name) {
  std::size_t at = 0;
  while (kTypeNames[at] != name) ++at;
  return kTypes[at];
}
inline bool is_integer(Type type) { return type == Type::I64 || type == Type::I32; }
inline bool is_wide(Type type) { return type == Type::I64 || type == Type::F64; }

// splitmix64: the distributions of the standard library differ between implementations.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class Range>
  const auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }
  Type type() { return pick(kTypes); }

 private:
  std::uint64_t state_;
};

std::uint64_t random_cell(Random& random, Type type);

// A literal for `TYPE.const`, in one of its spellings.
std::string literal(Random& random, Type type, std::uint64_t cell);

}  // namespace fuzz
