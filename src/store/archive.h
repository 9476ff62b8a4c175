// Export files: a closed set of functions as one sequence of bytes, the same for the same set.
// docs/store.md has the format.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "check/load.h"

namespace rosetta {

// Objects by hash, in the order of their hashes.
class Archive final : public Objects {
 public:
  Result<std::optional<std::string>> find(const Hash& hash) override;
  void put(const Hash& hash, std::string bytes) { objects_.emplace(hash, std::move(bytes)); }
  [[nodiscard]] const std::map<Hash, std::string>& objects() const { return objects_; }

 private:
  std::map<Hash, std::string> objects_;
};

// What `roots` name and all that they need; everything verified. Their objects.
Result<Archive> gather(std::span<const Hash> roots, Objects& from);

std::string write_archive(const Archive& archive);

struct Imported {
  Loaded functions;
  // Functions that no function outside their own cycle calls.
  std::vector<Hash> roots;
};

// Reads and verifies the whole of an export file: the form, every object, that nothing is missing
// and nothing is there that no function needs. The error names the object that is wrong. At most
// 2^22 objects.
Result<Imported> read_archive(std::string_view bytes);

}  // namespace rosetta
