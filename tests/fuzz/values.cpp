#include "fuzz/values.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace fuzz {
namespace {

std::uint64_t random_integer(Random& random, unsigned width) {
  const std::uint64_t one_bit = std::uint64_t{1} << random.below(width);
  switch (random.below(10)) {
    case 0: return std::uint64_t{1} << (width - 1);
    case 1: return (std::uint64_t{1} << (width - 1)) - random.below(2);
    case 2: return one_bit;
    case 3: return one_bit - 1;
    case 4: return 0 - one_bit;
    case 5: return random.next();
    case 6: return 0 - random.between(1, 3);
    default: return random.below(20);
  }
}

std::uint64_t random_double(Random& random) {
  static constexpr std::array kCorners = {0.0,
                                          -0.0,
                                          1.0,
                                          -1.0,
                                          0.5,
                                          -0.5,
                                          1.5,
                                          2.5,
                                          -2.5,
                                          0.1,
                                          1e300,
                                          -1e300,
                                          1e-300,
                                          4.9e-324,
                                          2.2250738585072009e-308,
                                          2.2250738585072014e-308,
                                          -2.2250738585072014e-308,
                                          1.7976931348623157e308,
                                          3.4028234663852886e38,
                                          3.4028235677973366e38,
                                          1.4e-45,
                                          7e-46,
                                          2147483647.0,
                                          2147483648.0,
                                          -2147483649.0,
                                          -2147483648.9,
                                          4294967295.5,
                                          4294967296.0,
                                          9007199254740991.0,
                                          9007199254740993.0,
                                          9223372036854775807.0,
                                          -9223372036854775808.0,
                                          18446744073709551616.0,
                                          16777217.0,
                                          0.49999999999999994,
                                          -0.99999};
  const std::uint64_t sign = random.next() & (std::uint64_t{1} << 63);
  switch (random.below(8)) {
    case 0: return sign | 0x7ff0000000000000;
    case 1: return sign | 0x7ff8000000000000;
    case 2: return sign | 0x7ff0000000000000 | std::uint64_t{1} << random.below(52);
    case 3: return sign | 0x7ff8000000000000 | random.next() >> 13;
    case 4: return random.next();
    case 5: return std::bit_cast<std::uint64_t>(static_cast<double>(random.below(64)) - 16.0);
    default: return std::bit_cast<std::uint64_t>(random.pick(kCorners));
  }
}

std::uint64_t random_float(Random& random) {
  static constexpr std::array kCorners = {0.0F,
                                          -0.0F,
                                          1.0F,
                                          -1.0F,
                                          0.5F,
                                          -0.5F,
                                          1.5F,
                                          2.5F,
                                          -2.5F,
                                          0.1F,
                                          1e38F,
                                          1e-38F,
                                          1.4e-45F,
                                          1.1754942e-38F,
                                          1.17549435e-38F,
                                          3.4028235e38F,
                                          -3.4028235e38F,
                                          2147483648.0F,
                                          -2147483648.0F,
                                          2147483520.0F,
                                          4294967296.0F,
                                          16777216.0F,
                                          9223372036854775808.0F,
                                          18446744073709551616.0F,
                                          0.49999997F};
  const std::uint32_t sign = static_cast<std::uint32_t>(random.next()) & 0x80000000;
  switch (random.below(8)) {
    case 0: return sign | 0x7f800000;
    case 1: return sign | 0x7fc00000;
    case 2: return sign | 0x7f800000 | std::uint32_t{1} << random.below(23);
    case 3: return sign | 0x7fc00000 | static_cast<std::uint32_t>(random.next() >> 42);
    case 4: return random.next() >> 32;
    case 5: return std::bit_cast<std::uint32_t>(static_cast<float>(random.below(64)) - 16.0F);
    default: return std::bit_cast<std::uint32_t>(random.pick(kCorners));
  }
}

}  // namespace

std::uint64_t random_cell(Random& random, Type type) {
  switch (type) {
    case Type::I64: return random_integer(random, 64);
    case Type::I32: return random_integer(random, 32) & 0xffffffff;
    case Type::F64: return random_double(random);
    case Type::F32: return random_float(random);
  }
  return 0;
}

namespace {

std::string in_base(std::uint64_t value, int base) {
  std::array<char, 24> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.end(), value, base).ptr};
}

std::string integer_text(Random& random, Type type, std::uint64_t cell) {
  if (random.chance(15)) return "0x" + in_base(cell, 16);
  return std::to_string(type == Type::I64 ? static_cast<std::int64_t>(cell)
                                          : static_cast<std::int32_t>(cell));
}

std::string float_text(Random& random, Type type, std::uint64_t cell) {
  const int fraction_bits = is_wide(type) ? 52 : 23;
  const int bias = is_wide(type) ? 1023 : 127;
  const std::uint64_t quiet = std::uint64_t{1} << (fraction_bits - 1);
  const std::uint64_t fraction = cell & (2 * quiet - 1);
  const int exponent = static_cast<int>(cell >> fraction_bits) & (2 * bias + 1);
  const std::string sign = cell >> (is_wide(type) ? 63 : 31) != 0 ? "-" : "";
  if (exponent == 2 * bias + 1) {
    if (fraction == 0) return sign + "inf";
    return fraction == quiet ? sign + "nan" : sign + "nan:0x" + in_base(fraction, 16);
  }
  if (random.chance(25)) {
    // Written as an integer times a power of two, which is exact.
    const std::uint64_t significand = exponent == 0 ? fraction : fraction | 2 * quiet;
    const int scale = std::max(exponent, 1) - bias - fraction_bits;
    return sign + "0x" + in_base(significand, 16) + ".0p" + std::to_string(scale);
  }
  std::array<char, 64> digits;
  char* const end =
      is_wide(type) ? std::to_chars(digits.data(), digits.end(), std::bit_cast<double>(cell)).ptr
                    : std::to_chars(digits.data(), digits.end(),
                                    std::bit_cast<float>(static_cast<std::uint32_t>(cell)))
                          .ptr;
  const std::string text(digits.data(), end);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

}  // namespace

std::string literal(Random& random, Type type, std::uint64_t cell) {
  return is_integer(type) ? integer_text(random, type, cell) : float_text(random, type, cell);
}

}  // namespace fuzz
