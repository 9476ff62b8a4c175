#include "par/number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

#include "text/value.h"

namespace rosetta::par {
namespace {

using Failure = std::unexpected<NumberFault>;

bool equals_in_any_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return (a | 0x20) == b; });
}

Cell cell_with(std::int64_t value) { return static_cast<Cell>(value); }
Cell cell_with(std::int32_t value) { return static_cast<std::uint32_t>(value); }
Cell cell_with(double value) { return std::bit_cast<Cell>(value); }
Cell cell_with(float value) { return std::bit_cast<std::uint32_t>(value); }

template <class Integer>
std::expected<Cell, NumberFault> read_integer(std::string_view text) {
  Integer value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc::invalid_argument || end != last) return Failure(NumberFault::Malformed);
  if (error != std::errc()) return Failure(NumberFault::Range);
  return cell_with(value);
}

template <class Float>
std::expected<Cell, NumberFault> read_float(std::string_view text) {
  using Limits = std::numeric_limits<Float>;
  const bool negative = text.starts_with('-');
  const std::string_view magnitude = text.substr(negative ? 1 : 0);
  if (!magnitude.empty() && (magnitude[0] | 0x20) >= 'a') {
    if (equals_in_any_case(magnitude, "nan")) return cell_with(Limits::quiet_NaN());
    if (equals_in_any_case(magnitude, "inf") || equals_in_any_case(magnitude, "infinity")) {
      return cell_with(negative ? -Limits::infinity() : Limits::infinity());
    }
    if (!magnitude.starts_with("nan:")) return Failure(NumberFault::Malformed);
    const auto cell = read_value(text, sizeof(Float) == 8 ? Type::F64 : Type::F32);
    if (!cell) return Failure(NumberFault::Malformed);
    return *cell;
  }
  Float value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc::invalid_argument || end != last) return Failure(NumberFault::Malformed);
  if (error == std::errc::result_out_of_range) {
    // Too large or too small; from_chars does not say which.
    if (std::abs(std::strtod(std::string(text).c_str(), nullptr)) > 1) {
      return Failure(NumberFault::Range);
    }
    return cell_with(negative ? -Float{0} : Float{0});
  }
  return cell_with(value);
}

}  // namespace

std::expected<Cell, NumberFault> read_number(std::string_view text, Type type) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return Failure(NumberFault::Malformed);
  }
  switch (type) {
    case Type::I64: return read_integer<std::int64_t>(text);
    case Type::I32: return read_integer<std::int32_t>(text);
    case Type::F64: return read_float<double>(text);
    case Type::F32: return read_float<float>(text);
  }
  return Failure(NumberFault::Malformed);
}

}  // namespace rosetta::par
