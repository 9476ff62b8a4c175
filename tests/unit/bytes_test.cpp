#include "code/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "unit/objects.h"

namespace rosetta {
namespace {

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();

template <class Number>
std::string written(Number number) {
  std::string bytes;
  if constexpr (std::is_signed_v<Number>) {
    put_signed(bytes, number);
  } else {
    put_number(bytes, number);
  }
  return bytes;
}

// With one more byte that changes nothing about the value.
std::string longer(std::string bytes, char last) {
  bytes.back() = static_cast<char>(bytes.back() | '\x80');
  return bytes + last;
}

TEST(BytesTest, NumbersHaveTheirShortestSpelling) {
  const struct {
    std::uint64_t number;
    std::string_view hex;
  } cases[] = {
      {0, "00"},
      {1, "01"},
      {0x7f, "7f"},
      {0x80, "8001"},
      {0x3fff, "ff7f"},
      {0x4000, "808001"},
      {0xffff'ffff, "ffffffff0f"},
      {0x1'0000'0000, "8080808010"},
      {kAny >> 1, "ffffffffffffffff7f"},
      {(kAny >> 1) + 1, "80808080808080808001"},
      {kAny, "ffffffffffffffffff01"},
  };
  for (const auto& [number, hex] : cases) EXPECT_EQ(written(number), bytes_of(hex)) << number;
}

TEST(BytesTest, SignedNumbersHaveTheirShortestSpelling) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  const struct {
    std::int64_t number;
    std::string_view hex;
  } cases[] = {
      {0, "00"},
      {-1, "7f"},
      {63, "3f"},
      {64, "c000"},
      {-64, "40"},
      {-65, "bf7f"},
      {8191, "ff3f"},
      {8192, "80c000"},
      {-8192, "8040"},
      {-8193, "ffbf7f"},
      {0x7fff'ffff, "ffffffff07"},
      {-0x8000'0000LL, "8080808078"},
      {0x8000'0000LL, "8080808008"},
      {kLeast + 1, "8180808080808080807f"},
      {kLeast, "8080808080808080807f"},
      {-(kLeast + 1), "ffffffffffffffffff00"},
      {-(kLeast / 2), "8080808080808080c000"},
      {kLeast / 2, "808080808080808040"},
      {kLeast / 2 - 1, "ffffffffffffffffbf7f"},
  };
  for (const auto& [number, hex] : cases) EXPECT_EQ(written(number), bytes_of(hex)) << number;
}

// What a reader makes of bytes: the number, where all was read and nothing failed.
std::optional<std::uint64_t> read_number(std::string_view bytes, std::uint64_t most = kAny) {
  ByteReader reader(bytes);
  const std::uint64_t number = reader.number(most);
  if (reader.failed() || reader.left() > 0) return std::nullopt;
  return number;
}

std::optional<std::int64_t> read_signed(std::string_view bytes, int bits = 64) {
  ByteReader reader(bytes);
  const std::int64_t number = reader.signed_number(bits);
  if (reader.failed() || reader.left() > 0) return std::nullopt;
  return number;
}

// Its own spelling is read, no longer one is, nor a part of it.
void expect_one_spelling(std::uint64_t number) {
  std::string bytes = written(number);
  EXPECT_EQ(read_number(bytes), number);
  EXPECT_EQ(read_number(bytes, number), number);
  if (number > 0) EXPECT_EQ(read_number(bytes, number - 1), std::nullopt);
  EXPECT_EQ(read_number(bytes.substr(0, bytes.size() - 1)), std::nullopt);
  while (bytes.size() < 13) {
    bytes = longer(bytes, '\0');
    EXPECT_EQ(read_number(bytes), std::nullopt) << number << " in " << bytes.size() << " bytes";
  }
}

void expect_one_spelling(std::int64_t number) {
  std::string bytes = written(number);
  EXPECT_EQ(read_signed(bytes), number);
  const bool fits = number == static_cast<std::int32_t>(number);
  EXPECT_EQ(read_signed(bytes, 32), fits ? std::optional(number) : std::nullopt) << number;
  EXPECT_EQ(read_signed(bytes.substr(0, bytes.size() - 1)), std::nullopt);
  while (bytes.size() < 13) {
    bytes = longer(bytes, number < 0 ? '\x7f' : '\0');
    EXPECT_EQ(read_signed(bytes), std::nullopt) << number << " in " << bytes.size() << " bytes";
    EXPECT_EQ(read_signed(bytes, 32), std::nullopt) << number;
  }
}

TEST(BytesTest, NumbersHaveOneSpelling) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t near : {kAny - 1, kAny, std::uint64_t{0}, std::uint64_t{1}}) {
      const std::uint64_t number = (std::uint64_t{1} << shift) + near;
      expect_one_spelling(number);
      expect_one_spelling(static_cast<std::int64_t>(number));
      expect_one_spelling(static_cast<std::int64_t>(~number));
    }
  }
}

RC_GTEST_PROP(BytesTest, EveryNumberHasOneSpelling, (std::uint64_t number)) {
  const auto shift = *rc::gen::inRange(0, 64);
  expect_one_spelling(number >> shift);
  expect_one_spelling(static_cast<std::int64_t>(number) >> shift);
}

// Whatever is read would be written so.
void expect_written_so(std::string_view bytes) {
  ByteReader number(bytes);
  const std::uint64_t value = number.number(kAny);
  if (!number.failed()) ASSERT_EQ(written(value), bytes.substr(0, number.at()));
  for (const int bits : {32, 64}) {
    ByteReader reader(bytes);
    const std::int64_t signed_value = reader.signed_number(bits);
    if (!reader.failed()) ASSERT_EQ(written(signed_value), bytes.substr(0, reader.at()));
  }
}

TEST(BytesTest, AllShortSequencesAreReadStrictly) {
  for (unsigned i = 0; i < 0x10000; ++i) {
    const char bytes[] = {static_cast<char>(i), static_cast<char>(i >> 8)};
    expect_written_so({bytes, 1});
    expect_written_so({bytes, 2});
    if (HasFatalFailure()) return;
  }
}

RC_GTEST_PROP(BytesTest, LongSequencesAreReadStrictly, ()) {
  // Up to the last two bytes a number goes on; there it is decided whether it is too long.
  const auto size = *rc::gen::inRange<std::size_t>(0, 11);
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes += static_cast<char>(*rc::gen::element(0x80, 0xff, 0xc0, 0xbf));
  }
  for (int i = 0; i < 2; ++i) bytes += *rc::gen::arbitrary<char>();
  expect_written_so(bytes);
}

TEST(BytesTest, FailuresSayWhatAndWhere) {
  const struct {
    std::string_view hex;
    bool is_signed;
    std::string_view message;
  } cases[] = {
      {"", false, "it ends too early at byte 0"},
      {"8080", false, "it ends too early at byte 2"},
      {"8000", false, "a number has a shorter spelling at byte 2"},
      {"e807", false, "1000 is too large a number at byte 2"},
      {"ffffffffffffffffff02", false, "a number has more than 64 bits at byte 10"},
      {"8080808080808080808001", false, "a number has more than 64 bits at byte 10"},
      {"", true, "it ends too early at byte 0"},
      {"ff7f", true, "a number has a shorter spelling at byte 2"},
      {"8000", true, "a number has a shorter spelling at byte 2"},
      {"8080808008", true, "an i32 has more than 32 bits at byte 5"},
      {"ffffffff77", true, "an i32 has more than 32 bits at byte 5"},
      {"8080808080808080807e", true, "a number has more than 64 bits at byte 10"},
      {"ffffffffffffffffff01", true, "a number has more than 64 bits at byte 10"},
      {"8080808080808080808000", true, "a number has more than 64 bits at byte 10"},
  };
  for (const auto& each : cases) {
    const std::string bytes = bytes_of(each.hex);
    ByteReader reader(bytes);
    if (each.is_signed) {
      EXPECT_EQ(reader.signed_number(32), 0);
    } else {
      EXPECT_EQ(reader.number(999), 0U);
    }
    EXPECT_EQ(reader.failure(), each.message) << each.hex;
  }
}

TEST(BytesTest, BehindAFailureThereIsNothing) {
  const std::string bytes = bytes_of("0102030405060708090a0b0c");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.byte(), 1);
  EXPECT_EQ(reader.little(2), 0x0302U);
  EXPECT_EQ(reader.take(2), bytes.substr(3, 2));
  EXPECT_EQ(reader.at(), 5U);
  EXPECT_EQ(reader.left(), 7U);
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(reader.little(8), 0U);
  EXPECT_EQ(reader.failure(), "it ends too early at byte 12");
  EXPECT_EQ(reader.byte(), 0);
  EXPECT_EQ(reader.number(kAny), 0U);
  EXPECT_EQ(reader.signed_number(64), 0);
  EXPECT_EQ(reader.take(1), "");
  EXPECT_EQ(reader.left(), 0U);
  reader.fail("something else");
  EXPECT_EQ(reader.failure(), "it ends too early at byte 12");
}

TEST(BytesTest, LittleIsTheLowestByteFirst) {
  std::string bytes;
  put_byte(bytes, 0xab);
  put_little(bytes, 0x0102'0304, 4);
  put_little(bytes, 0x8877'6655'4433'2211, 8);
  EXPECT_EQ(bytes, bytes_of("ab04030201 1122334455667788"));
  ByteReader reader(bytes);
  EXPECT_EQ(reader.byte(), 0xab);
  EXPECT_EQ(reader.little(4), 0x0102'0304U);
  EXPECT_EQ(reader.little(8), 0x8877'6655'4433'2211U);
  EXPECT_EQ(reader.left(), 0U);
}

}  // namespace
}  // namespace rosetta
