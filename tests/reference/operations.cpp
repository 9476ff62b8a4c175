// Each operation is a function of ordinary C++ types, from which its signature is read. Integers
// are computed exactly in 128 bits and then cut; a double or float that is returned is made
// canonical, and operations that keep a NaN's bits never see it as a float.
#include "reference/operations.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace reference {
namespace {

__extension__ using Wide = __int128;

// A float whose bits are only moved.
// A float whose bits are only moved: a double or float that is returned is made canonical instead.
struct Bits64 {
  std::uint64_t bits;
};
struct Bits32 {
  std::uint32_t bits;
};

template <class T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, Bits64>) return Type::F64;
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, Bits32>) return Type::F32;
  return std::is_same_v<T, bool> || sizeof(T) == 8 ? Type::I64 : Type::I32;
}

template <class T>
T from_cell(std::uint64_t cell) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(cell);
  } else if constexpr (sizeof(T) == 8) {
    return std::bit_cast<T>(cell);
  } else {
    return std::bit_cast<T>(static_cast<std::uint32_t>(cell));
  }
}

template <class T>
std::uint64_t to_cell(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? 1 : 0;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<std::make_unsigned_t<T>>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return std::isnan(value) ? kNan64 : std::bit_cast<std::uint64_t>(value);
  } else if constexpr (std::is_same_v<T, float>) {
    return std::isnan(value) ? kNan32 : std::bit_cast<std::uint32_t>(value);
  } else {
    return value.bits;
  }
}

template <class R, class A>
Operation operation(R (*f)(A)) {
  return {{type_of<A>()}, type_of<R>(), [f](const std::uint64_t* cells) {
            return to_cell(f(from_cell<A>(cells[0])));
          }};
}

template <class R, class A, class B>
Operation operation(R (*f)(A, B)) {
  return {{type_of<A>(), type_of<B>()}, type_of<R>(), [f](const std::uint64_t* cells) {
            return to_cell(f(from_cell<A>(cells[0]), from_cell<B>(cells[1])));
          }};
}

// The low bits of a result that is exact in 128 bits.
template <class T>
T wrap(Wide value) {
  return static_cast<T>(value);
}

template <class T>
Wide checked_divisor(T b) {
  if (b == 0) throw Trapped{"integer-divide-by-zero"};
  return b;
}

template <class S>
void define_integers(Operations& table, const std::string& prefix) {
  using U = std::make_unsigned_t<S>;
  constexpr U kWidth = sizeof(S) * 8;
  auto op = [&](const char* name, auto f) { table.emplace(prefix + name, operation(+f)); };
  op("eqz", [](S a) -> bool { return a == 0; });
  op("eq", [](S a, S b) -> bool { return a == b; });
  op("ne", [](S a, S b) -> bool { return a != b; });
  op("lt_s", [](S a, S b) -> bool { return a < b; });
  op("lt_u", [](U a, U b) -> bool { return a < b; });
  op("gt_s", [](S a, S b) -> bool { return a > b; });
  op("gt_u", [](U a, U b) -> bool { return a > b; });
  op("le_s", [](S a, S b) -> bool { return a <= b; });
  op("le_u", [](U a, U b) -> bool { return a <= b; });
  op("ge_s", [](S a, S b) -> bool { return a >= b; });
  op("ge_u", [](U a, U b) -> bool { return a >= b; });
  op("clz", [](U a) -> S { return std::countl_zero(a); });
  op("ctz", [](U a) -> S { return std::countr_zero(a); });
  op("popcnt", [](U a) -> S { return std::popcount(a); });
  op("add", [](S a, S b) -> S { return wrap<S>(Wide{a} + b); });
  op("sub", [](S a, S b) -> S { return wrap<S>(Wide{a} - b); });
  op("mul", [](S a, S b) -> S { return wrap<S>(Wide{a} * b); });
  op("div_s", [](S a, S b) -> S {
    const Wide quotient = Wide{a} / checked_divisor(b);
    if (quotient > std::numeric_limits<S>::max()) throw Trapped{"integer-overflow"};
    return wrap<S>(quotient);
  });
  op("div_u", [](U a, U b) -> U { return wrap<U>(Wide{a} / checked_divisor(b)); });
  op("rem_s", [](S a, S b) -> S { return wrap<S>(Wide{a} % checked_divisor(b)); });
  op("rem_u", [](U a, U b) -> U { return wrap<U>(Wide{a} % checked_divisor(b)); });
  op("and", [](U a, U b) -> U { return a & b; });
  op("or", [](U a, U b) -> U { return a | b; });
  op("xor", [](U a, U b) -> U { return a ^ b; });
  op("shl", [](S a, U b) -> S { return wrap<S>(Wide{a} << (b % kWidth)); });
  op("shr_s", [](S a, U b) -> S { return wrap<S>(Wide{a} >> (b % kWidth)); });
  op("shr_u", [](U a, U b) -> U { return wrap<U>(Wide{a} >> (b % kWidth)); });
  op("rotl", [](U a, U b) -> U { return std::rotl(a, static_cast<int>(b % kWidth)); });
  op("rotr", [](U a, U b) -> U { return std::rotr(a, static_cast<int>(b % kWidth)); });
  op("neg", [](S a) -> S { return wrap<S>(-Wide{a}); });
  op("abs", [](S a) -> S { return wrap<S>(a < 0 ? -Wide{a} : Wide{a}); });
  op("min", [](S a, S b) -> S { return std::min(a, b); });
  op("max", [](S a, S b) -> S { return std::max(a, b); });
  op("inv", [](S a) -> S { return wrap<S>(-1 - Wide{a}); });
  op("extend8_s", [](S a) -> S { return static_cast<std::int8_t>(a); });
  op("extend16_s", [](S a) -> S { return static_cast<std::int16_t>(a); });
}

