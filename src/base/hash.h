// A BLAKE3 digest: the identity of a byte sequence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace rosetta {

struct Hash {
  std::array<std::uint8_t, 32> bytes{};

  friend auto operator<=>(const Hash&, const Hash&) = default;
};

// 64 lower-case hexadecimal digits, as `b3sum` prints them.
std::string to_hex(const Hash& hash);

// Plain BLAKE3 (no key, no context) over a stream of bytes; `digest` may be asked at any time.
class Hasher {
 public:
  Hasher();
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
