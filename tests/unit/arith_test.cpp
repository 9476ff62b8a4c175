// Corner values of every group against literals. The case files go through all opcodes on every
// engine; what is here is what must not depend on any engine.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "isa/signature.h"
#include "isa/trap.h"

namespace rosetta {
namespace {

constexpr rv_i32 kMin32 = std::numeric_limits<rv_i32>::min();
constexpr rv_i32 kMax32 = std::numeric_limits<rv_i32>::max();
constexpr rv_i64 kMin64 = std::numeric_limits<rv_i64>::min();
constexpr rv_i64 kMax64 = std::numeric_limits<rv_i64>::max();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr float kInf32 = std::numeric_limits<float>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();
const float kNan32 = std::numeric_limits<float>::quiet_NaN();

// Cells, types and names are settled when this is compiled.
static_assert(type_of<rv_i64>() == Type::I64 && type_of<rv_f32>() == Type::F32);
static_assert(to_cell<rv_i32>(-1) == 0xffff'ffff);  // the upper half of a narrow value is zero
static_assert(to_cell<rv_i64>(-1) == ~Cell{0});
static_assert(to_cell(1.0F) == 0x3f80'0000 && to_cell(1.0) == 0x3ff0'0000'0000'0000);
static_assert(from_cell<rv_i32>(0xffff'fffe) == -2 && from_cell<rv_f64>(0) == 0);
static_assert(TypeSet(Type::F32).single() && !kFloats.single() && TypeSet().empty());
static_assert(kAnyType.choose() == Type::I64 && kFloats.choose() == Type::F64);
static_assert((TypeSet(Type::I32) | Type::F32).choose() == Type::I32);
static_assert((kIntegers & kFloats).empty() && kIntegers.has(Type::I32));
static_assert(trap_named("out-of-fuel") == Trap::OutOfFuel && !trap_named("none"));
static_assert(name(Trap::IntegerDivideByZero) == "integer-divide-by-zero");

// Of functions that may trap: what they give, and what they trap with.
template <class R, class A>
R result(rv_i32 (*function)(A, R*), std::type_identity_t<A> a) {
  R r{};
  EXPECT_EQ(function(a, &r), 0) << a;
  return r;
}
template <class R, class A>
R result(rv_i32 (*function)(A, A, R*), std::type_identity_t<A> a, std::type_identity_t<A> b) {
  R r{};
  EXPECT_EQ(function(a, b, &r), 0) << a << ", " << b;
  return r;
}
template <class R, class A>
Trap trap(rv_i32 (*function)(A, R*), std::type_identity_t<A> a) {
  R r{};
  return static_cast<Trap>(function(a, &r));
}
template <class R, class A>
Trap trap(rv_i32 (*function)(A, A, R*), std::type_identity_t<A> a, std::type_identity_t<A> b) {
  R r{};
  return static_cast<Trap>(function(a, b, &r));
}

TEST(ArithTest, IntegersWrap) {
  EXPECT_EQ(rv_i32_add(kMax32, 1), kMin32);
  EXPECT_EQ(rv_i64_add(kMax64, 1), kMin64);
  EXPECT_EQ(rv_i64_sub(kMin64, 1), kMax64);
  EXPECT_EQ(rv_i32_mul(0x10000, 0x10000), 0);
  EXPECT_EQ(rv_i64_mul(kMin64, -1), kMin64);
  EXPECT_EQ(rv_i32_neg(kMin32), kMin32);
  EXPECT_EQ(rv_i64_abs(kMin64), kMin64);
  EXPECT_EQ(rv_i64_abs(-7), 7);
  EXPECT_EQ(rv_i32_min(-1, 1), -1);
  EXPECT_EQ(rv_i64_max(-1, 1), 1);
  EXPECT_EQ(rv_i32_inv(0), -1);
}

TEST(ArithTest, Division) {
  EXPECT_EQ(result(rv_i64_div_s, -7, 2), -3);
  EXPECT_EQ(result(rv_i64_rem_s, -7, 2), -1);
  EXPECT_EQ(result(rv_i64_rem_s, 7, -2), 1);
  EXPECT_EQ(result(rv_i32_div_u, -1, 2), kMax32);
  EXPECT_EQ(result(rv_i32_rem_u, -1, 10), 5);
  EXPECT_EQ(result(rv_i64_div_u, -1, 2), kMax64);
  EXPECT_EQ(result(rv_i32_rem_s, kMin32, -1), 0);
  EXPECT_EQ(result(rv_i64_rem_s, kMin64, -1), 0);
  EXPECT_EQ(trap(rv_i32_div_s, kMin32, -1), Trap::IntegerOverflow);
  EXPECT_EQ(trap(rv_i64_div_s, kMin64, -1), Trap::IntegerOverflow);
  EXPECT_EQ(trap(rv_i64_div_s, 1, 0), Trap::IntegerDivideByZero);
  EXPECT_EQ(trap(rv_i32_div_u, 1, 0), Trap::IntegerDivideByZero);
  EXPECT_EQ(trap(rv_i64_rem_s, 0, 0), Trap::IntegerDivideByZero);
  EXPECT_EQ(trap(rv_i32_rem_u, 1, 0), Trap::IntegerDivideByZero);
}

TEST(ArithTest, ShiftCountsAreModuloTheWidth) {
  EXPECT_EQ(rv_i32_shl(1, 33), 2);
  EXPECT_EQ(rv_i32_shl(1, -1), kMin32);
  EXPECT_EQ(rv_i64_shl(1, 64), 1);
  EXPECT_EQ(rv_i32_shr_s(-8, 1), -4);
  EXPECT_EQ(rv_i32_shr_u(-8, 1), 0x7fff'fffc);
  EXPECT_EQ(rv_i64_shr_u(-1, 63), 1);
  EXPECT_EQ(rv_i64_shr_s(kMin64, 127), -1);
  EXPECT_EQ(rv_i32_rotl(kMin32 + 1, 1), 3);
  EXPECT_EQ(rv_i32_rotr(3, 1), kMin32 + 1);
  EXPECT_EQ(rv_i32_rotl(5, 32), 5);
  EXPECT_EQ(rv_i64_rotl(5, 0), 5);
  EXPECT_EQ(rv_i64_rotr(1, 65), kMin64);
}

TEST(ArithTest, BitCounts) {
  EXPECT_EQ(rv_i32_clz(0), 32);
  EXPECT_EQ(rv_i32_clz(1), 31);
  EXPECT_EQ(rv_i64_ctz(0), 64);
  EXPECT_EQ(rv_i64_ctz(kMin64), 63);
  EXPECT_EQ(rv_i32_popcnt(-1), 32);
  EXPECT_EQ(rv_i64_popcnt(-2), 63);
}

TEST(ArithTest, ComparisonsAreSignedOrNot) {
  EXPECT_EQ(rv_i32_lt_s(-1, 0), 1);
  EXPECT_EQ(rv_i32_lt_u(-1, 0), 0);
  EXPECT_EQ(rv_i64_ge_u(-1, kMax64), 1);
  EXPECT_EQ(rv_i64_ge_s(-1, kMax64), 0);
  EXPECT_EQ(rv_i64_eqz(0), 1);
  EXPECT_EQ(rv_i32_eqz(kMin32), 0);
}

TEST(ArithTest, NothingComparesWithANan) {
  EXPECT_EQ(rv_f64_eq(kNan, kNan), 0);
  EXPECT_EQ(rv_f64_ne(kNan, kNan), 1);
  EXPECT_EQ(rv_f64_lt(kNan, 1), 0);
  EXPECT_EQ(rv_f32_ge(1, kNan32), 0);
  EXPECT_EQ(rv_f32_le(-0.0F, 0.0F), 1);
}

TEST(ArithTest, SignExtension) {
  EXPECT_EQ(rv_i32_extend8_s(0x80), -128);
  EXPECT_EQ(rv_i32_extend8_s(0xff7f), 127);
  EXPECT_EQ(rv_i32_extend16_s(0x8000), -32768);
  EXPECT_EQ(rv_i64_extend8_s(0xff), -1);
  EXPECT_EQ(rv_i64_extend16_s(0x7fff), 0x7fff);
  EXPECT_EQ(rv_i64_extend32_s(0x8000'0000), kMin32);
  EXPECT_EQ(rv_i64_extend_i32_u(-1), 0xffff'ffff);
  EXPECT_EQ(rv_i64_extend_i32_s(-1), -1);
  EXPECT_EQ(rv_i32_wrap_i64(0x1'8000'0000), kMin32);
}

TEST(ArithTest, MinAndMaxKnowZerosAndNans) {
  EXPECT_TRUE(std::signbit(rv_f64_min(0.0, -0.0)));
  EXPECT_TRUE(std::signbit(rv_f32_min(-0.0F, 0.0F)));
  EXPECT_FALSE(std::signbit(rv_f64_max(-0.0, 0.0)));
  EXPECT_EQ(rv_f64_min(1, -kInf), -kInf);
  EXPECT_EQ(rv_f32_max(1, 2), 2);
  EXPECT_TRUE(std::isnan(rv_f64_min(kNan, 1)));
  EXPECT_TRUE(std::isnan(rv_f32_max(1, kNan32)));
}

TEST(ArithTest, RoundingIsToEven) {
  EXPECT_EQ(rv_f64_nearest(0.5), 0);
  EXPECT_EQ(rv_f64_nearest(1.5), 2);
  EXPECT_EQ(rv_f32_nearest(2.5F), 2);
  EXPECT_TRUE(std::signbit(rv_f64_nearest(-0.5)));
  EXPECT_EQ(rv_f64_floor(-0.5), -1);
  EXPECT_TRUE(std::signbit(rv_f64_ceil(-0.5)));
  EXPECT_EQ(rv_f32_trunc(-1.9F), -1);
  EXPECT_EQ(rv_f32_convert_i64_s(0x100'0001), 16777216.0F);
  EXPECT_EQ(rv_f64_convert_i64_u(-1), 18446744073709551616.0);
  EXPECT_EQ(rv_f32_convert_i32_u(-1), 4294967296.0F);
  EXPECT_EQ(rv_f32_demote_f64(1e300), kInf32);
  EXPECT_TRUE(std::isnan(rv_f64_sqrt(-1)));
  EXPECT_TRUE(std::signbit(rv_f64_sqrt(-0.0)));
}

TEST(ArithTest, SignsOfNans) {
  const rv_f64 payload = rv_float64(0x7ff4'0000'0000'0001);
  EXPECT_EQ(rv_bits64(rv_f64_neg(payload)), 0xfff4'0000'0000'0001);
  EXPECT_EQ(rv_bits64(rv_f64_abs(rv_f64_neg(payload))), 0x7ff4'0000'0000'0001);
  EXPECT_EQ(rv_bits64(rv_f64_copysign(payload, -1)), 0xfff4'0000'0000'0001);
  EXPECT_EQ(rv_i32_reinterpret_f32(rv_f32_reinterpret_i32(0x7fa0'0001)), 0x7fa0'0001);
  EXPECT_EQ(rv_bits64(rv_f64_canon(rv_f64_neg(payload))), 0x7ff8'0000'0000'0000);
  EXPECT_EQ(rv_bits32(rv_f32_canon(rv_float32(0xffff'ffff))), 0x7fc0'0000U);
  EXPECT_EQ(rv_f64_canon(-1.5), -1.5);
}

TEST(ArithTest, FloatToInteger) {
  EXPECT_EQ(result(rv_i32_trunc_f64_s, -2147483648.9), kMin32);
  EXPECT_EQ(trap(rv_i32_trunc_f64_s, -2147483649.0), Trap::IntegerOverflow);
  EXPECT_EQ(trap(rv_i32_trunc_f64_s, 2147483648.0), Trap::IntegerOverflow);
  EXPECT_EQ(result(rv_i32_trunc_f64_u, 4294967295.9), -1);
  EXPECT_EQ(result(rv_i32_trunc_f64_u, -0.9), 0);
  EXPECT_EQ(trap(rv_i32_trunc_f64_u, -1.0), Trap::IntegerOverflow);
  EXPECT_EQ(result(rv_i32_trunc_f32_s, 2147483520.0F), 2147483520);
  EXPECT_EQ(trap(rv_i32_trunc_f32_s, 2147483648.0F), Trap::IntegerOverflow);
  EXPECT_EQ(result(rv_i64_trunc_f64_s, -9223372036854775808.0), kMin64);
  EXPECT_EQ(trap(rv_i64_trunc_f64_s, 9223372036854775808.0), Trap::IntegerOverflow);
  EXPECT_EQ(result(rv_i64_trunc_f64_u, 18446744073709549568.0), -2048);
  EXPECT_EQ(trap(rv_i64_trunc_f32_u, 18446744073709551616.0F), Trap::IntegerOverflow);
  EXPECT_EQ(trap(rv_i64_trunc_f64_s, kNan), Trap::InvalidConversion);
  EXPECT_EQ(trap(rv_i32_trunc_f32_u, kNan32), Trap::InvalidConversion);
  EXPECT_EQ(trap(rv_i64_trunc_f32_s, -kInf32), Trap::IntegerOverflow);
}

TEST(ArithTest, FloatToIntegerSaturating) {
  EXPECT_EQ(rv_i32_trunc_sat_f64_s(kNan), 0);
  EXPECT_EQ(rv_i32_trunc_sat_f64_s(kInf), kMax32);
  EXPECT_EQ(rv_i32_trunc_sat_f64_s(-1e10), kMin32);
  EXPECT_EQ(rv_i32_trunc_sat_f64_u(-5), 0);
  EXPECT_EQ(rv_i32_trunc_sat_f32_u(kInf32), -1);
  EXPECT_EQ(rv_i32_trunc_sat_f32_s(-1.5F), -1);
  EXPECT_EQ(rv_i64_trunc_sat_f64_s(9223372036854775808.0), kMax64);
  EXPECT_EQ(rv_i64_trunc_sat_f32_s(-kInf32), kMin64);
  EXPECT_EQ(rv_i64_trunc_sat_f64_u(1e30), -1);
  EXPECT_EQ(rv_i64_trunc_sat_f32_u(kNan32), 0);
}

}  // namespace
}  // namespace rosetta
