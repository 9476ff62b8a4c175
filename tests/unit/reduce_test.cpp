// The reduction's tree against the definition written down as it stands: recursion over aligned
// powers of two, absent leaves left out.
#include "par/reduce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

namespace rosetta::par {
namespace {

using Value = Reduction::Value;
using Leaves = std::vector<Value>;

template <class T>
T value_of(Cell cell) {
  if constexpr (sizeof(T) == 8) return std::bit_cast<T>(cell);
  if constexpr (sizeof(T) == 4) return std::bit_cast<T>(static_cast<std::uint32_t>(cell));
}
template <class T>
Cell cell_of(T value) {
  if constexpr (sizeof(T) == 8) return std::bit_cast<Cell>(value);
  if constexpr (sizeof(T) == 4) return std::bit_cast<std::uint32_t>(value);
}

template <class T>
T apply(Operation operation, T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (operation == Operation::Sum) return a + b;
    if (a == 0 && b == 0) {
      const bool negative = operation == Operation::Min ? std::signbit(a) || std::signbit(b)
                                                        : std::signbit(a) && std::signbit(b);
      return negative ? -T{0} : T{0};
    }
  } else if (operation == Operation::Sum) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(
        static_cast<Unsigned>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b)));
  }
  return operation == Operation::Min ? std::min(a, b) : std::max(a, b);
}

template <class T>
Value tree(Operation operation, const Leaves& leaves, std::uint64_t first, std::uint64_t size) {
  if (first >= leaves.size()) return std::nullopt;
  if (size == 1) return leaves[first];
  const Value left = tree<T>(operation, leaves, first, size / 2);
  const Value right = tree<T>(operation, leaves, first + size / 2, size / 2);
  if (!left || !right) return left ? left : right;
  return cell_of(apply(operation, value_of<T>(*left), value_of<T>(*right)));
}

template <class T>
Cell canonical(Cell cell) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value_of<T>(cell))) return cell_of(std::numeric_limits<T>::quiet_NaN());
  }
  return cell;
}

// The leaves in chunks of random sizes.
Value in_chunks(Operation operation, Type type, const Leaves& leaves, std::mt19937_64& random) {
  Reduction reduction(operation, type);
  for (std::size_t at = 0; at < leaves.size();) {
    const std::size_t count = std::min<std::size_t>(leaves.size() - at, 1 + random() % 100);
    std::vector<Cell> values;
    std::vector<std::uint8_t> statuses;
    for (std::size_t i = at; i < at + count; ++i) {
      values.push_back(leaves[i].value_or(0xdead));
      statuses.push_back(leaves[i] ? 0 : 1);
    }
    const bool all = std::ranges::count(statuses, 0) == static_cast<std::ptrdiff_t>(count);
    reduction.add(count, reduction.nodes(at, values, all ? nullptr : statuses.data()));
    at += count;
  }
  return reduction.total();
}

template <class T>
void compare(Type type, const auto& draw) {
  std::mt19937_64 random(static_cast<std::uint64_t>(type) + 1);
  for (int round = 0; round < 300; ++round) {
    Leaves leaves(random() % 700);
    const std::uint64_t absent = round % 3 == 0 ? 0 : 1 + random() % 4;  // in four
    for (Value& leaf : leaves) {
      if (random() % 4 >= absent) leaf = cell_of(static_cast<T>(draw(random)));
    }
    for (const Operation operation : {Operation::Sum, Operation::Min, Operation::Max}) {
      const Value total = tree<T>(operation, leaves, 0, std::bit_ceil(leaves.size()));
      const Value got = in_chunks(operation, type, leaves, random);
      if (!total) {
        EXPECT_EQ(got, operation == Operation::Sum ? Value(0) : Value());
        continue;
      }
      ASSERT_TRUE(got);
      EXPECT_EQ(*got, canonical<T>(*total)) << "round " << round;
    }
  }
}

TEST(ParReduceTest, EveryChunkingGivesTheTreeOfTheDefinition) {
  const auto integers = [](std::mt19937_64& random) { return random(); };
  const auto floats = [](std::mt19937_64& random) {
    constexpr double kSpecial[] = {0.0, -0.0, 1e300, -1e300, INFINITY, 1e-310, NAN};
    if (random() % 50 == 0) return kSpecial[random() % std::size(kSpecial)];
    return std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 60) - 80);
  };
  compare<std::int64_t>(Type::I64, integers);
  compare<std::int32_t>(Type::I32, integers);
  compare<double>(Type::F64, floats);
  compare<float>(Type::F32, floats);
}

// (1e16 + 1) + 1 loses both ones; 1e16 + (1 + 1) none.
TEST(ParReduceTest, TheTreeIsBalancedAndAbsentLeavesAreNoZeros) {
  const auto cell = [](double value) { return Value(cell_of(value)); };
  std::mt19937_64 random(1);
  const auto sum = [&](const Leaves& leaves) {
    return value_of<double>(*in_chunks(Operation::Sum, Type::F64, leaves, random));
  };
  EXPECT_EQ(sum({cell(1e16), cell(1), cell(1)}), 1e16);
  EXPECT_EQ(sum({cell(1e16), std::nullopt, cell(1), cell(1)}), 1e16 + 2);
  // The sum of one -0.0 is -0.0, which it would not be with a zero beside it.
  EXPECT_TRUE(std::signbit(sum({std::nullopt, cell(-0.0), std::nullopt})));
  EXPECT_FALSE(std::signbit(sum({})));
}

TEST(ParReduceTest, NodesAreTheLargestThatAreAligned) {
  EXPECT_EQ(node_level(0, 1), 0U);
  EXPECT_EQ(node_level(0, 1023), 9U);
  EXPECT_EQ(node_level(0, 1024), 10U);
  EXPECT_EQ(node_level(12, 100), 2U);
  EXPECT_EQ(node_level(12, 3), 1U);
  EXPECT_EQ(node_level(13, 100), 0U);
}

}  // namespace
}  // namespace rosetta::par
