#include "text/value.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

namespace rosetta {
namespace {

// Enough for every digit that can matter to an f64, and no more than a message can bear.
constexpr std::size_t kLongest = 2'000;

using Failure = std::unexpected<std::string>;

bool is_digit(char c, bool hexadecimal) {
  if (c >= '0' && c <= '9') return true;
  return hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

// Digits with single underscores between them, from the front of `text`; empty if there are none.
std::string take_digits(std::string_view& text, bool hexadecimal) {
  std::string digits;
  while (!text.empty()) {
    if (is_digit(text[0], hexadecimal)) {
      digits += text[0];
    } else if (text[0] != '_' || digits.empty() || text.size() < 2 ||
               !is_digit(text[1], hexadecimal)) {
      break;
    }
    text.remove_prefix(1);
  }
  return digits;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<Type> type_named(std::string_view text) {
  for (const Type type : {Type::I64, Type::I32, Type::F64, Type::F32}) {
    if (name(type) == text) return type;
  }
  return std::nullopt;
}

Literal nan_literal(bool negative, std::uint64_t payload64, std::uint64_t payload32) {
  Literal literal{.types = kFloats};
  literal.f64_fits = payload64 < std::uint64_t{1} << 52;
  literal.f32_fits = payload32 < std::uint64_t{1} << 23;
  literal.bits = std::uint64_t{negative} << 63 | std::uint64_t{0x7ff} << 52 | payload64;
  literal.f32_bits = static_cast<std::uint32_t>(std::uint64_t{negative} << 31 |
                                                std::uint64_t{0xff} << 23 | payload32);
  return literal;
}

std::expected<std::uint64_t, std::string> read_magnitude(const std::string& digits, int base) {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc()) return Failure("the integer literal does not fit 64 bits");
  return value;
}

// The exact value of `number`, in strtod's notation, rounded once. (Hexadecimal ones are not left
// to strtof: glibc's rounds some subnormals down that are just above a tie.)
template <class Float>
Float rounded(const std::string& number) {
  const std::size_t prefix = number.find("0x");
  const double near = std::strtod(number.c_str(), nullptr);
  if (prefix == std::string::npos) {
    if constexpr (sizeof(Float) == sizeof(float)) return std::strtof(number.c_str(), nullptr);
    return static_cast<Float>(near);
  }
  Float value = 0;
  const char* const end = number.data() + number.size();
  const auto [rest, error] =
      std::from_chars(number.data() + prefix + 2, end, value, std::chars_format::hex);
  if (error == std::errc::result_out_of_range) {
    value = std::abs(near) > 1 ? std::numeric_limits<Float>::infinity() : Float{0};
  }
  return number.starts_with('-') ? -value : value;
}

Literal float_literal(const std::string& number) {
  const auto wide = rounded<double>(number);
  const auto narrow = rounded<float>(number);
  Literal literal{.types = kFloats};
  literal.bits = std::bit_cast<std::uint64_t>(wide);
  literal.f32_bits = std::bit_cast<std::uint32_t>(narrow);
  literal.f64_fits = !std::isinf(wide);
  literal.f32_fits = !std::isinf(narrow);
  return literal;
}

std::expected<Literal, std::string> read_named(std::string_view text, bool negative) {
  if (text == "inf") {
    Literal literal = float_literal(negative ? "-inf" : "inf");
    literal.f64_fits = literal.f32_fits = true;
    return literal;
  }
  if (text == "nan") return nan_literal(negative, std::uint64_t{1} << 51, std::uint64_t{1} << 22);
  if (!take(text, "nan:0x")) return Failure("not a literal");
  const std::string digits = take_digits(text, true);
  if (digits.empty() || !text.empty()) return Failure("`nan:0x` needs hexadecimal digits");
  const auto payload = read_magnitude(digits, 16);
  if (!payload || *payload == 0 || *payload >= std::uint64_t{1} << 52) {
    return Failure("a NaN's payload is 1 to 0xfffffffffffff, or 0x7fffff for f32");
  }
  return nan_literal(negative, *payload, *payload);
}

}  // namespace

std::expected<Literal, std::string> read_literal(std::string_view text) {
  if (text.size() > kLongest) {
    return Failure(fmt::format("a literal has at most {} characters", kLongest));
  }
  const bool negative = take(text, "-");
  if (text.starts_with("inf") || text.starts_with("nan")) return read_named(text, negative);

  const bool hexadecimal = take(text, "0x");
  const std::string whole = take_digits(text, hexadecimal);
  if (whole.empty()) {
    return Failure(hexadecimal ? "`0x` needs hexadecimal digits" : "a literal begins with a digit");
  }
  std::string number = fmt::format("{}{}{}", negative ? "-" : "", hexadecimal ? "0x" : "", whole);
  bool floating = false;
  if (take(text, ".")) {
    const std::string fraction = take_digits(text, hexadecimal);
    if (fraction.empty()) return Failure("a point needs digits on both sides, as 1.0");
    number += "." + fraction;
    floating = true;
  }
  const char exponent_mark = hexadecimal ? 'p' : 'e';
  if (text.starts_with(exponent_mark) ||
      text.starts_with(static_cast<char>(exponent_mark - 'a' + 'A'))) {
    text.remove_prefix(1);
    number += exponent_mark;
    if (text.starts_with('-') || text.starts_with('+')) {
      number += text[0];
      text.remove_prefix(1);
    }
    const std::string exponent = take_digits(text, false);
    if (exponent.empty()) return Failure("an exponent needs digits");
    number += exponent;
    floating = true;
  } else if (floating && hexadecimal) {
    return Failure("a hexadecimal float needs its exponent, as 0x1.8p3");
  }
  std::optional<Type> suffix;
  if (!text.empty()) {
    suffix = type_named(text);
    if (!suffix) return Failure(fmt::format("`{}` does not belong to a literal", text));
    if (floating && is_integer(*suffix)) return Failure("a float literal has no integer suffix");
    if (is_float(*suffix)) floating = true;
  }
  if (floating) {
    Literal literal = float_literal(number);
    if (suffix) literal.types = *suffix;
    return literal;
  }
  const auto magnitude = read_magnitude(whole, hexadecimal ? 16 : 10);
  if (!magnitude) return Failure(magnitude.error());
  Literal literal{.types = suffix ? TypeSet(*suffix) : kIntegers};
  literal.negative = negative;
  literal.hexadecimal = hexadecimal;
  literal.bits = *magnitude;
  return literal;
}

std::expected<Cell, std::string> read_value(const Literal& literal, Type type) {
  const bool integer = !(literal.types & kIntegers).empty();
  if (is_float(type) && literal.types == kIntegers && !literal.hexadecimal) {
    if (type == Type::F64) {
      const double value = static_cast<double>(literal.bits);
      return std::bit_cast<Cell>(literal.negative ? -value : value);
    }
    const float value = static_cast<float>(literal.bits);
    return Cell{std::bit_cast<std::uint32_t>(literal.negative ? -value : value)};
  }
  if (!literal.types.has(type)) {
    return Failure(fmt::format("{} is wanted, not {}", name(type),
                               literal.types.single() ? name(literal.types.choose())
                               : integer              ? "a hexadecimal integer"
                                                      : "a float"));
  }
  const std::optional<Cell> cell = cell_of(literal, type);
  if (!cell) return Failure(fmt::format("it does not fit {}", name(type)));
  return *cell;
}

std::expected<Cell, std::string> read_value(std::string_view text, Type type) {
  const auto literal = read_literal(text);
  if (!literal) return Failure(literal.error());
  return read_value(*literal, type);
}

namespace {

template <class Float, class Bits>
std::string float_text(Float value, Bits bits, int fraction_bits) {
  const Bits fraction = bits & ((Bits{1} << fraction_bits) - 1);
  const std::string_view sign = std::signbit(value) ? "-" : "";
  if (std::isnan(value)) {
    if (fraction == Bits{1} << (fraction_bits - 1)) return fmt::format("{}nan", sign);
    return fmt::format("{}nan:{:#x}", sign, fraction);
  }
  if (std::isinf(value)) return fmt::format("{}inf", sign);
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string to_text(Cell cell, Type type) {
  switch (type) {
    case Type::I64: return std::to_string(static_cast<std::int64_t>(cell));
    case Type::I32: return std::to_string(static_cast<std::int32_t>(cell));
    case Type::F64: return float_text(std::bit_cast<double>(cell), cell, 52);
    case Type::F32: {
      const auto bits = static_cast<std::uint32_t>(cell);
      return float_text(std::bit_cast<float>(bits), bits, 23);
    }
  }
  return {};
}

}  // namespace rosetta
