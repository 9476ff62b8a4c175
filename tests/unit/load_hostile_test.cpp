// Objects that are spelt right, under their right hash, and yet no code: the checker finds them
// out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "check/load.h"
#include "code/identity.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "fuzz/values.h"
#include "unit/objects.h"

namespace rosetta {
namespace {

TEST(LoadTest, WrongCodeIsDamage) {
  const struct {
    std::string_view hex;      // a function object
    std::string_view message;  // a part of it
  } cases[] = {
      {"52564d0001 017e 017c 00 02 2000 0f 00", "`ret` needs f64 as the result, but has i64"},
      {"52564d0001 017e 017e 00 02 2000 7c 00", "`i64.add` needs 2 values"},
      {"52564d0001 017e 017e 00 03 2000 91 0f 00", "`f32.sqrt` needs f32, but has i64"},
      {"52564d0001 017e 017e 00 01 0f 00", "`ret` needs 1 value"},
      {"52564d0001 017e 017e 00 00 00", "no code"},
      {"52564d0001 017e 017e 00 01 2000 00", "run off the end"},
      {"52564d0001 00 00 00 01 0c01 00", "the jump leaves the body"},
      {"52564d0001 00 00 00 01 0cffffffff0f 00", "the jump leaves the body"},
      {"52564d0001 017e 00 00 02 2000 0e020003 00", "the jump leaves the body"},
      {"52564d0001 017e 00 00 03 00 2000 0e01ffffffff0f 00", "the jump leaves the body"},
      {"52564d0001 00 00 00 02 00 0d02 00", "the jump leaves the body"},  // in dead code too
      {"52564d0001 00 00 017c 03 4200 2100 0f 00", "`store` needs f64"},
      {"52564d0001 00 00 00 02 4200 0c00 00", "stacks of different heights"},
  };
  for (const auto& each : cases) {
    MemoryLibrary library;
    const Hash hash = library.add(bytes_of(each.hex));
    const Result<Loaded> loaded = load(std::span(&hash, 1), library);
    ASSERT_FALSE(loaded) << each.hex;
    EXPECT_EQ(loaded.error().fault, Fault::Machine);
    EXPECT_TRUE(loaded.error().message.starts_with("the object #" + to_hex(hash) + " is damaged: "))
        << loaded.error().message;
    EXPECT_NE(loaded.error().message.find(each.message), std::string::npos)
        << each.hex << ": " << loaded.error().message;
  }
}

// The caller that does not fit what it calls is the one that is wrong.
TEST(LoadTest, ACallMustFitItsCallee) {
  MemoryLibrary library;
  const Hash callee = library.add(functions_of("fn f(a: f64) { load a ret }"))[0];
  for (const std::string_view caller : {
           "52564d0001 017e 017c 00 03 2000 10 0f 01 00",  // an i64 as argument
           "52564d0001 017c 017e 00 03 2000 10 0f 01 00",  // an f64 as result
           "52564d0001 017c 017e 00 02 2000 12 01 00",     // at a tailcall
           "52564d0001 00 017c 00 02 10 0f 01 00",         // no argument
       }) {
    const Hash hash = library.add(bytes_of(caller) + bytes_of(to_hex(callee)));
    const Result<Loaded> loaded = load(std::span(&hash, 1), library);
    ASSERT_FALSE(loaded) << caller;
    EXPECT_TRUE(loaded.error().message.starts_with("the object #" + to_hex(hash) + " is damaged: "))
        << loaded.error().message;
  }
}

// What text cannot say, objects can: any bytes in a text, lists at their limits.
TEST(LoadTest, WhatIsAtTheLimitsIsLoaded) {
  Node node;
  node.parts.texts = {std::string(256, '\0'), ""};
  for (int i = 0; i < 256; ++i) {
    node.parts.texts[0][static_cast<std::size_t>(i)] = static_cast<char>(i);
  }
  node.parts.params.assign(65'535, Type::F32);
  node.parts.code = {{Opcode::PrintText, 0}, {Opcode::PrintText, 1}, {Opcode::Trap}};
  MemoryLibrary library;
  const Hash hash = library.add(encode({.nodes = {node}}));
  const Result<Loaded> loaded = load(std::span(&hash, 1), library);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->functions[0].parts(), node.parts);
  node.parts.locals = {Type::I64};
  node.parts.code = {{Opcode::Load, 65'535}, {Opcode::Trap}};
  node.parts.texts.clear();
  const Hash above = library.add(encode({.nodes = {node}}));
  EXPECT_FALSE(load(std::span(&above, 1), library));
}

// Changes one thing about an object, which stays spelt right for the most part.
void mutate(Object& object, fuzz::Random& random) {
  if (object.nodes.empty()) return;
  Node& node = object.nodes[random.below(object.nodes.size())];
  FunctionParts& parts = node.parts;
  const auto other = [&](std::size_t most) {
    return static_cast<std::uint32_t>(random.chance(95) ? random.below(most + 2) : random.next());
  };
  const auto type = [&] { return static_cast<Type>(random.below(4)); };
  if (!parts.code.empty() && random.chance(70)) {
    const std::size_t at = random.below(parts.code.size());
    Instruction& instruction = parts.code[at];
    switch (info(instruction.opcode).operand) {
      case OperandKind::Local:
        instruction.operand = other(parts.params.size() + parts.locals.size());
        break;
      case OperandKind::Target: instruction.operand = other(parts.code.size()); break;
      case OperandKind::Literal: instruction.constant = random.next() >> random.below(64); break;
      case OperandKind::Table: {
        std::vector<std::uint32_t>& table = parts.tables[instruction.operand];
        table[random.below(table.size())] = other(parts.code.size());
        break;
      }
      case OperandKind::None: {
        // Another one without an operand: the row's neighbours are its kin.
        const auto near = static_cast<std::uint8_t>(instruction.opcode) + random.below(7) - 3;
        const OpcodeInfo* const row = find_opcode(static_cast<std::uint8_t>(near));
        if (row != nullptr && row->operand == OperandKind::None) instruction.opcode = row->opcode;
        break;
      }
      case OperandKind::Callee:
        instruction.opcode = instruction.opcode == Opcode::Call ? Opcode::TailCall : Opcode::Call;
        break;
      case OperandKind::Text: parts.texts[instruction.operand] += '\xff'; break;
    }
    return;
  }
  switch (random.below(5)) {
    case 0:
      if (!parts.params.empty()) parts.params[random.below(parts.params.size())] = type();
      break;
    case 1:
      if (!parts.locals.empty()) parts.locals[random.below(parts.locals.size())] = type();
      break;
    case 2: parts.results.push_back(type()); break;
    case 3:
      if (!parts.code.empty()) {
        const std::size_t at = random.below(parts.code.size());
        const OperandKind kind = info(parts.code[at].opcode).operand;
        if (kind == OperandKind::Callee || kind == OperandKind::Table) break;
        parts.code.erase(parts.code.begin() + static_cast<std::ptrdiff_t>(at));
      }
      break;
    default:
      if (node.callees.size() > 1) {
        std::swap(node.callees[random.below(node.callees.size())], node.callees.front());
      } else if (!node.callees.empty() && node.callees[0].inner) {
        node.callees[0].place = other(object.nodes.size());
      }
      break;
  }
}

#if __has_feature(address_sanitizer)
constexpr unsigned long long kObjects = 2'000;
#else
constexpr unsigned long long kObjects = 20'000;
#endif

// An object made by someone else is refused or is right; it is never trusted, and never a crash.
TEST(LoadTest, MutatedObjectsAreRefusedOrRight) {
  MemoryLibrary originals;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    originals.add(functions_of(fuzz::random_program(seed, {.functions = 4, .statements = 4})));
  }
  std::vector<Object> objects;
  for (const auto& [hash, bytes] : originals.objects) {
    Object object = *decode_object(bytes);
    if (object.kind != ObjectKind::Member) objects.push_back(std::move(object));
  }
  unsigned long long right = 0;
  unsigned long long wrong = 0;
  fuzz::for_all_seeds(kObjects, [&](std::uint64_t seed) -> std::string {
    fuzz::Random random(seed);
    Object object = random.pick(objects);
    for (std::size_t edits = random.between(1, 2); edits > 0; --edits) mutate(object, random);
    MemoryLibrary library = originals;
    std::vector<Hash> roots;
    if (object.kind == ObjectKind::Component) {
      roots = add_component(library, object);
    } else {
      roots.push_back(library.add(encode(object)));
    }
    const Result<Loaded> loaded = load(roots, library);
    ++(loaded ? right : wrong);
    if (loaded) {
      const bool canonical = decode_object(encode(object)).has_value() &&
                             identify(loaded->functions) == loaded->hashes;
      return canonical ? "" : fmt::format("seed {}: what was loaded is not canonical", seed);
    }
    if (loaded.error().message.starts_with("the object #")) return "";
    return fmt::format("seed {}: {}", seed, loaded.error().message);
  });
  if (right + wrong < kObjects) return;  // too few to say
  EXPECT_GT(right, (right + wrong) / 20);
  EXPECT_GT(wrong, (right + wrong) / 20);
}

}  // namespace
}  // namespace rosetta
