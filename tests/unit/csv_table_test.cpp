#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "par/number.h"
#include "par/table.h"
#include "unit/files.h"
#include "unit/tables.h"

namespace rosetta::par {
namespace {

Cell f64(double value) { return std::bit_cast<Cell>(value); }
Cell f32(float value) { return std::bit_cast<std::uint32_t>(value); }
Cell i32(std::int32_t value) { return static_cast<std::uint32_t>(value); }
Cell i64(std::int64_t value) { return static_cast<Cell>(value); }

TEST(NumberTest, ReadsNumbers) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  constexpr Cell kNan64 = 0x7ff8'0000'0000'0000;
  constexpr Cell kNan32 = 0x7fc0'0000;
  const struct {
    std::string_view text;
    Type type;
    Cell cell;
  } cases[] = {
      {"0", Type::I64, 0},
      {"-0", Type::I64, 0},
      {"+7", Type::I64, 7},
      {"007", Type::I64, 7},
      {"9223372036854775807", Type::I64, 0x7fff'ffff'ffff'ffff},
      {"-9223372036854775808", Type::I64, 0x8000'0000'0000'0000},
      {"-1", Type::I32, i32(-1)},
      {"2147483647", Type::I32, i32(2147483647)},
      {"-2147483648", Type::I32, i32(-2147483647 - 1)},
      {"3", Type::F64, f64(3)},
      {"-3", Type::F32, f32(-3)},
      {"+0.1", Type::F64, f64(0.1)},
      {"0.1", Type::F32, f32(0.1F)},
      {".5", Type::F64, f64(0.5)},
      {"5.", Type::F64, f64(5)},
      {"1E3", Type::F64, f64(1000)},
      {"1e+3", Type::F64, f64(1000)},
      {"-0.0", Type::F64, f64(-0.0)},
      // Rounded once: through f64 it would be 1.
      {"1.00000005960464477540", Type::F32, f32(1.0000001F)},
      {"9007199254740993", Type::F64, f64(9007199254740992)},
      {"1e-400", Type::F64, 0},
      {"-1e-400", Type::F64, f64(-0.0)},
      {"1e-60", Type::F32, 0},
      {"5e-324", Type::F64, 1},
      {"inf", Type::F64, f64(kInfinite)},
      {"-INF", Type::F64, f64(-kInfinite)},
      {"+Infinity", Type::F32, f32(std::numeric_limits<float>::infinity())},
      {"nan", Type::F64, kNan64},
      {"NaN", Type::F32, kNan32},
      {"-nan", Type::F64, kNan64},
      {"nan:0x5", Type::F64, 0x7ff0'0000'0000'0005},
      {"-nan:0x5", Type::F32, 0xff80'0005},
  };
  for (const auto& each : cases) {
    const auto read = read_number(each.text, each.type);
    ASSERT_TRUE(read) << each.text;
    EXPECT_EQ(*read, each.cell) << each.text << " as " << name(each.type);
  }
}

TEST(NumberTest, RefusesWhatIsNone) {
  constexpr auto kMalformed = NumberFault::Malformed;
  constexpr auto kRange = NumberFault::Range;
  const struct {
    std::string_view text;
    Type type;
    NumberFault fault;
  } cases[] = {
      {"", Type::I64, kMalformed},
      {"+", Type::I64, kMalformed},
      {"-", Type::I64, kMalformed},
      {"+-1", Type::I64, kMalformed},
      {"++1", Type::I64, kMalformed},
      {"1.0", Type::I64, kMalformed},
      {"1e3", Type::I64, kMalformed},
      {"0x10", Type::I64, kMalformed},
      {"1 2", Type::I64, kMalformed},
      {"1_000", Type::I64, kMalformed},
      {"nan", Type::I64, kMalformed},
      {std::string_view("1\0", 2), Type::I64, kMalformed},
      {"", Type::F64, kMalformed},
      {"+", Type::F64, kMalformed},
      {"+-1", Type::F64, kMalformed},
      {".", Type::F64, kMalformed},
      {"1e", Type::F64, kMalformed},
      {"0x1p3", Type::F64, kMalformed},
      {"1,5", Type::F64, kMalformed},
      {"1.5f", Type::F64, kMalformed},
      {"infinit", Type::F64, kMalformed},
      {"nan(1)", Type::F64, kMalformed},
      {"nan:0x", Type::F64, kMalformed},
      {"nan:0x0", Type::F64, kMalformed},
      {"abc", Type::F32, kMalformed},
      {"--1", Type::F32, kMalformed},
      {"9223372036854775808", Type::I64, kRange},
      {"-9223372036854775809", Type::I64, kRange},
      {"2147483648", Type::I32, kRange},
      {"1e309", Type::F64, kRange},
      {"-1e309", Type::F64, kRange},
      {"1e39", Type::F32, kRange},
      {"1e999999999", Type::F32, kRange},
  };
  for (const auto& each : cases) {
    const auto read = read_number(each.text, each.type);
    ASSERT_FALSE(read) << each.text;
    EXPECT_EQ(read.error(), each.fault) << each.text << " as " << name(each.type);
  }
}

WhatWasRead read(const std::string& path, const std::vector<Column>& wanted,
                 std::size_t at_once = 1'000'000) {
  return read_table(open_csv(path), path, wanted, at_once);
}

TEST(CsvTableTest, ReadsColumnsByTheirNames) {
  const Folder folder;
  const std::string path =
      folder.file("t.csv", "name,n,\"x, y\"\r\nfirst,1,0.5\r\nsecond, -2 ,\"1e3\"\r\n,3,nan");
  for (const std::size_t at_once : {1U, 2U, 3U}) {
    const WhatWasRead outcome =
        read(path, {{"x, y", Type::F64}, {"n", Type::I32}, {"n", Type::F32}}, at_once);
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.columns,
              (std::vector<std::vector<Cell>>{{f64(0.5), f64(1000), 0x7ff8'0000'0000'0000},
                                              {1, i32(-2), 3},
                                              {f32(1), f32(-2), f32(3)}}));
  }
}

TEST(CsvTableTest, SaysWhatIsWrong) {
  const struct {
    std::string_view text;
    std::string_view error;
    Fault fault;
  } cases[] = {
      {"", "cannot read FILE: it is empty, and its first line would name its columns",
       Fault::Machine},
      {"n,m\n1,2\n3\n", "FILE, line 3: it has 1 field, and the first line has 2", Fault::Machine},
      {"n,m\n1,2\n\n1,2\n", "FILE, line 3: it has 1 field, and the first line has 2",
       Fault::Machine},
      {"n\n1,2\n", "FILE, line 2: it has 2 fields, and the first line has 1", Fault::Machine},
      {"n\n\"1\n", "FILE, line 2: a quote is opened and never closed", Fault::Machine},
      {"time,nn\n", "FILE has no column `n`; did you mean `nn`? It has `time`, `nn`", Fault::Usage},
      {"time,rate\n", "FILE has no column `n`: it has `time`, `rate`", Fault::Usage},
      {"a1,a2,a3,a4,a5,a6,a7,a8,a9,a10,a11,a12\n",
       "FILE has no column `n`: it has `a1`, `a2`, `a3`, `a4`, `a5`, `a6`, `a7`, `a8`, `a9`, `a10` "
       "and 2 more",
       Fault::Usage},
      {"n,n\n", "FILE has more than one column `n`", Fault::Usage},
      {"n\n1\n\n1\n",
       "FILE, row 1 (line 3), column `n`: it is empty, and a value is needed for x, an i32",
       Fault::Usage},
      {"n,m\n1,2\n \t,2\n",
       "FILE, row 1 (line 3), column `n`: it is empty, and a value is needed for x, an i32",
       Fault::Usage},
      {"n\n1\n\"a\nb\"\n",
       "FILE, row 1 (line 3), column `n`: `a\nb` is no decimal integer for x, an i32",
       Fault::Usage},
      {"n\n1.5\n", "FILE, row 0 (line 2), column `n`: `1.5` is no decimal integer for x, an i32",
       Fault::Usage},
      {"n\n3000000000\n", "FILE, row 0 (line 2), column `n`: 3000000000 does not fit x, an i32",
       Fault::Usage},
  };
  const Folder folder;
  for (const auto& each : cases) {
    const WhatWasRead outcome = read(folder.file("t.csv", each.text), {{"n", Type::I32}});
    EXPECT_EQ(outcome.error, each.error);
    EXPECT_EQ(outcome.fault, each.fault) << each.error;
  }
  EXPECT_EQ(read(folder.file("t.csv", "x\nabc\n"), {{"x", Type::F64}}).error,
            "FILE, row 0 (line 2), column `x`: `abc` is no number for x, an f64");
}

TEST(CsvTableTest, AJobMayGoOnInTheMiddle) {
  const Folder folder;
  std::string text = "n\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  auto table = open_csv(folder.file("t.csv", text));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ((*table)->rows(), 100'000U);
  EXPECT_EQ((*table)->columns(), 1U);
  ASSERT_TRUE((*table)->want(0, Type::I64, "n"));
  Cell cells[3];
  Cell* const columns[] = {cells};
  for (const std::uint64_t first : {77'777U, 77'780U, 99'997U, 5U}) {
    ASSERT_TRUE((*table)->read(first, 3, columns));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(cells[i], i64(static_cast<int>(first + i)));
  }
}

TEST(CsvTableTest, AFileThatIsCutOffMeanwhileIsAnError) {
  const Folder folder;
  std::string text = "n\n";
  for (int i = 0; i < 100'000; ++i) text += "1\n";
  const std::string path = folder.file("t.csv", text);
  auto table = open_csv(path);
  ASSERT_TRUE(table);
  ASSERT_TRUE((*table)->want(0, Type::I64, "n"));
  std::filesystem::resize_file(path, 180'002);
  std::vector<Cell> cells(100'000);
  const auto done = (*table)->read(0, 100'000, std::vector<Cell*>{cells.data()});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::Machine);
  EXPECT_EQ(done.error().message, "`" + path +
                                      "` ends behind 90000 rows of 100000: it was cut off "
                                      "while it was read");
}

}  // namespace
}  // namespace rosetta::par
