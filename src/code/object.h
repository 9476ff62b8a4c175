// Objects: the canonical bytes of functions, as docs/identity.md specifies them, written and read.
// One function has one spelling; decoding rejects every other one.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "code/function.h"

namespace rosetta {

// (Kind 3 is that of export files, store/archive.h.)
enum class ObjectKind : std::uint8_t { Function = 0, Component = 1, Member = 2 };

// Of the format and of the language's meaning.
inline constexpr std::uint8_t kLanguageVersion = 1;

// What a call site calls: a function by its hash, or a member of the same component by its place.
struct Reference {
  bool inner = false;
  std::uint32_t place = 0;
  Hash hash{};
};

// A function as an object has it. `parts.callees` are the call sites in their order: 0, 1, ….
struct Node {
  FunctionParts parts;
  std::vector<Reference> callees;
};

struct Object {
  ObjectKind kind = ObjectKind::Function;
  std::vector<Node> nodes;  // one of a function, all of a component, none of a member
  Hash component{};         // of a member: what it is a member of,
  std::uint32_t place = 0;  // and where there
};

// The body ℓ: typed code, callees blank.
void put_body(std::string& to, const Function& function);

// The kind that an object's tag names; nothing where it names none. The bytes may still be wrong.
std::optional<ObjectKind> kind_of(std::string_view bytes);

void put_tag(std::string& to, ObjectKind kind);
void put_reference(std::string& to, const Reference& reference);
std::string member_object(const Hash& component, std::uint32_t place);

// What is structurally right and spelt canonically; the checker and identity look at the rest. The
// error says what is wrong and at which byte. Memory linear in the bytes.
std::expected<Object, std::string> decode_object(std::string_view bytes);

}  // namespace rosetta
