#include "code/bytes.h"

#include <fmt/format.h>

namespace rosetta {

void put_byte(std::string& to, std::uint8_t byte) { to += static_cast<char>(byte); }

void put_number(std::string& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) put_byte(to, static_cast<std::uint8_t>(number | 0x80));
  put_byte(to, static_cast<std::uint8_t>(number));
}

void put_signed(std::string& to, std::int64_t number) {
  for (;;) {
    const auto low = static_cast<std::uint8_t>(number & 0x7f);
    number >>= 7;
    const bool last = number == ((low & 0x40) != 0 ? -1 : 0);
    put_byte(to, last ? low : low | 0x80);
    if (last) return;
  }
}

void put_little(std::string& to, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) put_byte(to, static_cast<std::uint8_t>(value >> (8 * i)));
}

void ByteReader::fail(std::string_view what) {
  if (!failed()) failure_ = fmt::format("{} at byte {}", what, at_);
  at_ = bytes_.size();
}

std::uint8_t ByteReader::byte() {
  if (at_ == bytes_.size()) {
    fail("it ends too early");
    return 0;
  }
  return static_cast<std::uint8_t>(bytes_[at_++]);
}

std::uint64_t ByteReader::number(std::uint64_t most) {
  std::uint64_t value = 0;
  for (int shift = 0; !failed(); shift += 7) {
    const std::uint8_t next = byte();
    const std::uint64_t low = next & 0x7f;
    if (shift == 63 && next > 1) break;
    value |= low << shift;
    if ((next & 0x80) != 0) continue;
    if (next == 0 && shift > 0) {
      fail("a number has a shorter spelling");
    } else if (value > most) {
      fail(fmt::format("{} is too large a number", value));
    }
    return failed() ? 0 : value;
  }
  fail("a number has more than 64 bits");
  return 0;
}

std::int64_t ByteReader::signed_number(int bits) {
  std::uint64_t value = 0;
  std::uint8_t before = 0;
  for (int shift = 0; !failed(); shift += 7) {
    const std::uint8_t next = byte();
    const bool last = (next & 0x80) == 0;
    if (shift == 63 && next != 0 && next != 0x7f) break;
    value |= std::uint64_t{next & 0x7fU} << shift;
    if (!last) {
      before = next;
      continue;
    }
    const bool negative = (next & 0x40) != 0;
    if (negative && shift + 7 < 64) value |= ~std::uint64_t{0} << (shift + 7);
    const bool sign_before = (before & 0x40) != 0;
    const auto number = static_cast<std::int64_t>(value);
    if (shift > 0 && next == (sign_before ? 0x7f : 0)) {
      fail("a number has a shorter spelling");
    } else if (bits == 32 && number != static_cast<std::int32_t>(number)) {
      fail("an i32 has more than 32 bits");
    }
    return failed() ? 0 : number;
  }
  fail("a number has more than 64 bits");
  return 0;
}

std::uint64_t ByteReader::little(int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << (8 * i);
  return failed() ? 0 : value;
}

std::string_view ByteReader::take(std::uint64_t size) {
  if (size > left()) {
    fail("it ends too early");
    return {};
  }
  const std::string_view taken = bytes_.substr(at_, size);
  at_ += size;
  return taken;
}

}  // namespace rosetta
