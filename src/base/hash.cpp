#include "base/hash.h"

#include <llvm-c/blake3.h>

namespace rosetta {

struct Hasher::State {
  llvm_blake3_hasher hasher;
};

Hasher::Hasher() : state_(std::make_unique<State>()) { llvm_blake3_hasher_init(&state_->hasher); }

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

}  // namespace rosetta
