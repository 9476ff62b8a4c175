// Images as bytes, in memory, and under their keys.
#include "engine/native/image.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>

#include "compiled.h"
#include "engine/native/key.h"
#include "unit/machine.h"

namespace rosetta::native {
namespace {

TEST(ImageTest, GoesThroughBytes) {
  const ir::Program program = link_first(
      "fn f(n: f64) -> (f64, i64) { load n push 3.25 mul load n to_i64 call g ret }"
      "fn g(n) { load n jumpifnot e load n push 1 sub call g load n mul ret e: push 1 ret }");
  const Image image = test_image(program, true);
  EXPECT_FALSE(image.text.empty());
  EXPECT_LT(image.start, image.text.size());
  EXPECT_EQ(image.results, 2U);
  const std::string bytes = to_bytes(image);
  const std::optional<Image> back = image_from_bytes(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_bytes(*back), bytes);
  EXPECT_EQ(back->text, image.text);
  EXPECT_EQ(back->data, image.data);
  for (std::size_t i = 0; i < bytes.size(); i += i < 64 ? 1 : 37) {
    EXPECT_FALSE(image_from_bytes(std::string_view(bytes).substr(0, i))) << i;
  }
  EXPECT_FALSE(image_from_bytes(bytes + "x"));
  // A start beyond the text.
  for (const std::size_t byte : {3U, 7U}) {
    std::string beyond = bytes;
    beyond[byte] = static_cast<char>(0x80);
    EXPECT_FALSE(image_from_bytes(beyond));
  }
  // Counts that no memory holds.
  for (std::size_t count = 32; count < 40; ++count) {
    std::string huge = bytes;
    huge[count] = static_cast<char>(0xff);
    EXPECT_FALSE(image_from_bytes(huge));
  }
}

// The same program gives the same code: what is cached is what would be compiled.
TEST(ImageTest, IsTheSameEachTime) {
  const ir::Program program = link_first(
      "fn f(n) { load n push 3 mul call g ret } fn g(n) { load n "
      "jumpifnot e load n push 1 sub call g ret e: load n ret }");
  EXPECT_EQ(to_bytes(test_image(program, false)), to_bytes(test_image(program, false)));
  EXPECT_NE(to_bytes(test_image(program, false)), to_bytes(test_image(program, true)));
}

TEST(MappingTest, KnowsItsCode) {
  Image image;
  image.text.assign(5'000, std::byte{0xc3});
  image.data.assign(10, std::byte{7});
  image.start = 16;
  image.stack_per_depth = 100;
  image.stack_once = 50;
  image.parts = {{16, 32, 4}, {64, 8, 2}, {72, 100, 9}};
  Result<Mapping> made = Mapping::map(image);
  ASSERT_TRUE(made);
  const Mapping mapping = std::move(*made);
  const auto at = [&](std::uint64_t offset) {
    return reinterpret_cast<std::uint64_t>(mapping.begin()) + offset;
  };
  EXPECT_EQ(mapping.start(), mapping.begin() + 16);
  EXPECT_EQ(mapping.begin()[4'999], std::byte{0xc3});
  EXPECT_EQ(mapping.begin()[2 * Image::kPage], std::byte{7});
  EXPECT_TRUE(mapping.has_code_at(at(0)));
  EXPECT_TRUE(mapping.has_code_at(at(4'999)));
  EXPECT_FALSE(mapping.has_code_at(at(5'000)));
  EXPECT_FALSE(mapping.has_code_at(at(0) - 1));
  EXPECT_FALSE(mapping.has_code_at(0));
  const auto function = [&](std::uint64_t offset) {
    const auto found = mapping.function_at(at(offset));
    return found ? static_cast<int>(*found) : -1;
  };
  EXPECT_EQ(function(15), -1);
  EXPECT_EQ(function(16), 4);
  EXPECT_EQ(function(47), 4);
  EXPECT_EQ(function(48), -1);
  EXPECT_EQ(function(64), 2);
  EXPECT_EQ(function(72), 9);
  EXPECT_EQ(function(171), 9);
  EXPECT_EQ(function(172), -1);
  EXPECT_EQ(mapping.function_at(0), std::nullopt);
  EXPECT_EQ(mapping.stack_bytes(0), 50U);
  EXPECT_EQ(mapping.stack_bytes(10), 1'050U);
  EXPECT_EQ(mapping.stack_bytes(std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(LoaderTest, SaysWhatIsMissing) {
  const auto nowhere = load_compiler("/nowhere/rosettavm-llvm.so");
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("/nowhere/rosettavm-llvm.so"), std::string::npos);
  const auto no_library = load_compiler("/proc/self/exe");
  ASSERT_FALSE(no_library);
  EXPECT_EQ(no_library.error().fault, Fault::Machine);
}

TEST(KeyTest, ChangesWithAllThatTheCodeIsMadeFrom) {
  const std::string_view texts[] = {
      "fn f(n) { load n push 1 add ret }",
      "fn f(n) { load n push 2 add ret }",
      "fn f(n) { push 1 load n add ret }",
      "fn f(n) { load n push 1 sub ret }",
      "fn f(n) { nop load n push 1 add ret }",  // places of traps
      "fn f(n) { load n push 1 add halt }",
      "fn f(n, m) { load n push 1 add ret }",
      "fn f(n: i32) { push 1 ret }",
      "fn f(n: f32) { push 1 ret }",
      "fn f(n: f64) { push 1 ret }",
      "fn f(n) -> (i64, i64) { load n push 1 ret }",
      "fn f(n) -> (i64, i32) { load n push 1i32 ret }",
      "fn f(n) -> (i32) { push 1i32 ret }",
      "fn f(n) { local x: i32 load n ret }",
      "fn f(n) { load n jumpif a push 1 ret a: push 2 ret }",
      "fn f(n) { load n jumpifnot a push 1 ret a: push 2 ret }",
      "fn f(n) { a: load n jumpif a push 2 ret }",
      "fn f(n) { load n call g ret } fn g(n) { load n ret }",
      "fn f(n) { load n tailcall g } fn g(n) { load n ret }",
      "fn f(n) { load n call g ret } fn g(n) { load n push 1 add ret }",
      "fn f(n) { load n call g ret } fn g(n) { load n call f ret }",
      "fn f(n) { load n jumptable a b c\n a: push 1 ret b: push 2 ret c: push 3 ret }",
      "fn f(n) { load n jumptable b a c\n a: push 1 ret b: push 2 ret c: push 3 ret }",
      "fn f(n) { load n print push 1 ret }",
      "fn f(n) { print \"a\" push 1 ret }",
      "fn f(n) { load n push 1 load n select ret }",
      "fn f(n) { push 1 load n load n select ret }",
      "fn f(n: f64) -> (f64) { load n sqrt ret }",
      "fn f(n: f64) -> (f64) { load n ceil ret }",
      "fn f(n) { trap }",
  };
  std::set<std::string> keys;
  for (const std::string_view text : texts) {
    const ir::Program program = link_first(text);
    EXPECT_EQ(code_key(program, {}), code_key(link_first(text), {})) << text;
    EXPECT_TRUE(keys.insert(to_hex(code_key(program, {}))).second) << text;
    EXPECT_TRUE(keys.insert(to_hex(code_key(program, {.fuel = true}))).second) << text;
  }
}

// Each field of register code by itself.
TEST(KeyTest, ChangesWithEachField) {
  const ir::Program program = link_first(
      "fn f(n) { x: load n push 1 load n select store n load n jumptable y x\n y: load n push 4 "
      "sub jumpif x load n call g ret } fn g(n) { load n call f ret }");
  using Change = std::function<void(ir::Function&)>;
  const Change changes[] = {
      [](ir::Function& f) { f.params[0] = Type::F64; },
      [](ir::Function& f) { f.results[0] = Type::F64; },
      [](ir::Function& f) { f.locals.push_back(Type::I64); },
      [](ir::Function& f) { ++f.registers; },
      [](ir::Function& f) { ++f.weight; },
      [](ir::Function& f) { ++f.blocks[1].begin; },
      [](ir::Function& f) { ++f.blocks[1].height; },
      [](ir::Function& f) { f.targets[0].costs = !f.targets[0].costs; },
      [](ir::Function& f) { ++f.targets[0].block; },
      [](ir::Function& f) { ++f.constants[0]; },
      [](ir::Function& f) { f.code.pop_back(); },
      [](ir::Function& f) { f.blocks.pop_back(); },
  };
  std::set<std::string> keys{to_hex(code_key(program, {}))};
  for (const Change& change : changes) {
    ir::Program other = program;
    change(other.functions[0]);
    EXPECT_TRUE(keys.insert(to_hex(code_key(other, {}))).second) << &change - changes;
  }
  const std::function<void(ir::Instruction&)> fields[] = {
      [](ir::Instruction& i) { i.op = i.op == ir::Op::Trap ? ir::Op::Jump : ir::Op::Trap; },
      [](ir::Instruction& i) { i.opcode = Opcode::I64Xor; },
      [](ir::Instruction& i) {
        i.costs = i.costs == ir::Costs::Other ? ir::Costs::Nothing : ir::Costs::Other;
      },
      [](ir::Instruction& i) { ++i.dst; },
      [](ir::Instruction& i) { i.a = ir::Operand::reg(77); },
      [](ir::Instruction& i) { i.a = ir::Operand::constant(77); },
      [](ir::Instruction& i) { i.b = ir::Operand::reg(77); },
      [](ir::Instruction& i) { i.b = ir::Operand::constant(77); },
      [](ir::Instruction& i) { i.target = 77; },
      [](ir::Instruction& i) { ++i.other; },
      [](ir::Instruction& i) { ++i.origin; },
  };
  for (std::size_t at = 0; at < program.functions[0].code.size(); ++at) {
    for (const auto& change : fields) {
      ir::Program other = program;
      change(other.functions[0].code[at]);
      EXPECT_TRUE(keys.insert(to_hex(code_key(other, {}))).second) << at << " " << &change - fields;
    }
  }
}

}  // namespace
}  // namespace rosetta::native
