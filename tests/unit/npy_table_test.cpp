#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "par/format.h"
#include "par/npy.h"
#include "par/table.h"
#include "unit/files.h"
#include "unit/tables.h"

namespace rosetta::par {
namespace {

// A .npy file of its header's dict and its data.
std::string npy(std::string_view code, std::string_view shape, std::string_view data,
                bool fortran_order = false) {
  const std::string descr =
      code.starts_with('[') ? std::string(code) : "'" + std::string(code) + "'";
  std::string dict = "{'descr': " + descr +
                     ", 'fortran_order': " + (fortran_order ? "True" : "False") +
                     ", 'shape': " + std::string(shape) + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += {'\1', '\0', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  return bytes + dict + std::string(data);
}

template <class Value>
std::string bytes_of(const std::vector<Value>& values, bool big_endian = false) {
  std::string bytes;
  for (const Value& value : values) {
    char raw[sizeof(Value)];
    std::memcpy(raw, &value, sizeof(Value));
    if (big_endian) std::ranges::reverse(raw);
    bytes.append(raw, sizeof(Value));
  }
  return bytes;
}

WhatWasRead read(const std::string& path, const std::vector<Column>& wanted,
                 std::size_t at_once = 1'000'000) {
  return read_table(open_npy(path), path, wanted, at_once);
}

Cell f64(double value) { return std::bit_cast<Cell>(value); }
Cell f32(float value) { return std::bit_cast<std::uint32_t>(value); }
Cell i64(std::int64_t value) { return static_cast<Cell>(value); }
Cell i32(std::int32_t value) { return static_cast<std::uint32_t>(value); }

// Reads values of one type in both byte orders as cells of another.
template <class Value>
void expect_cells(const std::string& code, const std::vector<Value>& values, Type type,
                  const std::vector<Cell>& cells) {
  const Folder folder;
  for (const bool big : {false, true}) {
    const std::string order = sizeof(Value) == 1 ? "|" : big ? ">" : "<";
    const std::string shape = "(" + std::to_string(values.size()) + ",)";
    const WhatWasRead outcome =
        read(folder.file("x.npy", npy(order + code, shape, bytes_of(values, big))), {{"0", type}});
    EXPECT_EQ(outcome.error, "") << order << code << " as " << name(type);
    ASSERT_EQ(outcome.columns.size(), 1U);
    EXPECT_EQ(outcome.columns[0], cells) << order << code << " as " << name(type);
  }
}

template <class Integer>
void expect_integers(const std::string& code) {
  const Integer least = std::numeric_limits<Integer>::min();
  const Integer greatest = std::numeric_limits<Integer>::max();
  const std::vector<Integer> values = {0, 1, 100, static_cast<Integer>(least / 2), least};
  std::vector<Cell> as_i64;
  std::vector<Cell> as_i32;
  std::vector<Cell> as_f64;
  std::vector<Cell> as_f32;
  for (const Integer value : values) {
    as_i64.push_back(i64(static_cast<std::int64_t>(value)));
    as_i32.push_back(i32(static_cast<std::int32_t>(value)));
    as_f64.push_back(f64(static_cast<double>(value)));
    as_f32.push_back(f32(static_cast<float>(value)));
  }
  expect_cells(code, values, Type::I64, as_i64);
  if (std::in_range<std::int32_t>(least)) expect_cells(code, values, Type::I32, as_i32);
  expect_cells(code, values, Type::F64, as_f64);
  expect_cells(code, values, Type::F32, as_f32);
  if (std::in_range<std::int64_t>(greatest)) {
    expect_cells(code, std::vector{greatest}, Type::I64, {static_cast<Cell>(greatest)});
  }
}

TEST(NpyTableTest, IntegersServeEveryType) {
  expect_integers<std::int8_t>("i1");
  expect_integers<std::int16_t>("i2");
  expect_integers<std::int32_t>("i4");
  expect_integers<std::int64_t>("i8");
  expect_integers<std::uint8_t>("u1");
  expect_integers<std::uint16_t>("u2");
  expect_integers<std::uint32_t>("u4");
  expect_integers<std::uint64_t>("u8");
}

TEST(NpyTableTest, BoolsAreZeroAndOne) {
  const std::vector<std::uint8_t> values = {0, 1, 2};
  expect_cells("b1", values, Type::I64, {0, 1, 1});
  expect_cells("b1", values, Type::I32, {0, 1, 1});
  expect_cells("b1", values, Type::F64, {f64(0), f64(1), f64(1)});
  expect_cells("b1", values, Type::F32, {f32(0), f32(1), f32(1)});
}

TEST(NpyTableTest, FloatsKeepTheirBitsOrWiden) {
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  constexpr std::uint32_t kNan32 = 0x7fc0'0000;
  constexpr std::uint64_t kNan64 = 0x7ff8'0000'0000'0000;
  const std::vector<std::uint64_t> doubles = {
      0, f64(-0.0), f64(1e-310), f64(-1e300), kNan64, 0xfff0'0000'0000'0001, 0x7ff4'0000'0000'0005};
  expect_cells("f8", doubles, Type::F64, doubles);
  const std::vector<std::uint32_t> floats = {0,      0x8000'0000, 1,           0x7f80'0000,
                                             kNan32, 0xff80'0001, 0x7fa0'0005, 0x3fc0'0000};
  expect_cells("f4", floats, Type::F32, std::vector<Cell>(floats.begin(), floats.end()));
  expect_cells("f4", floats, Type::F64,
               {0, f64(-0.0), f64(0x1p-149), f64(std::numeric_limits<double>::infinity()), kNan64,
                kNan64, kNan64, f64(1.5)});
  const std::vector<std::uint16_t> halves = {0,      0x8000, 1,      0x03ff, 0x0400, 0x3e00,
                                             0xfbff, 0x7c00, 0xfc00, 0x7e00, 0xfc01};
  const std::vector<float> wide = {0.0F,
                                   -0.0F,
                                   0x1p-24F,
                                   0x3ffp-24F,
                                   0x1p-14F,
                                   1.5F,
                                   -65504.0F,
                                   kInfinite,
                                   -kInfinite,
                                   std::bit_cast<float>(kNan32),
                                   std::bit_cast<float>(kNan32)};
  std::vector<Cell> as_f32;
  std::vector<Cell> as_f64;
  for (const float value : wide) {
    as_f32.push_back(f32(value));
    as_f64.push_back(value == value ? f64(static_cast<double>(value)) : kNan64);
  }
  expect_cells("f2", halves, Type::F32, as_f32);
  expect_cells("f2", halves, Type::F64, as_f64);
}

TEST(NpyTableTest, ValuesThatDoNotFitAreNamed) {
  const Folder folder;
  const auto expect = [&](const std::string& bytes, Type type, std::string_view error) {
    const WhatWasRead outcome = read(folder.file("x.npy", bytes), {{"0", type}});
    EXPECT_EQ(outcome.error, error);
    EXPECT_EQ(outcome.fault, Fault::Usage);
  };
  using I64s = std::vector<std::int64_t>;
  using U64s = std::vector<std::uint64_t>;
  const auto i8 = [](const I64s& values, bool big = false) {
    return npy(big ? ">i8" : "<i8", "(3,)", bytes_of(values, big));
  };
  expect(i8({0, 1, 4294967296}), Type::I32, "FILE, row 2: 4294967296 does not fit x, an i32");
  expect(i8({0, -2147483649, 0}, true), Type::I32,
         "FILE, row 1: -2147483649 does not fit x, an i32");
  expect(i8({9007199254740992, 9007199254740993, 0}), Type::F64,
         "FILE, row 1: 9007199254740993 does not fit x, an f64, exactly");
  expect(i8({16777216, -16777217, 0}), Type::F32,
         "FILE, row 1: -16777217 does not fit x, an f32, exactly");
  expect(npy("<u8", "(1,)", bytes_of(U64s{0xffff'ffff'ffff'ffff})), Type::I64,
         "FILE, row 0: 18446744073709551615 does not fit x, an i64");
  expect(npy("<u8", "(1,)", bytes_of(U64s{0xffff'ffff'ffff'ffff})), Type::F64,
         "FILE, row 0: 18446744073709551615 does not fit x, an f64, exactly");
  expect(npy(">u4", "(1,)", bytes_of(std::vector<std::uint32_t>{0x8000'0000}, true)), Type::I32,
         "FILE, row 0: 2147483648 does not fit x, an i32");
  expect(npy("<i4", "(1,)", bytes_of(std::vector<std::int32_t>{-16777217})), Type::F32,
         "FILE, row 0: -16777217 does not fit x, an f32, exactly");
  // Of two dimensions, the column too.
  const WhatWasRead outcome =
      read(folder.file("x.npy", npy("<i8", "(2, 2)", bytes_of(I64s{1, 2, 3, 1LL << 40}))),
           {{"0", Type::I32}, {"1", Type::I32}});
  EXPECT_EQ(outcome.error, "FILE, column 1, row 1: 1099511627776 does not fit x, an i32");
}

TEST(NpyTableTest, TypesThatDoNotServeSayWhatDoes) {
  const struct {
    std::string_view code;
    Type type;
    std::string_view error;
  } cases[] = {
      {"<f8", Type::F32,
       "FILE has float64 values (<f8), and x is an f32: `.astype('float32')` converts"},
      {">f8", Type::I64,
       "FILE has float64 values (>f8), and x is an i64: `.astype('int64')` converts"},
      {"<f4", Type::I32,
       "FILE has float32 values (<f4), and x is an i32: `.astype('int32')` converts"},
      {"<f2", Type::I64,
       "FILE has float16 values (<f2), and x is an i64: `.astype('int64')` converts"},
  };
  const Folder folder;
  for (const auto& each : cases) {
    const WhatWasRead outcome =
        read(folder.file("x.npy", npy(each.code, "(0,)", "")), {{"0", each.type}});
    EXPECT_EQ(outcome.error, each.error);
    EXPECT_EQ(outcome.fault, Fault::Usage);
  }
}

TEST(NpyTableTest, ReadsEveryShapeAndLayout) {
  const Folder folder;
  for (const std::size_t rows : {0U, 1U, 2U, 7U, 1'000U, 70'000U}) {
    for (const std::size_t columns : {0U, 1U, 2U, 3U, 5U}) {
      for (const bool fortran : {false, true}) {
        std::vector<std::int32_t> values(rows * columns);
        std::vector<std::vector<Cell>> cells(columns, std::vector<Cell>(rows));
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t column = 0; column < columns; ++column) {
            const auto value = static_cast<std::int32_t>(row * 10 + column);
            values[fortran ? column * rows + row : row * columns + column] = value;
            cells[column][row] = i64(value);
          }
        }
        const std::string shape = "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")";
        std::vector<Column> wanted;
        // Backwards, to be given in the order in which they are wanted.
        for (std::size_t k = columns; k-- > 0;) wanted.push_back({std::to_string(k), Type::I64});
        std::ranges::reverse(cells);
        const std::string path = folder.file("x.npy", npy("<i4", shape, bytes_of(values), fortran));
        for (const std::size_t at_once : {std::size_t{999}, std::size_t{100'000}}) {
          const WhatWasRead outcome = read(path, wanted, at_once);
          ASSERT_EQ(outcome.error, "") << shape;
          ASSERT_EQ(outcome.columns, cells) << shape << (fortran ? " Fortran" : " C");
        }
      }
    }
  }
}

TEST(NpyTableTest, RowsMayBeLongerThanThePieces) {
  const Folder folder;
  const std::size_t columns = 300'000;
  std::vector<double> values(3 * columns);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const WhatWasRead outcome =
      read(folder.file("x.npy", npy("<f8", "(3, 300000)", bytes_of(values))),
           {{"299999", Type::F64}, {"0", Type::F64}, {"17", Type::F64}});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.columns,
            (std::vector<std::vector<Cell>>{{f64(299'999), f64(599'999), f64(899'999)},
                                            {f64(0), f64(300'000), f64(600'000)},
                                            {f64(17), f64(300'017), f64(600'017)}}));
}

TEST(NpyTableTest, OneColumnMayServeTwoParameters) {
  const Folder folder;
  const WhatWasRead outcome = read(folder.file("x.npy", npy("|i1", "(2,)", "\x01\xff")),
                                   {{"0", Type::I32}, {"0", Type::F32}});
  EXPECT_EQ(outcome.columns,
            (std::vector<std::vector<Cell>>{{i32(1), i32(-1)}, {f32(1), f32(-1)}}));
}

TEST(NpyTableTest, ResultsAreInput) {
  const Folder folder;
  const std::vector<Type> types = {Type::I32, Type::F64};
  const auto format = npy_format(types);
  const std::vector<Cell> integers = {i32(-5), 9, 7};
  const std::vector<Cell> floats = {f64(0.5), 9, f64(-1)};
  const std::vector<const Cell*> results = {integers.data(), floats.data()};
  const std::uint8_t statuses[] = {0, 2, 0};
  std::string bytes = format->head(3);
  format->append({0, 3, results, statuses}, bytes);
  const WhatWasRead outcome =
      read(folder.file("out.npy", bytes),
           {{"result1", Type::F64}, {"status", Type::I64}, {"result0", Type::I64}});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.columns,
            (std::vector<std::vector<Cell>>{{f64(0.5), 0, f64(-1)}, {0, 2, 0}, {i64(-5), 0, 7}}));
  EXPECT_EQ(read(folder.path("out.npy"), {{"result", Type::I64}}).error,
            "FILE has no column `result`; did you mean `result0`? It has `result0`, `result1`, "
            "`status`");
  EXPECT_EQ(read(folder.path("out.npy"), {{"result1", Type::I64}}).error,
            "FILE, column `result1` has float64 values (<f8), and x is an i64: "
            "`.astype('int64')` converts");
}

TEST(NpyTableTest, ColumnsOfAPlainArrayAreNumbered) {
  const Folder folder;
  const struct {
    std::string_view shape;
    std::string name;
    std::string_view error;
  } cases[] = {
      {"(0,)", "1", "FILE has no column `1`: it has one, number 0"},
      {"(0, 3)", "3", "FILE has no column `3`: they are numbered, 0 to 2"},
      {"(0, 3)", "-1", "FILE has no column `-1`: they are numbered, 0 to 2"},
      {"(0, 3)", "x", "FILE has no column `x`: they are numbered, 0 to 2"},
      {"(0, 3)", "", "FILE has no column ``: they are numbered, 0 to 2"},
      {"(0, 3)", "99999999999999999999",
       "FILE has no column `99999999999999999999`: they are numbered, 0 to 2"},
      {"(5, 0)", "0", "FILE has no column `0`: it has none"},
  };
  for (const auto& each : cases) {
    const WhatWasRead outcome =
        read(folder.file("x.npy", npy("<f8", each.shape, "")), {{each.name, Type::F64}});
    EXPECT_EQ(outcome.error, each.error);
    EXPECT_EQ(outcome.fault, Fault::Usage);
  }
}

TEST(NpyTableTest, BrokenFilesAreRefused) {
  const struct {
    std::string bytes;
    std::string_view error;
  } cases[] = {
      {"", "it is no .npy file"},
      {"a,b\n1,2\n1,2\n1,2\n", "it is no .npy file"},
      {npy("<f8", "()", "12345678"), "its array has 0 dimensions; one with 1 or 2 can be read"},
      {npy("<f8", "(0, 0, 0)", ""), "its array has 3 dimensions"},
      {npy("[('a', '<f8')]", "(0, 0)", ""), "its array has 2 dimensions; a structured one with 1"},
      {npy("[]", "(3,)", ""), "it has no column of numbers"},
      {npy("[('a', '|V8')]", "(0,)", ""), "it has no column of numbers"},
      {npy("<f8", "(3,)", std::string(23, '\0')),
       "its header says that its data has 24 bytes, and there are 23: is it whole?"},
      {npy("<f8", "(2305843009213693952,)", ""), "of no possible size"},
      {npy("<f8", "(4294967296, 4294967296)", ""), "of no possible size"},
      {npy("<f8", "(18446744073709551615, 18446744073709551615)", ""), "of no possible size"},
      {npy("<f8", "(1152921504606846976,)", ""), "of no possible size"},
      {npy("<f8", "(0, 9223372036854775808)", ""), "of no possible size"},
      {npy("<f8", "(9223372036854775808, 0)", ""), "of no possible size"},
      {npy("<f8", "(288230376151711744,)", ""), "2305843009213693952 bytes, and there are 0"},
      {npy("<f8", "(3,)", "").substr(0, 30), "its header is cut off"},
  };
  const Folder folder;
  for (const auto& each : cases) {
    const WhatWasRead outcome = read(folder.file("x.npy", each.bytes), {});
    EXPECT_TRUE(outcome.error.starts_with("cannot read FILE: ")) << outcome.error;
    EXPECT_TRUE(outcome.error.contains(each.error)) << outcome.error << " / " << each.error;
    EXPECT_EQ(outcome.fault, Fault::Machine);
  }
}

TEST(NpyTableTest, BytesBehindTheDataAreTolerated) {
  const Folder folder;
  const WhatWasRead outcome =
      read(folder.file("x.npy", npy("|u1", "(2,)", "\x01\x02more")), {{"0", Type::I64}});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.columns.at(0), (std::vector<Cell>{1, 2}));
}

TEST(NpyTableTest, OnlyRegularFilesAreOpened) {
  const Folder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read(folder.path("pipe"), {}).error,
            "cannot read FILE: it is a pipe or a device, and a regular file is needed");
  EXPECT_EQ(read(folder.path("."), {}).error, "cannot read FILE: Is a directory");
  EXPECT_EQ(read(folder.path("none"), {}).error, "cannot read FILE: No such file or directory");
  EXPECT_EQ(read("/dev/zero", {}).fault, Fault::Machine);
}

TEST(NpyTableTest, AFileThatIsCutOffMeanwhileIsAnError) {
  const Folder folder;
  for (const bool fortran : {false, true}) {
    const std::string whole =
        npy("<f8", "(10, 2)", bytes_of(std::vector<double>(20, 1.0)), fortran);
    const std::string path = folder.file("x.npy", whole);
    auto table = open_npy(path);
    ASSERT_TRUE(table);
    ASSERT_TRUE((*table)->want(0, Type::F64, "x"));
    ASSERT_TRUE((*table)->want(1, Type::F64, "y"));
    std::filesystem::resize_file(path, whole.size() - 20);
    std::vector<Cell> cells[2] = {std::vector<Cell>(10), std::vector<Cell>(10)};
    const auto done = (*table)->read(0, 10, std::vector<Cell*>{cells[0].data(), cells[1].data()});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().fault, Fault::Machine);
    EXPECT_EQ(done.error().message,
              "`" + path + (fortran ? "`, column 1 ends in row 7" : "`, column 0 ends in row 8") +
                  " of 10: it was cut off while it was read");
  }
}

}  // namespace
}  // namespace rosetta::par