template <class F, class B, class U>
void define_floats(Operations& table, const std::string& prefix) {
  static constexpr U kSign = U{1} << (sizeof(U) * 8 - 1);
  auto op = [&](const char* name, auto f) { table.emplace(prefix + name, operation(+f)); };
  op("eq", [](F a, F b) -> bool { return a == b; });
  op("ne", [](F a, F b) -> bool { return a != b; });
  op("lt", [](F a, F b) -> bool { return a < b; });
  op("gt", [](F a, F b) -> bool { return a > b; });
  op("le", [](F a, F b) -> bool { return a <= b; });
  op("ge", [](F a, F b) -> bool { return a >= b; });
  op("abs", [](B a) -> B { return {a.bits & ~kSign}; });
  op("neg", [](B a) -> B { return {a.bits ^ kSign}; });
  op("copysign", [](B a, B b) -> B { return {(a.bits & ~kSign) | (b.bits & kSign)}; });
  op("ceil", [](F a) -> F { return std::ceil(a); });
  op("floor", [](F a) -> F { return std::floor(a); });
  op("trunc", [](F a) -> F { return std::trunc(a); });
  op("nearest", [](F a) -> F { return std::nearbyint(a); });
  op("sqrt", [](F a) -> F { return std::sqrt(a); });
  op("add", [](F a, F b) -> F { return a + b; });
  op("sub", [](F a, F b) -> F { return a - b; });
  op("mul", [](F a, F b) -> F { return a * b; });
  op("div", [](F a, F b) -> F { return a / b; });
  // Among equals only the zeros differ, and there the sign decides.
  op("min", [](F a, F b) -> F {
    if (std::isunordered(a, b)) return std::numeric_limits<F>::quiet_NaN();
    return a < b || (a == b && std::signbit(a)) ? a : b;
  });
  op("max", [](F a, F b) -> F {
    if (std::isunordered(a, b)) return std::numeric_limits<F>::quiet_NaN();
    return a > b || (a == b && !std::signbit(a)) ? a : b;
  });
}

template <class I, class F>
void define_conversions(Operations& table, const std::string& integer, const std::string& real) {
  // Both bounds of every integer type are exact in it.
  using Exact = long double;
  static_assert(std::numeric_limits<Exact>::digits >= 64);
  static constexpr Exact kLow = std::numeric_limits<I>::min();
  static constexpr Exact kHigh = std::numeric_limits<I>::max();
  auto checked = [](F a) -> I {
    if (std::isnan(a)) throw Trapped{"invalid-conversion"};
    const Exact whole = std::trunc(Exact{a});
    if (whole < kLow || whole > kHigh) throw Trapped{"integer-overflow"};
    return static_cast<I>(whole);
  };
  auto saturating = [](F a) -> I {
    if (std::isnan(a)) return 0;
    return static_cast<I>(std::clamp(std::trunc(Exact{a}), kLow, kHigh));
  };
  const std::string sign = std::is_signed_v<I> ? "_s" : "_u";
  table.emplace(integer + ".trunc_" + real + sign, operation(+checked));
  table.emplace(integer + ".trunc_sat_" + real + sign, operation(+saturating));
  auto convert = [](I a) -> F { return static_cast<F>(a); };
  table.emplace(real + ".convert_" + integer + sign, operation(+convert));
}
}  // namespace

const Operations& operations() {
  static const Operations table = [] {
    using I64 = std::int64_t;
    using I32 = std::int32_t;
    using U64 = std::uint64_t;
    using U32 = std::uint32_t;
    Operations t;
    define_integers<I64>(t, "i64.");
    define_integers<I32>(t, "i32.");
    define_floats<double, Bits64, U64>(t, "f64.");
    define_floats<float, Bits32, U32>(t, "f32.");
    define_conversions<I64, double>(t, "i64", "f64");
    define_conversions<U64, double>(t, "i64", "f64");
    define_conversions<I64, float>(t, "i64", "f32");
    define_conversions<U64, float>(t, "i64", "f32");
    define_conversions<I32, double>(t, "i32", "f64");
    define_conversions<U32, double>(t, "i32", "f64");
    define_conversions<I32, float>(t, "i32", "f32");
    define_conversions<U32, float>(t, "i32", "f32");
    auto op = [&](const char* name, auto f) { t.emplace(name, operation(+f)); };
    op("i64.extend32_s", [](I64 a) -> I64 { return static_cast<I32>(a); });
    op("i64.extend_i32_s", [](I32 a) -> I64 { return a; });
    op("i64.extend_i32_u", [](U32 a) -> I64 { return a; });
    op("i32.wrap_i64", [](U64 a) -> U32 { return static_cast<U32>(a); });
    op("f64.promote_f32", [](float a) -> double { return a; });
    op("f32.demote_f64", [](double a) -> float { return static_cast<float>(a); });
    op("i64.reinterpret_f64", [](Bits64 a) -> U64 { return a.bits; });
    op("f64.reinterpret_i64", [](U64 a) -> Bits64 { return {a}; });
    op("i32.reinterpret_f32", [](Bits32 a) -> U32 { return a.bits; });
    op("f32.reinterpret_i32", [](U32 a) -> Bits32 { return {a}; });
    return t;
  }();
  return table;
}

}  // namespace reference
