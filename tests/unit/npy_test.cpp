#include "par/npy.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rosetta::par {
namespace {

std::string header(std::string_view dict, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += {version, '\0'};
  std::size_t length = dict.size();
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i, length >>= 8) {
    bytes += static_cast<char>(length & 0xff);
  }
  return bytes + std::string(dict);
}

std::string dict(std::string_view descr, std::string_view shape) {
  return "{'descr': " + std::string(descr) +
         ", 'fortran_order': False, 'shape': " + std::string(shape) + ", }";
}

using Shape = std::vector<std::uint64_t>;

TEST(NpyTest, ReadsWhatNumpyWrites) {
  const std::string plain = dict("'<f8'", "(3,)");
  const struct {
    std::string dict;
    Shape shape;
    bool fortran_order;
  } cases[] = {
      {plain, {3}, false},
      {plain + "          \n", {3}, false},
      {"{'shape': (3, 4), 'fortran_order': True, 'descr': '<f8'}", {3, 4}, true},
      {"{\"descr\":\"<f8\",\"fortran_order\":False,\"shape\":(3,4,)}\n", {3, 4}, false},
      {" { 'descr' : '<f8' , 'fortran_order' : False , 'shape' : ( 3 , ) } ", {3}, false},
      {dict("'<f8'", "()"), {}, false},
      {dict("'<f8'", "(0,)"), {0}, false},
      {dict("'<f8'", "(3L, 4L)"), {3, 4}, false},
      {dict("'<f8'", "(18446744073709551615,)"), {0xffff'ffff'ffff'ffff}, false},
  };
  for (const auto& each : cases) {
    for (const char version : {'\1', '\2', '\3'}) {
      const auto read = parse_npy_header(header(each.dict, version));
      ASSERT_TRUE(read) << each.dict << ": " << read.error();
      EXPECT_EQ(read->shape, each.shape);
      EXPECT_EQ(read->fortran_order, each.fortran_order);
      EXPECT_FALSE(read->structured);
      ASSERT_EQ(read->fields.size(), 1U);
      EXPECT_EQ(dtype_code(read->fields[0]), "<f8");
    }
  }
}

TEST(NpyTest, KnowsTheTypesOfNumbers) {
  const struct {
    std::string_view code;
    std::string_view name;
  } cases[] = {
      {"|b1", "bool"},   {"|i1", "int8"},    {"|u1", "uint8"},   {"<i2", "int16"},
      {">u2", "uint16"}, {"<i4", "int32"},   {">u4", "uint32"},  {">i8", "int64"},
      {"<u8", "uint64"}, {"<f2", "float16"}, {">f4", "float32"}, {">f8", "float64"},
  };
  for (const auto& [code, name] : cases) {
    const auto read = parse_npy_header(header(dict("'" + std::string(code) + "'", "(1,)")));
    ASSERT_TRUE(read) << code << ": " << read.error();
    EXPECT_EQ(dtype_code(read->fields.at(0)), code);
    EXPECT_EQ(dtype_name(read->fields.at(0)), name);
    EXPECT_EQ(read->element_bytes, read->fields.at(0).bytes);
  }
}

TEST(NpyTest, ReadsTheFieldsOfAStructuredArray) {
  const auto read = parse_npy_header(header(
      dict("[('result', '<i8'), ('', '|V3'), ('status', '|u1'), (\"it's\", '>f4',)]", "(2,)")));
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(read->structured);
  EXPECT_EQ(read->element_bytes, 16U);
  ASSERT_EQ(read->fields.size(), 3U);
  EXPECT_EQ(read->fields[0].name, "result");
  EXPECT_EQ(read->fields[1].offset, 11U);
  EXPECT_EQ(read->fields[2].name, "it's");
  EXPECT_EQ(read->fields[2].offset, 12U);
  EXPECT_EQ(dtype_code(read->fields[2]), ">f4");
}

TEST(NpyTest, RefusesWhatItDoesNotRead) {
  const std::string good = dict("'<f8'", "(3,)");
  const struct {
    std::string bytes;
    std::string_view message;
  } cases[] = {
      {"", "no .npy file"},
      {"\x93NUMPX\1\0v\0{}", "no .npy file"},
      {"PK\3\4xxxxxxxxxx", ".npz"},
      {std::string("\x93NUMPY\1\0v", 9), "cut off"},
      {header(good).substr(0, 40), "cut off"},
      {header(good) + " ", "cut off"},
      {header(good, '\4'), "version 4.0"},
      {header(good, '\0'), "version 0.0"},
      {std::string("\x93NUMPY\1\1\4\0{}  ", 14), "version 1.1"},
      {std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12), "4294967307 bytes"},
      {header(""), "cut off"},
      {header("  "), "`{` is expected where it ends"},
      {header("{ "), "a string is expected"},
      {header("{}"), "has no `descr`"},
      {header("{'descr': '<f8', 'shape': (3,)}"), "has no `fortran_order`"},
      {header("{'descr': '<f8', 'fortran_order': False}"), "has no `shape`"},
      {header("{'descr': '<f8', 'descr': '<f8'}"), "there twice"},
      {header("{'order': 'C'}"), "`order` is unknown"},
      {header("{'descr': '<f8' 'shape': (3,)}"), "`,` or `}`"},
      {header("{'descr' '<f8'}"), "`:` is expected"},
      {header("{'descr': '<f8"), "a string that ends"},
      {header("{'descr': '<f8\\x00'}"), "escape"},
      {header("{'fortran_order': 0}"), "`True` or `False`"},
      {header(good + "1"), "nothing more"},
      {header(dict("'<f8'", "3")), "`(` is expected"},
      {header(dict("'<f8'", "(3)")), "a tuple"},
      {header(dict("'<f8'", "(,)")), "a number"},
      {header(dict("'<f8'", "(-1,)")), "a number is expected where it has `-1,"},
      {header(dict("'<f8'", "(3 4)")), "`,` or `)`"},
      {header(dict("'<f8'", "(3.5,)")), "`,` or `)`"},
      {header(dict("'<f8'", "(18446744073709551616,)")), "64 bits"},
      {header(dict("'<f8'", "(" + std::string(300, '(') + ")")), "a number"},
      {header(dict("8", "(3,)")), "a string is expected"},
      {header(dict("''", "(3,)")), "dtype ''"},
      {header(dict("'<f16'", "(3,)")), "dtype '<f16'"},
      {header(dict("'|f1'", "(3,)")), "dtype '|f1'"},
      {header(dict("'<i3'", "(3,)")), "dtype '<i3'"},
      {header(dict("'<i0'", "(3,)")), "dtype '<i0'"},
      {header(dict("'<i-8'", "(3,)")), "dtype '<i-8'"},
      {header(dict("'<i8 '", "(3,)")), "dtype '<i8 '"},
      {header(dict("'|i8'", "(3,)")), "dtype '|i8'"},
      {header(dict("'=i8'", "(3,)")), "dtype '=i8'"},
      {header(dict("'<c16'", "(3,)")), "dtype '<c16'"},
      {header(dict("'|b2'", "(3,)")), "dtype '|b2'"},
      {header(dict("'<U8'", "(3,)")), "dtype '<U8'"},
      {header(dict("'<M8[ns]'", "(3,)")), "dtype '<M8[ns]'"},
      {header(dict("'|V8'", "(3,)")), "dtype '|V8'"},
      {header(dict("'|O'", "(3,)")), "Python objects"},
      {header(dict("[('a', '<c8')]", "(3,)")), "in its field `a`"},
      {header(dict("[('a', '|V99999999999999999')]", "(3,)")), "dtype '|V"},
      {header(dict("[('a', '<f8', (2,))]", "(3,)")), "`a` is an array"},
      {header(dict("[('a', [('b', '<f8')])]", "(3,)")), "`a` is a structure"},
      {header(dict("[(('title', 'a'), '<f8')]", "(3,)")), "title"},
      {header(dict("[('a', '<f8') ('b', '<f8')]", "(3,)")), "`,` or `]`"},
      {header(dict("[('a', '<f8'", "(3,)")), "is an array"},
      {header(dict("['<f8']", "(3,)")), "`(` is expected"},
  };
  for (const auto& each : cases) {
    const auto read = parse_npy_header(each.bytes);
    ASSERT_FALSE(read) << each.bytes;
    EXPECT_TRUE(read.error().contains(each.message)) << each.bytes << ": " << read.error();
  }
}

TEST(NpyTest, EveryBeginningOfAHeaderIsCutOff) {
  const std::string whole = header(dict("[('a', '<f8'), ('b', '|u1')]", "(12, 34)"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_npy_header(whole.substr(0, size))) << size;
    // The same, with a length that agrees.
    if (size >= 10) EXPECT_FALSE(parse_npy_header(header(whole.substr(10, size - 10)))) << size;
  }
}

TEST(NpyTest, MakesHeadersOfOneLength) {
  const std::vector<NpyColumn> columns = {{"result", "<i8"}, {"status", "|u1"}};
  const std::size_t size = make_npy_header(columns, 0).size();
  EXPECT_EQ(size, 128U);
  for (const std::uint64_t rows : {std::uint64_t{0}, std::uint64_t{9}, std::uint64_t{1'000'000},
                                   std::uint64_t{0xffff'ffff'ffff'ffff}}) {
    const std::string made = make_npy_header(columns, rows);
    EXPECT_EQ(made.size(), size);
    EXPECT_EQ(made.back(), '\n');
    const auto read = parse_npy_header(made);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->shape, Shape{rows});
    EXPECT_EQ(read->element_bytes, 9U);
    for (std::size_t cut = 0; cut <= size; ++cut) {
      EXPECT_TRUE(begins_npy_header(columns, made.substr(0, cut))) << cut;
      std::string other = made.substr(0, cut);
      if (cut == 0) continue;
      other.back() ^= '\x40';
      EXPECT_FALSE(begins_npy_header(columns, other)) << cut;
    }
  }
}

TEST(NpyTest, ManyColumnsNeedAnotherVersion) {
  std::vector<NpyColumn> columns;
  for (int i = 0; i < 5'000; ++i) columns.push_back({"result" + std::to_string(i), "<f8"});
  const std::string made = make_npy_header(columns, 77);
  EXPECT_EQ(made[6], '\2');
  EXPECT_EQ(made.size() % 64, 0U);
  EXPECT_EQ(make_npy_header(columns, 0xffff'ffff'ffff'ffff).size(), made.size());
  const auto read = parse_npy_header(made);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->fields.size(), columns.size());
}

}  // namespace
}  // namespace rosetta::par
