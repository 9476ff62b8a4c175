#include "text/value.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace rosetta {
namespace {

constexpr Type kTypesInOrder[] = {Type::I64, Type::I32, Type::F64, Type::F32};

struct Case {
  std::string_view text;
  Type type;
  Cell cell;
};

TEST(ReadValueTest, ReadsWhatFits) {
  const Case cases[] = {
      {"42", Type::I64, 42},
      {"-7", Type::I64, ~Cell{6}},
      {"-7", Type::I32, 0xffff'fff9},
      {"1_000_000", Type::I64, 1'000'000},
      {"0xff", Type::I64, 255},
      {"0xFF_ff", Type::I32, 0xffff},
      {"-0x10", Type::I64, ~Cell{15}},
      {"9223372036854775807", Type::I64, 0x7fff'ffff'ffff'ffff},
      {"-9223372036854775808", Type::I64, Cell{1} << 63},
      {"0xffffffffffffffff", Type::I64, ~Cell{0}},
      {"-0x8000000000000000", Type::I64, Cell{1} << 63},
      {"2147483647", Type::I32, 0x7fff'ffff},
      {"-2147483648", Type::I32, 0x8000'0000},
      {"0xffffffff", Type::I32, 0xffff'ffff},
      {"42i32", Type::I32, 42},
      {"42i64", Type::I64, 42},
      {"0x1f32", Type::I64, 0x1f32},  // digits, not a suffix
      {"1.5", Type::F64, 0x3ff8'0000'0000'0000},
      {"1.5", Type::F32, 0x3fc0'0000},
      {"1.5f32", Type::F32, 0x3fc0'0000},
      {"2f64", Type::F64, 0x4000'0000'0000'0000},
      {"1e-9", Type::F64, 0x3e11'2e0b'e826'd695},
      {"1E+2", Type::F64, 0x4059'0000'0000'0000},
      {"0x1.8p3", Type::F64, 0x4028'0000'0000'0000},
      {"0x1p-1074", Type::F64, 1},
      {"0x1p-149", Type::F32, 1},
      // Just above a tie, below the least normal number: glibc's strtof rounds these down.
      {"0x1.000001p-150", Type::F32, 1},
      {"0x5.000004p-150", Type::F32, 3},
      {"0x1.400001p-148", Type::F32, 3},
      {"-0x1.000001p-150", Type::F32, 0x80000001},
      {"0x1p-150", Type::F32, 0},
      {"0x1p-99999", Type::F32, 0},
      {"-0x1p-99999", Type::F64, 0x8000000000000000},
      {"0x0p99999", Type::F64, 0},
      {"-0x1P0", Type::F32, 0xbf80'0000},
      {"-0.0", Type::F64, Cell{1} << 63},
      {"inf", Type::F64, 0x7ff0'0000'0000'0000},
      {"-inf", Type::F32, 0xff80'0000},
      {"nan", Type::F64, 0x7ff8'0000'0000'0000},
      {"-nan", Type::F32, 0xffc0'0000},
      {"nan:0x1", Type::F64, 0x7ff0'0000'0000'0001},
      {"-nan:0x7fffff", Type::F32, 0xffff'ffff},
      {"nan:0xfffffffffffff", Type::F64, 0x7fff'ffff'ffff'ffff},
      // Rounded once, from the exact value: by way of f64 this would be 0x3f800000.
      {"1.00000005960464477540", Type::F32, 0x3f80'0001},
      {"3.4028235677973366e38", Type::F32, 0x7f7f'ffff},  // just below what rounds to infinity
      {"1e-400", Type::F64, 0},
  };
  for (const Case& each : cases) {
    const auto cell = read_value(each.text, each.type);
    ASSERT_TRUE(cell) << each.text << ": " << cell.error();
    EXPECT_EQ(*cell, each.cell) << each.text << " as " << name(each.type);
  }
}

// Where the type is known, an integer serves for a float.
TEST(ReadValueTest, IntegersServeForFloats) {
  EXPECT_EQ(read_value("1", Type::F64), 0x3ff0'0000'0000'0000U);
  EXPECT_EQ(read_value("-2", Type::F32), 0xc000'0000U);
  EXPECT_EQ(read_value("16777217", Type::F32), 0x4b80'0000U);
  EXPECT_EQ(read_value("18446744073709551615", Type::F64), 0x43f0'0000'0000'0000U);
  EXPECT_EQ(read_value("-0", Type::F64), Cell{1} << 63);
  EXPECT_FALSE(read_value("0x10", Type::F64));
  EXPECT_FALSE(read_value("1i64", Type::F64));
  EXPECT_FALSE(read_value("1.0", Type::I64));
}

TEST(ReadValueTest, OutOfRangeIsAnError) {
  const Case cases[] = {
      {"9223372036854775808", Type::I64, 0},
      {"-9223372036854775809", Type::I64, 0},
      {"2147483648", Type::I32, 0},
      {"-2147483649", Type::I32, 0},
      {"0x100000000", Type::I32, 0},
      {"-0x80000001", Type::I32, 0},
      {"1e309", Type::F64, 0},
      {"-1e39", Type::F32, 0},
      {"3.4028235677973367e38", Type::F32, 0},
      {"0x1p1024", Type::F64, 0},
      {"nan:0x800000", Type::F32, 0},
      {"1.5f32", Type::F64, 0},
      {"42i32", Type::I64, 0},
      {"nan", Type::I64, 0},
  };
  for (const Case& each : cases) {
    EXPECT_FALSE(read_value(each.text, each.type)) << each.text << " as " << name(each.type);
  }
}

TEST(ReadLiteralTest, TypesAreLeftOpen) {
  const struct {
    std::string_view text;
    TypeSet types;
  } cases[] = {
      {"1", kIntegers},        {"-0x1", kIntegers}, {"1i32", Type::I32}, {"1i64", Type::I64},
      {"1.0", kFloats},        {"1e5", kFloats},    {"inf", kFloats},    {"-nan:0x2", kFloats},
      {"1.0f32", Type::F32},   {"1f64", Type::F64}, {"0x1p0", kFloats},  {"1e5f32", Type::F32},
      {"0x1p0f64", Type::F64},
  };
  for (const auto& each : cases) {
    const auto literal = read_literal(each.text);
    ASSERT_TRUE(literal) << each.text << ": " << literal.error();
    EXPECT_EQ(literal->types, each.types) << each.text;
  }
}

TEST(ReadLiteralTest, ErrorsSayWhatIsWrong) {
  const struct {
    std::string_view text;
    std::string_view message;  // a part of it
  } cases[] = {
      {"", "begins with a digit"},         {"-", "begins with a digit"},
      {"+1", "begins with a digit"},       {"x", "begins with a digit"},
      {"_1", "begins with a digit"},       {"0x", "hexadecimal digits"},
      {"0xg", "hexadecimal digits"},       {"1_", "does not belong"},
      {"1__0", "does not belong"},         {"1.", "both sides"},
      {".5", "begins with a digit"},       {"1e", "exponent needs digits"},
      {"1e+", "exponent needs digits"},    {"0x1.8", "needs its exponent"},
      {"1.5i32", "no integer suffix"},     {"1i16", "does not belong"},
      {"12abc", "does not belong"},        {"0X10", "does not belong"},
      {"1 ", "does not belong"},           {"18446744073709551616", "64 bits"},
      {"0x10000000000000000", "64 bits"},  {"nan:0x0", "payload"},
      {"nan:0x10000000000000", "payload"}, {"nan:0x", "hexadecimal digits"},
      {"nan:1", "not a literal"},          {"inff32", "not a literal"},
      {"infinity", "not a literal"},       {"--1", "begins with a digit"},
  };
  for (const auto& each : cases) {
    const auto literal = read_literal(each.text);
    ASSERT_FALSE(literal) << each.text;
    EXPECT_NE(literal.error().find(each.message), std::string::npos)
        << each.text << ": " << literal.error();
  }
  EXPECT_FALSE(read_literal(std::string(3'000, '1')));
  EXPECT_TRUE(read_literal("0." + std::string(1'500, '1')));
}

TEST(ToTextTest, IsTheShortestThatReadsBack) {
  const Case cases[] = {
      {"0", Type::I64, 0},
      {"-9223372036854775808", Type::I64, Cell{1} << 63},
      {"-1", Type::I32, 0xffff'ffff},
      {"0.0", Type::F64, 0},
      {"-0.0", Type::F64, Cell{1} << 63},
      {"0.1", Type::F64, 0x3fb9'9999'9999'999a},
      {"0.1", Type::F32, 0x3dcc'cccd},
      {"1.0", Type::F64, 0x3ff0'0000'0000'0000},
      {"1e+23", Type::F64, 0x44b5'2d02'c7e1'4af6},
      {"5e-324", Type::F64, 1},
      {"1e-45", Type::F32, 1},
      {"inf", Type::F64, 0x7ff0'0000'0000'0000},
      {"-inf", Type::F32, 0xff80'0000},
      {"nan", Type::F64, 0x7ff8'0000'0000'0000},
      {"-nan", Type::F64, 0xfff8'0000'0000'0000},
      {"nan:0x1", Type::F64, 0x7ff0'0000'0000'0001},
      {"-nan:0x7fffff", Type::F32, 0xffff'ffff},
  };
  for (const Case& each : cases) EXPECT_EQ(to_text(each.cell, each.type), each.text);
}

// Cells of every kind: exponents at their ends are as likely as all others together.
Cell random_cell(Type type) {
  Cell cell = *rc::gen::arbitrary<std::uint64_t>();
  const int shift = *rc::gen::inRange(0, 64);
  cell = (cell * 0x9e37'79b9'7f4a'7c15) >> shift;
  if (*rc::gen::inRange(0, 3) == 0) cell |= Cell{0x7ff} << 52 | Cell{0xff} << 23;
  if (*rc::gen::inRange(0, 2) == 0) cell |= Cell{1} << 63 | Cell{1} << 31;
  return is_wide(type) ? cell : cell & 0xffff'ffff;
}

RC_GTEST_PROP(ToTextTest, ReadsBackToTheBit, ()) {
  for (const Type type : kTypesInOrder) {
    const Cell cell = random_cell(type);
    const std::string text = to_text(cell, type);
    const auto literal = read_literal(text);
    RC_ASSERT(literal.has_value());
    RC_ASSERT(literal->types == (is_integer(type) ? kIntegers : kFloats));
    RC_ASSERT(cell_of(*literal, type) == std::optional(cell));
    RC_ASSERT(read_value(text, type).value() == cell);
  }
}

RC_GTEST_PROP(ReadLiteralTest, SurvivesAnyText, (const std::string& text)) {
  const auto literal = read_literal(text);
  RC_ASSERT(literal.has_value() || !literal.error().empty());
  const std::string digits = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("0123456789abcdefxpinf.+-_:e")));
  const auto other = read_literal(digits);
  RC_ASSERT(other.has_value() || !other.error().empty());
}

}  // namespace
}  // namespace rosetta
