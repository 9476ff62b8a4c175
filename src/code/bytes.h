// Octets written and read strictly: every number has one spelling. A sequence of octets is a
// std::string, whose characters they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rosetta {

void put_byte(std::string& to, std::uint8_t byte);
void put_number(std::string& to, std::uint64_t number);  // unsigned LEB128, the shortest
void put_signed(std::string& to, std::int64_t number);   // signed LEB128, the shortest
void put_little(std::string& to, std::uint64_t value, int bytes);

// Reads from front to back. The first failure is kept; from then on every read gives zeros.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte();
  // A failure where it is above `most`, or has a shorter spelling.
  std::uint64_t number(std::uint64_t most);
  // Of `bits` bits, 32 or 64.
  std::int64_t signed_number(int bits);
  std::uint64_t little(int bytes);
  std::string_view take(std::uint64_t size);

  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool failed() const { return !failure_.empty(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  // `what` with the place in the bytes, unless something failed before.
  void fail(std::string_view what);

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::string failure_;
};

}  // namespace rosetta
