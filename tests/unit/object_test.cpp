// Objects have one spelling: what is decoded encodes to the same bytes, and every other spelling is
// refused.
#include "code/object.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "check/load.h"
#include "code/identity.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "fuzz/values.h"
#include "unit/objects.h"

namespace rosetta {
namespace {

// Both are a function with a parameter and a result; 00 00 are no locals, or no call sites.
constexpr std::string_view kIdentity = "52564d0001 017e 017e 00 02 2000 0f 00";
constexpr std::string_view kLoop = "52564d0101 01 017e 017e 00 03 2000 10 0f 01 0100";

TEST(ObjectTest, BytesAreAsSpecified) {
  const struct {
    std::string_view text;
    std::vector<std::string_view> hex;  // of its objects, as they are given
  } cases[] = {
      {"fn f(n) { load n ret }", {"52564d0001 017e 017e 00 02 2000 0f 00"}},
      {"fn f() -> () { trap }", {"52564d0001 00 00 00 01 00 00"}},
      {"fn f(a: i32, b: f32, c: f64) -> (f32, i32) { local x load b load a ret push 1 store x }",
       {"52564d0001 037f7d7c 027d7f 017e 05 2001 2000 0f 4201 2103 00"}},
      {"fn f() -> (i32, i64, f32, f64) {\n"
       "push -1 push -65 push 1 to_f32 pop push -0.0 push nan:0x8000000000001 ret }",
       {"52564d0001 00 047f7e7d7c 00 08 417f 42bf7f 4201 b4 1a 4300000080 44010000000000f87f 0f "
        "00"}},
      {"fn f(n) -> () { load n jumptable a b\na: print \"ab\" b: ret }",
       {"52564d0001 017e 00 00 04 2000 0e020203 e0026162 0f 00"}},
      {"fn f(n) { load n to_i64 jumpifnot x load n tailcall f x: load n ret }",
       {"52564d0101 01 017e 017e 00 07 2000 01 0705 2000 12 2000 0f 01 0100", "52564d0201 {0} 00"}},
      {"fn f(n) { load n call g load n call f add ret } fn g(n) { load n ret }",
       {"52564d0001 017e 017e 00 02 2000 0f 00",
        "52564d0101 01 017e 017e 00 06 2000 10 2000 10 7c 0f 02 00{0} 0100", "52564d0201 {1} 00"}},
  };
  for (const auto& each : cases) {
    std::vector<std::string> objects;
    std::vector<Hash> hashes;
    identify(functions_of(each.text), [&](const Hash& hash, std::string_view bytes) {
      hashes.push_back(hash);
      objects.emplace_back(bytes);
    });
    ASSERT_EQ(objects.size(), each.hex.size()) << each.text;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      std::string hex(each.hex[i]);
      for (std::size_t k = 0; k < i; ++k) {
        const std::string place = "{" + std::to_string(k) + "}";
        const std::size_t at = hex.find(place);
        if (at != std::string::npos) hex.replace(at, place.size(), to_hex(hashes[k]));
      }
      EXPECT_EQ(objects[i], bytes_of(hex)) << each.text << ": object " << i;
    }
  }
}

// Programs of all sorts, by name.
std::vector<std::pair<std::string, std::string>> programs() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const char* const folder : {ROSETTAVM_CASES, ROSETTAVM_EXAMPLES}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".rvm") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      all.emplace_back(entry.path().string(),
                       std::string(std::istreambuf_iterator<char>(file), {}));
    }
  }
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    all.emplace_back("seed " + std::to_string(seed), fuzz::random_program(seed));
  }
  return all;
}

// Whether all that an object needs is there.
bool complete(const Object& object, const std::set<Hash>& there) {
  if (object.kind == ObjectKind::Member) return there.contains(object.component);
  for (const Node& node : object.nodes) {
    for (const Reference& callee : node.callees) {
      if (!callee.inner && !there.contains(callee.hash)) return false;
    }
  }
  return true;
}

