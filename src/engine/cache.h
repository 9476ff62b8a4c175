// Compiled code on disk, of whatever engine: a folder with a file for each piece, named by its key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"

namespace rosetta {

// Several processes may use one folder at once: a file is there whole or not at all. What is found
// is this user's own and has the digest that was written with it, or it is not taken.
class Cache {
 public:
  static constexpr std::uint64_t kMostBytes = 256ULL * 1024 * 1024;

  explicit Cache(std::string folder, std::uint64_t most_bytes = kMostBytes)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}

  struct Found {
    std::optional<std::string> bytes;
    std::string why;  // there is none
  };
  [[nodiscard]] Found find(const Hash& key) const;

  // Makes the folder where there is none, and room where the files have become too many: what was
  // not used for longest goes first. The error says why the bytes could not be kept.
  [[nodiscard]] Result<void> keep(const Hash& key, std::string_view bytes) const;

  // Where the bytes are, or would be.
  [[nodiscard]] std::string path(const Hash& key) const;

 private:
  void make_room(std::uint64_t bytes) const;

  std::string folder_;
  std::uint64_t most_bytes_;
};

}  // namespace rosetta
