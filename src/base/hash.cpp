#include "base/hash.h"

#include <llvm-c/blake3.h>

namespace rosetta {

struct Hasher::State {
  llvm_blake3_hasher hasher;
};

Hasher::Hasher() : state_(std::make_unique<State>()) { llvm_blake3_hasher_init(&state_->hasher); }

Hasher::Hasher(std::string_view context) : state_(std::make_unique<State>()) {
  llvm_blake3_hasher_init_derive_key_raw(&state_->hasher, context.data(), context.size());
}

Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
  llvm_blake3_hasher_update(&state_->hasher, bytes.data(), bytes.size());
}

Hash Hasher::digest() const {
  Hash hash;
  llvm_blake3_hasher_finalize(&state_->hasher, hash.bytes.data(), hash.bytes.size());
  return hash;
}

std::string to_hex(const Hash& hash) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : hash.bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string to_short_hex(const Hash& hash) { return to_hex(hash).substr(0, 8); }

std::optional<Hash> hash_from_hex(std::string_view digits) {
  if (digits.size() != kHashDigits || !is_hash_prefix(digits)) return std::nullopt;
  return hash_range(digits).first;
}

bool is_hash_prefix(std::string_view digits) {
  return digits.size() >= kFewestHashDigits && digits.size() <= kHashDigits &&
         digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

HashRange hash_range(std::string_view digits) {
  HashRange range;
  range.last.bytes.fill(0xff);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[i];
    const int value = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    const int shift = i % 2 == 0 ? 4 : 0;
    for (Hash* const hash : {&range.first, &range.last}) {
      std::uint8_t& byte = hash->bytes[i / 2];
      byte = static_cast<std::uint8_t>((byte & (0xf0 >> shift)) | value << shift);
    }
  }
  return range;
}

Hash blake3(std::string_view bytes) {
  llvm_blake3_hasher hasher;
  llvm_blake3_hasher_init(&hasher);
  llvm_blake3_hasher_update(&hasher, bytes.data(), bytes.size());
  Hash hash;
  llvm_blake3_hasher_finalize(&hasher, hash.bytes.data(), hash.bytes.size());
  return hash;
}

}  // namespace rosetta
