#include "par/convert.h"

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

// The prelude comes first.
#include "isa/host.h"
//
#include "isa/arith.h"

namespace rosetta::par {
namespace {

static_assert(std::endian::native == std::endian::little);

// Values in files that C++ has no type for.
enum class Half : std::uint16_t {};
enum class Bool : std::uint8_t {};

template <std::size_t kBytes>
using Bits = std::conditional_t<
    kBytes == 1, std::uint8_t,
    std::conditional_t<kBytes == 2, std::uint16_t,
                       std::conditional_t<kBytes == 4, std::uint32_t, std::uint64_t>>>;

template <class Value>
Value load(const char* from, bool swapped) {
  Bits<sizeof(Value)> bits;
  std::memcpy(&bits, from, sizeof bits);
  return std::bit_cast<Value>(swapped ? std::byteswap(bits) : bits);
}

float widen(Half half) {
  const auto bits = std::to_underlying(half);
  const std::uint32_t sign = std::uint32_t{bits} >> 15 << 31;
  const std::uint32_t exponent = bits >> 10 & 0x1f;
  const std::uint32_t fraction = bits & 0x3ff;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign == 0 ? magnitude : -magnitude;
  }
  const std::uint32_t wide = exponent == 0x1f ? 0xff : exponent + 127 - 15;
  return rv_f32_canon(std::bit_cast<float>(sign | wide << 23 | fraction << 13));
}

// Whether a float with so many significant bits has this value.
template <std::integral Integer>
bool exact(Integer value, int digits) {
  const auto wide = static_cast<std::uint64_t>(value);
  const std::uint64_t magnitude = std::cmp_less(value, 0) ? std::uint64_t{0} - wide : wide;
  return magnitude == 0 || 64 - std::countl_zero(magnitude) - std::countr_zero(magnitude) <= digits;
}

template <Type kType, std::integral Integer>
bool convert(Integer value, Cell& to) {
  if constexpr (kType == Type::I64) {
    to = static_cast<Cell>(value);
    return std::in_range<std::int64_t>(value);
  } else if constexpr (kType == Type::I32) {
    to = static_cast<std::uint32_t>(value);
    return std::in_range<std::int32_t>(value);
  } else if constexpr (kType == Type::F64) {
    to = std::bit_cast<Cell>(static_cast<double>(value));
    return sizeof(Integer) < 8 || exact(value, 53);
  } else {
    to = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    return sizeof(Integer) < 4 || exact(value, 24);
  }
}

template <Type kType>
bool convert(Bool value, Cell& to) {
  return convert<kType>(static_cast<std::uint8_t>(value != Bool{}), to);
}

template <Type kType>
bool convert(double value, Cell& to) {
  to = std::bit_cast<Cell>(value);
  return true;
}

template <Type kType>
bool convert(float value, Cell& to) {
  to = kType == Type::F32 ? std::bit_cast<std::uint32_t>(value)
                          : std::bit_cast<Cell>(rv_f64_canon(rv_f64_promote_f32(value)));
  return true;
}

template <Type kType>
bool convert(Half value, Cell& to) {
  return convert<kType>(widen(value), to);
}

template <class Value, Type kType, bool kSwapped>
std::size_t convert_all(const char* from, std::size_t stride, std::size_t count, Cell* to) {
  // A loop of its own for values without gaps: it becomes one of vectors.
  if (stride == sizeof(Value)) stride = 0;
  std::size_t i = 0;
  if (stride == 0) {
    while (i < count && convert<kType>(load<Value>(from + i * sizeof(Value), kSwapped), to[i])) ++i;
  } else {
    while (i < count && convert<kType>(load<Value>(from + i * stride, kSwapped), to[i])) ++i;
  }
  return i;
}

template <class Value, Type kType>
Convert swapped_or_not(bool swapped) {
  return swapped ? convert_all<Value, kType, true> : convert_all<Value, kType, false>;
}

template <class Value>
Convert to_type(Type type, bool swapped) {
  switch (type) {
    case Type::I64: return swapped_or_not<Value, Type::I64>(swapped);
    case Type::I32: return swapped_or_not<Value, Type::I32>(swapped);
    case Type::F64: return swapped_or_not<Value, Type::F64>(swapped);
    case Type::F32: return swapped_or_not<Value, Type::F32>(swapped);
  }
  return nullptr;
}

template <class Value>
Convert to_float(Type type, bool swapped) {
  if (type == Type::F64) return swapped_or_not<Value, Type::F64>(swapped);
  if (type == Type::F32 && sizeof(Value) < 8) return swapped_or_not<Value, Type::F32>(swapped);
  return nullptr;
}

}  // namespace

Convert find_convert(const NpyField& field, Type type) {
  const bool swapped = field.big_endian;
  switch (field.kind) {
    case NpyKind::Bool: return to_type<Bool>(type, swapped);
    case NpyKind::Signed:
      switch (field.bytes) {
        case 1: return to_type<std::int8_t>(type, swapped);
        case 2: return to_type<std::int16_t>(type, swapped);
        case 4: return to_type<std::int32_t>(type, swapped);
        default: return to_type<std::int64_t>(type, swapped);
      }
    case NpyKind::Unsigned:
      switch (field.bytes) {
        case 1: return to_type<std::uint8_t>(type, swapped);
        case 2: return to_type<std::uint16_t>(type, swapped);
        case 4: return to_type<std::uint32_t>(type, swapped);
        default: return to_type<std::uint64_t>(type, swapped);
      }
    case NpyKind::Float:
      switch (field.bytes) {
        case 2: return to_float<Half>(type, swapped);
        case 4: return to_float<float>(type, swapped);
        default: return to_float<double>(type, swapped);
      }
  }
  return nullptr;
}

std::string integer_text(const NpyField& field, const char* from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < field.bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(from[field.big_endian ? i : field.bytes - 1 - i]);
    value = value << 8 | byte;
  }
  if (field.kind != NpyKind::Signed) return std::to_string(value);
  const int unused = 64 - 8 * field.bytes;
  return std::to_string(static_cast<std::int64_t>(value << unused) >> unused);
}

}  // namespace rosetta::par