TEST(ObjectTest, DecodedObjectsEncodeToTheSameBytes) {
  std::size_t kinds[3] = {};
  for (const auto& [name, text] : programs()) {
    std::set<Hash> kept;
    const auto keep = [&](const Hash& hash, std::string_view bytes) {
      EXPECT_EQ(hash, blake3(bytes)) << name;
      const auto object = decode_object(bytes);
      ASSERT_TRUE(object) << name << ": " << object.error();
      ++kinds[static_cast<int>(object->kind)];
      EXPECT_EQ(encode(*object), bytes) << name;
      EXPECT_TRUE(complete(*object, kept)) << name << ": an object comes before what it needs";
      EXPECT_TRUE(kept.insert(hash).second) << name << ": an object is given twice";
      if (bytes.size() > 600) return;
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_object(bytes.substr(0, size))) << name << ": its first " << size;
      }
    };
    for (const Hash& hash : identify(functions_of(text), keep)) EXPECT_TRUE(kept.contains(hash));
  }
  for (const std::size_t count : kinds) EXPECT_GT(count, 20U);
}

TEST(ObjectTest, EverythingElseIsRefused) {
  const struct {
    std::string_view hex;
    std::string_view message;  // a part of it
  } cases[] = {
      {"", "it ends too early at byte 0"},
      {"5256", "it ends too early"},
      {"52564e0001 017e 017e 00 02 2000 0f 00", "it does not begin with `RVM`"},
      {"72766d0001 017e 017e 00 02 2000 0f 00", "it does not begin with `RVM`"},
      {"52564d0301 017e 017e 00 02 2000 0f 00", "3 is no kind of object"},
      {"52564dff01 017e 017e 00 02 2000 0f 00", "255 is no kind of object"},
      {"52564d0000 017e 017e 00 02 2000 0f 00", "it has version 0 of the format"},
      {"52564d0002 017e 017e 00 02 2000 0f 00", "it has version 2 of the format"},
      {"52564d0101 01 017e 017e 00 03 2000 10 0f 01", "it ends too early"},
      // Something behind the end.
      {"52564d0001 017e 017e 00 02 2000 0f 00 00", "it goes on behind its end"},
      {"52564d0101 01 017e 017e 00 03 2000 10 0f 01 0100 00", "it goes on behind its end"},
      {"52564d0201 0000000000000000000000000000000000000000000000000000000000000000 00 00",
       "it goes on behind its end"},
      // Types.
      {"52564d0001 017b 017e 00 02 2000 0f 00", "0x7b is no type of a parameter"},
      {"52564d0001 017e 0140 00 02 2000 0f 00", "0x40 is no type of a result"},
      {"52564d0001 017e 017e 0180 03 2001 2000 0f 00", "0x80 is no type of a local"},
      {"52564d0001 808004", "65536 is too large a number"},
      {"52564d0001 027e", "it ends too early"},
      // Locals: numbered by first use, all used.
      {"52564d0001 017e 017e 027e7f 04 2002 1a 2001 0f 00", "a local is numbered out of order"},
      {"52564d0001 017e 017e 017e 02 2000 0f 00", "a local is not used"},
      {"52564d0001 017e 017e 027e7e 02 2001 0f 00", "a local is not used"},
      {"52564d0001 017e 017e 00 02 2001 0f 00", "there is no such local"},
      {"52564d0001 017e 017e 017e 04 2001 1a 2002 0f 00", "there is no such local"},
      {"52564d0001 017e 017e 00 02 20ffff04 0f 00", "is too large a number"},
      {"52564d0001 017e 017e 00 02 208000 0f 00", "a number has a shorter spelling"},
      // Instructions.
      {"52564d0001 017e 017e 00 02 0200 0f 00", "0x02 is no opcode"},
      {"52564d0001 017e 017e 00 02 ff00 0f 00", "0xff is no opcode"},
      {"52564d0001 017e 017e 00 8200 2000 0f 00", "a number has a shorter spelling"},
      {"52564d0001 017e 017e 00 03 2000 0f 00", "it ends too early"},
      {"52564d0001 017e 017e 00 01 2000 0f 00", "the call sites are 0 and the callees 15"},
      {"52564d0001 017e 017e 00 02 0e00 0f 00", "a jumptable has no target"},
      {"52564d0001 017e 017e 00 02 0e0280 0f 00", "it ends too early"},
      {"52564d0001 017e 017e 00 02 0c8000 0f 00", "a number has a shorter spelling"},
      {"52564d0001 017e 017e 00 02 0c8080808010 0f 00", "4294967296 is too large a number"},
      {"52564d0001 00 00 00 02 e0056162 0f 00", "it ends too early"},
      {"52564d0001 00 00 00 02 e0ffffffff0f6162 0f 00", "it ends too early"},
      {"52564d0001 00 017f 00 02 418080808008 0f 00", "an i32 has more than 32 bits"},
      {"52564d0001 00 017f 00 02 418000 0f 00", "a number has a shorter spelling"},
      {"52564d0001 00 017e 00 02 42ff7f 0f 00", "a number has a shorter spelling"},
      {"52564d0001 00 017e 00 02 4280808080808080808002 0f 00", "a number has more than 64 bits"},
      {"52564d0001 00 017d 00 02 43000000", "it ends too early"},
      {"52564d0001 00 017c 00 02 44000000000000", "it ends too early"},
      // Callees.
      {"52564d0001 017e 017e 00 03 2000 10 0f 00", "the call sites are 1 and the callees 0"},
      {"52564d0001 017e 017e 00 02 2000 0f 01 00", "the call sites are 0 and the callees 1"},
      {"52564d0101 01 017e 017e 00 03 2000 10 0f 02 0100 0100",
       "the call sites are 1 and the callees 2"},
      {"52564d0001 017e 017e 00 03 2000 10 0f 01 0100", "0x01 is no reference"},
      {"52564d0001 017e 017e 00 03 2000 10 0f 01 02", "0x02 is no reference"},
      {"52564d0101 01 017e 017e 00 03 2000 10 0f 01 0200", "0x02 is no reference"},
      {"52564d0101 01 017e 017e 00 03 2000 10 0f 01 0101", "1 is too large a number"},
      {"52564d0101 01 017e 017e 00 03 2000 10 0f 01 018000", "a number has a shorter spelling"},
      {"52564d0001 017e 017e 00 03 2000 10 0f 01 00 0000", "it ends too early"},
      // Components and members.
      {"52564d0101 00", "a component has no members"},
      {"52564d0101 02 017e 017e 00 03 2000 10 0f 01 0101", "it ends too early"},
      {"52564d0101 ffffffff0f", "it ends too early"},
      {"52564d0101 8080808010", "4294967296 is too large a number"},
      {"52564d0101 8100 017e 017e 00 03 2000 10 0f 01 0100", "a number has a shorter spelling"},
      {"52564d0201 00000000000000000000000000000000000000000000000000000000000000",
       "it ends too early"},
      {"52564d0201 0000000000000000000000000000000000000000000000000000000000000000 8000",
       "a number has a shorter spelling"},
      {"52564d0201 0000000000000000000000000000000000000000000000000000000000000000 8080808010",
       "4294967296 is too large a number"},
  };
  for (const auto& each : cases) {
    const auto object = decode_object(bytes_of(each.hex));
    ASSERT_FALSE(object) << each.hex;
    EXPECT_NE(object.error().find(each.message), std::string::npos)
        << each.hex << ": " << object.error();
  }
}

