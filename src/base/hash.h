// A BLAKE3 digest: the identity of a byte sequence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rosetta {

struct Hash {
  std::array<std::uint8_t, 32> bytes{};

  friend auto operator<=>(const Hash&, const Hash&) = default;
};

// 64 lower-case hexadecimal digits, as `b3sum` prints them.
std::string to_hex(const Hash& hash);
// The first 8 of them: enough for a person to tell a few functions apart.
std::string to_short_hex(const Hash& hash);
// Of exactly 64 digits, upper-case ones too.
std::optional<Hash> hash_from_hex(std::string_view digits);

// A hash may be given by its first digits, where they say enough.
inline constexpr std::size_t kHashDigits = 64;
inline constexpr std::size_t kFewestHashDigits = 8;
bool is_hash_prefix(std::string_view digits);
// The least and the greatest hash that begin with these digits.
struct HashRange {
  Hash first;
  Hash last;
};
HashRange hash_range(std::string_view digits);

// The plain BLAKE3 digest of a few bytes.
Hash blake3(std::string_view bytes);

// BLAKE3 over a stream of bytes; `digest` may be asked at any time.
class Hasher {
 public:
  Hasher();  // plain: no key, no context
  // In `derive_key` mode: digests of different contexts never meet, nor plain ones.
  explicit Hasher(std::string_view context);
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void update(std::span<const std::byte> bytes);
  [[nodiscard]] Hash digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rosetta

// A digest's own bytes are as good as any function of them.
template <>
struct std::hash<rosetta::Hash> {
  std::size_t operator()(const rosetta::Hash& hash) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, hash.bytes.data(), sizeof value);
    return value;
  }
};
