// Arguments that are computed, read in pieces of all sizes.
#include "par/made.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/value.h"

namespace rosetta::par {
namespace {

std::string read(Input& input, Type type, std::uint64_t first, std::size_t count) {
  std::vector<Cell> cells(count);
  Cell* const column = cells.data();
  EXPECT_TRUE(input.read(first, count, {&column, 1}));
  std::string text;
  for (const Cell cell : cells) text += to_text(cell, type) + " ";
  return text;
}

TEST(MadeTest, ConstantsAndIndices) {
  EXPECT_EQ(read(*make_constant(7), Type::I64, 5, 3), "7 7 7 ");
  EXPECT_EQ(read(*make_index(Type::I64), Type::I64, 5, 3), "5 6 7 ");
  EXPECT_EQ(read(*make_index(Type::I32), Type::I32, 5, 3), "5 6 7 ");
  EXPECT_EQ(read(*make_index(Type::F64), Type::F64, 5, 3), "5.0 6.0 7.0 ");
  EXPECT_EQ(read(*make_index(Type::F32), Type::F32, (1 << 24) - 2, 2), "16777214.0 16777215.0 ");
  const std::uint64_t last = most_indices(Type::I64) - 1;
  EXPECT_EQ(read(*make_index(Type::I64), Type::I64, last, 1), "9223372036854775807 ");
}

TEST(MadeTest, IntegerRangesBeginAgain) {
  EXPECT_EQ(read(*make_integer_range(Type::I64, 3, 1, 8), Type::I64, 0, 10),
            "3 4 5 6 7 8 9 10 3 4 ");
  EXPECT_EQ(read(*make_integer_range(Type::I64, 3, 1, 8), Type::I64, 15, 3), "10 3 4 ");
  EXPECT_EQ(read(*make_integer_range(Type::I32, 1, -2, 3), Type::I32, 1, 5), "-1 -3 1 -1 -3 ");
  EXPECT_EQ(read(*make_integer_range(Type::I64, -5, 0, 1), Type::I64, 0, 3), "-5 -5 -5 ");
}

TEST(MadeTest, FloatRanges) {
  EXPECT_EQ(read(*make_float_range(Type::F64, 0, 0.1, 4), Type::F64, 1, 5),
            "0.1 0.2 0.30000000000000004 0.0 0.1 ");
  EXPECT_EQ(read(*make_float_range(Type::F32, 0, 0.1, 4), Type::F32, 1, 3), "0.1 0.2 0.3 ");
}

}  // namespace
}  // namespace rosetta::par