// Not an object's business: what only the checker or the whole closure shows.
TEST(ObjectTest, WhatIsSpeltRightIsDecoded) {
  for (const std::string_view hex : {
           kIdentity, kLoop,
           std::string_view("52564d0001 017e 017e 00 01 1a 00"),       // runs off its end
           std::string_view("52564d0001 017e 017e 00 00 00"),          // no code
           std::string_view("52564d0001 017e 017e 00 01 0c05 00"),     // jumps out of it
           std::string_view("52564d0001 017c 017e 00 02 2000 0f 00"),  // returns what it should not
           std::string_view("52564d0101 01 017e 017e 00 02 2000 0f 00"),  // no cycle
       }) {
    const auto object = decode_object(bytes_of(hex));
    ASSERT_TRUE(object) << hex << ": " << object.error();
    EXPECT_EQ(encode(*object), bytes_of(hex));
  }
}

// Literals of all types, a jumptable, a text, a local, a call, a component of two members.
constexpr std::string_view kSmall =
    "fn leaf(n: i64, x: f32) -> f64 {\n"
    "local y load n jumptable a b\n"
    "a: print \"ab\" push -1i32 print b: push 3.5 push 1.25f32 load x add to_f64 mul tee y ret }\n"
    "fn even(n) { load n jumpif m push 1 ret m: load n push 300 sub tailcall odd }\n"
    "fn odd(n) { load n jumpif m push 0 ret m: load n push 1 sub tailcall even }\n"
    "fn main(n: i64) { load n call even push 1 push 0 to_f32 call leaf to_i64_sat add ret }\n";

