#include "base/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace rosetta {
namespace {

std::string hex(std::string_view text) {
  Hasher hasher;
  hasher.update(std::as_bytes(std::span(text)));
  return to_hex(hasher.digest());
}

// The official test vectors' input: bytes 0 to 250, over and over.
std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

TEST(HashTest, GivesBlake3) {
  const struct {
    std::string input;
    std::string_view hash;
  } cases[] = {
      {"", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
      {"abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"},
      {pattern(1), "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
      {pattern(1024), "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
      {pattern(1025), "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(hex(each.input), each.hash) << each.input.size() << " bytes";
  }
}

TEST(HashTest, DigestMayBeAskedOnTheWay) {
  Hasher hasher;
  EXPECT_EQ(to_hex(hasher.digest()), hex(""));
  hasher.update(std::as_bytes(std::span(std::string_view("ab"))));
  EXPECT_EQ(to_hex(hasher.digest()), hex("ab"));
  hasher.update(std::as_bytes(std::span(std::string_view("c"))));
  EXPECT_EQ(to_hex(hasher.digest()), hex("abc"));
}

TEST(HashTest, HexKeepsLeadingZeros) {
  Hash hash;
  hash.bytes[0] = 0x0a;
  hash.bytes[31] = 0xf0;
  EXPECT_EQ(to_hex(hash), "0a" + std::string(60, '0') + "f0");
}

RC_GTEST_PROP(HashTest, PiecesGiveTheHashOfTheWhole, ()) {
  const auto pieces = *rc::gen::arbitrary<std::vector<std::string>>();
  const auto stretch = *rc::gen::inRange<std::size_t>(1, 2000);
  Hasher hasher;
  std::string whole;
  for (const std::string& piece : pieces) {
    std::string bytes;
    for (std::size_t i = 0; i < stretch; ++i) bytes += piece;
    hasher.update(std::as_bytes(std::span(bytes)));
    whole += bytes;
  }
  RC_ASSERT(to_hex(hasher.digest()) == hex(whole));
}

}  // namespace
}  // namespace rosetta
