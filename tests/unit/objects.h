// What tests of objects and of loading share: objects in memory, and an encoder that writes what no
// checker has seen.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "code/function.h"
#include "code/object.h"
#include "text/assemble.h"

namespace rosetta {

class MemoryLibrary : public Library {
 public:
  // Objects by hash; the bytes under a hash may be others than it says.
  std::map<Hash, std::string> objects;

  Result<std::optional<std::string>> find(const Hash& hash) override;
  Result<Hash> resolve(std::string_view digits) override;

  // Keeps bytes under their hash.
  Hash add(std::string bytes);
  // Keeps all objects of functions; their hashes.
  std::vector<Hash> add(std::span<const Function> functions);
};

// The bytes of an object, by the tables of docs/identity.md. Nothing looks at what is in it.
std::string encode(const Object& object);
// A node; `blank`: for the first sort of rank refinement.
std::string encode(const Node& node, bool blank);
// A component object and its member objects, all kept; the hashes of the members.
std::vector<Hash> add_component(MemoryLibrary& library, const Object& component);

// Bytes from hexadecimal digits, between which blanks may stand.
std::string bytes_of(std::string_view hex);

// The functions of a text that is right, or one that only traps.
std::vector<Function> functions_of(std::string_view text);

}  // namespace rosetta