TEST(ObjectTest, NoBitCanBeFlipped) {
  MemoryLibrary library;
  const std::vector<Hash> roots = library.add(functions_of(kSmall));
  ASSERT_EQ(library.objects.size(), 5U);
  ASSERT_TRUE(load(roots, library));
  std::size_t bits = 0;
  std::size_t decoded = 0;
  for (auto& [hash, bytes] : library.objects) {
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit, ++bits) {
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      ASSERT_NE(blake3(bytes), hash);
      const auto object = decode_object(bytes);
      if (object) {
        ++decoded;
        ASSERT_EQ(encode(*object), bytes) << to_hex(hash) << ", bit " << bit;
      }
      const Result<Loaded> loaded = load(roots, library);
      ASSERT_FALSE(loaded) << to_hex(hash) << ", bit " << bit;
      ASSERT_NE(loaded.error().message.find(to_hex(hash)), std::string::npos)
          << loaded.error().message;
      ASSERT_EQ(loaded.error().fault, Fault::Machine);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    }
  }
  EXPECT_GT(bits, 2'000U);
  EXPECT_GT(decoded, bits / 4);  // a hash, a literal: only BLAKE3 can see it
  EXPECT_TRUE(load(roots, library));
}

// Bytes changed, put in, taken out and doubled at random: what still decodes is canonical.
TEST(ObjectTest, WhateverDecodesIsCanonical) {
  std::vector<std::string> objects;
  const auto collect = [&](const Hash&, std::string_view bytes) { objects.emplace_back(bytes); };
  identify(functions_of(kSmall), collect);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    identify(functions_of(fuzz::random_program(seed, {.statements = 3})), collect);
  }
  constexpr unsigned long long kMutations = 20'000;
  unsigned long long count = 0;
  unsigned long long decoded = 0;
  fuzz::for_all_seeds(kMutations, [&](std::uint64_t seed) -> std::string {
    fuzz::Random random(seed);
    std::string bytes = random.pick(objects);
    for (std::size_t edits = random.between(1, 3); edits > 0 && !bytes.empty(); --edits) {
      const std::size_t at = random.below(bytes.size());
      const char byte = static_cast<char>(random.next());
      switch (random.below(5)) {
        case 0: bytes[at] = byte; break;
        case 1: bytes.insert(at, 1, byte); break;
        case 2: bytes.erase(at, random.between(1, 3)); break;
        case 3: bytes[at] = static_cast<char>(bytes[at] + (random.chance(50) ? 1 : -1)); break;
        default: bytes.insert(at, bytes.substr(at, random.between(1, 40))); break;
      }
    }
    const auto object = decode_object(bytes);
    ++count;
    decoded += object ? 1 : 0;
    if (object && encode(*object) != bytes) return fmt::format("seed {} decodes", seed);
    return object || !object.error().empty() ? "" : fmt::format("seed {} has no message", seed);
  });
  if (count >= kMutations) EXPECT_GT(decoded, count / 20);
}

}  // namespace
}  // namespace rosetta
