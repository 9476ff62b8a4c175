#include "reference/oracle.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/generator.h"
#include "fuzz/values.h"

namespace {

using reference::Limits;
using reference::Outcome;
using reference::Program;

using Cells = std::vector<std::uint64_t>;

constexpr std::string_view kDepth = "call-depth-exceeded";

Outcome run(const std::string& text, const Cells& arguments = {}, const Limits& limits = {}) {
  return Program(text).run("main", arguments, limits);
}

// The cell, or the trap's name, that a main of these instructions gives.
std::string value_of(const std::string& type, const std::string& code) {
  const Outcome outcome = run("fn main() -> " + type + " { " + code + " ret }");
  if (!outcome.trap.empty()) return outcome.trap;
  std::ostringstream text;
  text << std::hex << outcome.results.at(0);
  return text.str();
}

struct Case {
  const char* type;
  const char* code;
  const char* expected;  // hexadecimal
};

TEST(Oracle, ReadsConstants) {
  for (const Case& c : std::vector<Case>{
           {"i64", "i64.const -1", "ffffffffffffffff"},
           {"i64", "i64.const 1_000", "3e8"},
           {"i64", "i64.const -9223372036854775808", "8000000000000000"},
           {"i64", "i64.const 0xffffffffffffffff", "ffffffffffffffff"},
           {"i32", "i32.const -1", "ffffffff"},
           {"i32", "i32.const 0x80000000", "80000000"},
           {"f64", "f64.const 1.5", "3ff8000000000000"},
           {"f64", "f64.const -0.0", "8000000000000000"},
           {"f64", "f64.const 0x1.8p3", "4028000000000000"},
           {"f64", "f64.const 5e-324", "1"},
           {"f64", "f64.const -inf", "fff0000000000000"},
           {"f64", "f64.const nan", "7ff8000000000000"},
           {"f64", "f64.const -nan", "fff8000000000000"},
           {"f64", "f64.const nan:0x8000000000001", "7ff8000000000001"},
           {"f64", "f64.const nan:0x1", "7ff0000000000001"},
           {"f32", "f32.const 1e-9", "3089705f"},
           // Rounded once: by way of f64 it would be a tie, and become 1.0.
           {"f32", "f32.const 1.00000005960464477540", "3f800001"},
           {"f32", "f32.const -nan:0x400001", "ffc00001"},
       }) {
    EXPECT_EQ(value_of(c.type, c.code), c.expected) << c.code;
  }
}

TEST(Oracle, RejectsWhatItCannotRead) {
  for (const char* code : {"i64.const 9223372036854775808",
                           "i32.const 2147483648",
                           "i32.const 0x100000000",
                           "i64.const 1.0",
                           "i64.const",
                           "f64.const 1e999",
                           "f64.const 0x1",
                           "f64.const nan:0x0",
                           "f32.const nan:0x800000",
                           "i64.const 1 frobnicate",
                           "i64.const 1 load x",
                           "jump nowhere",
                           "jump 9",
                           "jump -1",
                           "call other",
                           "i64.add",
                           "i64.const 1 i32.const 1 i64.add",
                           "i64.const 1 L: L: ret",
                           "i32.const 1",
                           "i64.const 1 jumpif L i64.const 1 L:",
                           "pop"}) {
    EXPECT_THROW(run(std::string("fn main() -> i64 { ") + code + " ret }"), std::runtime_error)
        << code;
  }
  EXPECT_THROW(run("fn main() -> i64 { i64.const 1 }"), std::runtime_error);
  EXPECT_THROW(run("fn main() -> () { }"), std::runtime_error);
  EXPECT_THROW(run("fn main() -> () { ret"), std::runtime_error);
  EXPECT_THROW(run("fn other() -> () { ret }"), std::runtime_error);
  EXPECT_THROW(run("fn main(a: i32) -> () { ret }", {}), std::runtime_error);
  EXPECT_THROW(run("fn main(a: i32) -> () { ret }", {0x100000000}), std::runtime_error);
}

TEST(Oracle, Integers) {
  for (const Case& c : std::vector<Case>{
           {"i64", "i64.const 0x7fffffffffffffff i64.const 1 i64.add", "8000000000000000"},
           {"i64", "i64.const 0xffffffff i64.const 0x100000001 i64.mul", "ffffffffffffffff"},
           {"i64", "i64.const -7 i64.const 2 i64.div_s", "fffffffffffffffd"},
           {"i64", "i64.const -7 i64.const 2 i64.rem_s", "ffffffffffffffff"},
           {"i64", "i64.const 0x8000000000000000 i64.const -1 i64.rem_s", "0"},
           {"i64", "i64.const 0x8000000000000000 i64.const -1 i64.div_s", "integer-overflow"},
           {"i64", "i64.const 1 i64.const 0 i64.rem_u", "integer-divide-by-zero"},
           {"i64", "i64.const -1 i64.const 16 i64.div_u", "fffffffffffffff"},
           {"i64", "i64.const 1 i64.const 127 i64.shl", "8000000000000000"},
           {"i64", "i64.const -8 i64.const 65 i64.shr_s", "fffffffffffffffc"},
           {"i64", "i64.const 0x8000000000000001 i64.const 1 i64.rotl", "3"},
           {"i64", "i64.const 0 i64.clz", "40"},
           {"i64", "i64.const 0x8000000000000000 i64.abs", "8000000000000000"},
           {"i64", "i64.const -5 i64.const 3 i64.min", "fffffffffffffffb"},
           {"i64", "i64.const 0xf0 i64.inv", "ffffffffffffff0f"},
           {"i64", "i64.const -1 i64.const 1 i64.lt_u", "0"},
           {"i64", "i64.const 0x180 i64.extend8_s", "ffffffffffffff80"},
           {"i64", "i32.const -1 i64.extend_i32_s", "ffffffffffffffff"},
           {"i64", "i32.const -1 i64.extend_i32_u", "ffffffff"},
           {"i64", "i32.const -1 i32.const 1 i32.lt_s", "1"},
           {"i64", "i32.const 0 i32.eqz", "1"},
           {"i32", "i32.const 0x80000000 i32.const -1 i32.div_s", "integer-overflow"},
           {"i32", "i32.const 0x80000000 i32.neg", "80000000"},
           {"i32", "i32.const -8 i32.const 33 i32.shr_s", "fffffffc"},
           {"i32", "i32.const -8 i32.const 33 i32.shr_u", "7ffffffc"},
           {"i32", "i32.const 1 i32.const 1 i32.rotr", "80000000"},
           {"i32", "i64.const 0x1ffffffff i32.wrap_i64", "ffffffff"},
       }) {
    EXPECT_EQ(value_of(c.type, c.code), c.expected) << c.code;
  }
}

TEST(Oracle, Floats) {
  for (const Case& c : std::vector<Case>{
           {"f64", "f64.const 0.1 f64.const 0.2 f64.add", "3fd3333333333334"},
           {"f64", "f64.const 5e-324 f64.const 0.5 f64.mul", "0"},
           {"f64", "f64.const -0.0 f64.const 0.0 f64.min", "8000000000000000"},
           {"f64", "f64.const 0.0 f64.const -0.0 f64.min", "8000000000000000"},
           {"f64", "f64.const -0.0 f64.const 0.0 f64.max", "0"},
           {"f64", "f64.const 2.5 f64.nearest", "4000000000000000"},
           {"f64", "f64.const -0.5 f64.nearest", "8000000000000000"},
           {"f64", "f64.const -0.5 f64.ceil", "8000000000000000"},
           {"f64", "i64.const 9007199254740993 f64.convert_i64_s", "4340000000000000"},
           {"f64", "i64.const -1 f64.convert_i64_u", "43f0000000000000"},
           {"f32", "i64.const 0x7fffff4000000001 f32.convert_i64_s", "5effffff"},
           {"f32", "f64.const 1e-46 f32.demote_f64", "0"},
           {"i64", "f64.const nan f64.const nan f64.ne", "1"},
           {"i64", "f64.const nan f64.const 1.0 f64.le", "0"},
           {"i64", "f64.const 9223372036854774784.0 i64.trunc_f64_s", "7ffffffffffffc00"},
           {"i64", "f64.const 9223372036854775808.0 i64.trunc_f64_s", "integer-overflow"},
           {"i64", "f64.const -9223372036854775808.0 i64.trunc_f64_s", "8000000000000000"},
           {"i64", "f64.const -0.99 i64.trunc_f64_u", "0"},
           {"i64", "f64.const -1.0 i64.trunc_f64_u", "integer-overflow"},
           {"i64", "f64.const nan i64.trunc_f64_u", "invalid-conversion"},
           {"i32", "f64.const -2147483648.9 i32.trunc_f64_s", "80000000"},
           {"i32", "f64.const -2147483649.0 i32.trunc_f64_s", "integer-overflow"},
           {"i32", "f64.const 4294967295.9 i32.trunc_f64_u", "ffffffff"},
           {"i32", "f32.const nan i32.trunc_sat_f32_s", "0"},
           {"i32", "f32.const -inf i32.trunc_sat_f32_s", "80000000"},
           {"i32", "f32.const -inf i32.trunc_sat_f32_u", "0"},
           {"i64", "f32.const inf i64.trunc_sat_f32_u", "ffffffffffffffff"},
       }) {
    EXPECT_EQ(value_of(c.type, c.code), c.expected) << c.code;
  }
}

TEST(Oracle, NanBits) {
  for (const char* name : {"sqrt", "ceil", "floor", "trunc", "nearest"}) {
    const std::string code = std::string("f64.const -nan:0x1 f64.") + name;
    EXPECT_EQ(value_of("f64", code), "7ff8000000000000") << code;
  }
  for (const char* name : {"add", "sub", "mul", "div", "min", "max"}) {
    const std::string f64 = std::string("f64.const 1.0 f64.const -nan:0x1 f64.") + name;
    EXPECT_EQ(value_of("f64", f64), "7ff8000000000000") << f64;
    const std::string f32 = std::string("f32.const -nan:0x1 f32.const 1.0 f32.") + name;
    EXPECT_EQ(value_of("f32", f32), "7fc00000") << f32;
  }
  for (const Case& c : std::vector<Case>{
           {"f64", "f64.const 0.0 f64.const 0.0 f64.div", "7ff8000000000000"},
           {"f64", "f32.const -nan:0x1 f64.promote_f32", "7ff8000000000000"},
           {"f32", "f64.const -nan:0x1 f32.demote_f64", "7fc00000"},
           {"f64", "f64.const nan:0x1 f64.neg", "fff0000000000001"},
           {"f64", "f64.const -nan:0x1 f64.abs", "7ff0000000000001"},
           {"f64", "f64.const nan:0x1 f64.const -1.0 f64.copysign", "fff0000000000001"},
           {"f64", "f64.const 1.0 f64.const -nan f64.copysign", "bff0000000000000"},
           {"f32", "f32.const nan:0x1 f32.neg", "ff800001"},
           {"i64", "f64.const -nan:0x1 i64.reinterpret_f64", "fff0000000000001"},
           {"f32", "i32.const 0xff800001 f32.reinterpret_i32 dup pop", "ff800001"},
       }) {
    EXPECT_EQ(value_of(c.type, c.code), c.expected) << c.code;
  }
}

TEST(Oracle, StackAndLocals) {
  const Outcome outcome =
      run("#! a line for the shell\n"
          "check main(1, 2) == (2, 4, 3, 3) ; ignored\n"
          "fn main(a: i64, b: i64) -> (i64, i64, i64, i64) {\n"
          "  local t: i64  ; a comment; and { more }\n"
          "  load a load 1 i64.const 3 rot   ; 2 3 1\n"
          "  over tee t i64.add swap load 2 ret\n"
          "}",
          {1, 2});
  EXPECT_EQ(outcome.results, (Cells{2, 4, 3, 3}));
  EXPECT_EQ(outcome.steps, 10U);
  EXPECT_EQ(value_of("i64", "i64.const 1 i64.const 2 i32.const 0 select"), "2");
  EXPECT_EQ(value_of("i64", "i64.const 1 i64.const 2 i64.const -1 select"), "1");
}

TEST(Oracle, JumpsAndTables) {
  const std::string text =
      "fn main(n: i32) -> i64 { load n jumptable L0 L1 1\n"
      "  i64.const 9 ret\n L0: i64.const 10 ret\n L1: i64.const 11 ret }";
  EXPECT_EQ(run(text, {0}).results, Cells{10});
  EXPECT_EQ(run(text, {1}).results, Cells{11});
  EXPECT_EQ(run(text, {2}).results, Cells{9});
  EXPECT_EQ(run(text, {0xffffffff}).results, Cells{9});
  EXPECT_THROW(run("fn main() -> () { L: i64.const 1 jump L }"), std::runtime_error);
}

TEST(Oracle, RetDropsAndHaltEnds) {
  const std::string text =
      "fn main(n: i64) -> (i64, i64) {\n"
      "  i64.const 7 load n call f i64.add i64.const 5 swap ret\n"
      "}\n"
      "fn f(n: i64) -> (i64, i64) {\n"
      "  i64.const 100 i64.const 1 i64.const 2 load n jumpif L ret L: halt\n"
      "}";
  EXPECT_EQ(run(text, {0}).results, (Cells{5, 3}));
  EXPECT_EQ(run(text, {1}).results, (Cells{1, 2}));
}

TEST(Oracle, TrapsHaveAPlace) {
  const Outcome outcome =
      run("fn main() -> () { i64.const 1 i64.print call f ret }\n"
          "fn f() -> () { nop trap }");
  EXPECT_EQ(outcome.trap, "unreachable");
  EXPECT_EQ(outcome.function, "f");
  EXPECT_EQ(outcome.instruction, 1U);
  EXPECT_EQ(outcome.printed, "1\n");
  EXPECT_EQ(outcome.steps, 5U);
  EXPECT_TRUE(outcome.results.empty());
}

TEST(Oracle, Prints) {
  const Outcome outcome =
      run("fn main() -> () {\n"
          "  i64.const -5 i64.print i32.const 0xffffffff i32.print f64.const 1.0 f64.print\n"
          "  f64.const 1e300 f64.print f32.const 0.1 f32.print f64.const -0.0 f64.print\n"
          "  f64.const nan f64.print f64.const -nan f64.print f64.const -nan:0xabc f64.print\n"
          "  f32.const nan:0x1 f32.print f32.const -inf f32.print print \"a;\\\"b\\\\\\tc\" ret\n"
          "}");
  EXPECT_EQ(outcome.printed,
            "-5\n-1\n1.0\n1e+300\n0.1\n-0.0\nnan\n-nan\n-nan:0xabc\nnan:0x1\n-inf\n"
            "a;\"b\\\tc\n");
}

TEST(Oracle, Fuel) {
  // Ten rounds: nine backward jumps; the forward ones are free.
  const std::string text =
      "fn main() -> i64 {\n"
      "  local i: i64\n"
      "  L: load i i64.const 1 i64.add tee i i64.const 10 i64.lt_s jumpif L call f jump 1 ret\n"
      "}\n"
      "fn f() -> i64 { i64.const 1 ret }";
  EXPECT_EQ(run(text).fuel_used, 10U);
  EXPECT_EQ(run(text, {}, {.fuel = 10}).trap, "");
  const Outcome at_call = run(text, {}, {.fuel = 9});
  EXPECT_EQ(at_call.trap, "out-of-fuel");
  EXPECT_EQ(at_call.function, "main");
  EXPECT_EQ(at_call.instruction, 7U);
  EXPECT_EQ(run(text, {}, {.fuel = 0}).instruction, 6U);
  const Outcome forever = run("fn main() -> () { jump 0 }", {}, {.max_steps = 50});
  EXPECT_EQ(forever.trap, "gave-up");
  EXPECT_EQ(forever.steps, 50U);
  EXPECT_EQ(forever.fuel_used, 50U);
}

// Counts down from n, with one argument and two values on the stack.
std::string countdown(const std::string& locals, const std::string& call) {
  return "fn main(n: i64) -> i64 {\n" + locals +
         "  load n jumpif L i64.const 0 ret\n"
         "  L: load n i64.const 1 i64.sub " +
         call + " main ret\n}";
}

TEST(Oracle, Depth) {
  const std::string text = countdown("", "call");
  EXPECT_EQ(Program(text).weight("main"), 1U);
  const Outcome fine = run(text, {9}, {.max_depth = 10});
  EXPECT_EQ(fine.trap, "");
  EXPECT_EQ(fine.deepest, 10U);
  const Outcome deep = run(text, {10}, {.max_depth = 10});
  EXPECT_EQ(deep.trap, kDepth);
  EXPECT_EQ(deep.instruction, 7U);
  EXPECT_EQ(deep.deepest, 10U);
  EXPECT_EQ(run(text, {10}, {.max_depth = 10, .fuel = 9}).trap, "out-of-fuel");
  EXPECT_EQ(run(text, {999'999}).trap, "");
  EXPECT_EQ(run(text, {1'000'000}).trap, kDepth);

  const Outcome entry = run(text, {0}, {.max_depth = 0});
  EXPECT_EQ(entry.trap, kDepth);
  EXPECT_EQ(entry.instruction, 0U);
  EXPECT_EQ(entry.steps, 0U);

  const Outcome loop = run(countdown("", "tailcall"), {1000}, {.max_depth = 1});
  EXPECT_EQ(loop.trap, "");
  EXPECT_EQ(loop.deepest, 1U);
}

TEST(Oracle, Weights) {
  // One parameter, two on the stack: 61 used locals fill a frame of 64 cells.
  std::string locals;
  for (int i = 0; i < 61; ++i) locals += "local v" + std::to_string(i) + ": f64\n";
  for (int i = 0; i < 61; ++i) locals += "load v" + std::to_string(i) + " pop\n";
  EXPECT_EQ(Program(countdown(locals, "call")).weight("main"), 1U);
  EXPECT_EQ(Program(countdown(locals + "local w: i32\n", "call")).weight("main"), 1U);
  const std::string two = locals + "local w: i32 load w pop\n";
  EXPECT_EQ(Program(countdown(two, "call")).weight("main"), 2U);
  EXPECT_EQ(run(countdown(two, "call"), {3}, {.max_depth = 8}).deepest, 8U);
  EXPECT_EQ(run(countdown(two, "call"), {3}, {.max_depth = 7}).trap, kDepth);

  // Dead call sites count, and so does every function from which a cycle is reached.
  const Program program(
      "fn main() -> () { call f ret }\n"
      "fn f() -> () { call leaf ret tailcall g }\n"
      "fn g() -> () { tailcall f }\n"
      "fn leaf() -> () { ret }");
  EXPECT_EQ(program.weight("main"), 1U);
  EXPECT_EQ(program.weight("f"), 1U);
  EXPECT_EQ(program.weight("g"), 1U);
  EXPECT_EQ(program.weight("leaf"), 0U);
  EXPECT_EQ(program.run("main", {}).deepest, 2U);
}

std::set<std::string> mnemonics_of_the_table() {
  std::set<std::string> all;
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  all.insert(mnemonic);
#define RV_IRREGULAR(byte, name, mnemonic, operand, flow, meaning) all.insert(mnemonic);
#define RV_CONST(byte, name, mnemonic, type) all.insert(mnemonic);
#define RV_PRINT(byte, name, mnemonic, type) all.insert(mnemonic);
#include "isa/opcodes.def"
  return all;
}

TEST(Generator, ProgramsAreValidAndCoverTheTable) {
  constexpr std::uint64_t kPrograms = 2000;
  std::set<std::string> missing = mnemonics_of_the_table();
  std::size_t fine = 0;
  std::size_t trapped = 0;
  for (std::uint64_t seed = 0; seed < kPrograms; ++seed) {
    const std::string text = fuzz::random_program(seed);
    std::istringstream words(text);
    for (std::string word; words >> word;) missing.erase(word);
    try {
      const Program program(text);
      const Cells arguments = fuzz::random_arguments(seed, text);
      const Outcome outcome = program.run("main", arguments, {.max_depth = 1000, .fuel = 100'000});
      fine += outcome.trap.empty() ? 1 : 0;
      trapped += outcome.trap.empty() || outcome.trap == "gave-up" ? 0 : 1;
    } catch (const std::runtime_error& error) {
      FAIL() << "seed " << seed << ": " << error.what();
    }
  }
  EXPECT_GT(fine, kPrograms / 2);
  EXPECT_GT(trapped, kPrograms / 50);
  EXPECT_TRUE(missing.empty()) << "never generated: " << *missing.begin();
}

TEST(Generator, IsTheSameEverywhere) {
  EXPECT_EQ(fuzz::Random(0).next(), 0xe220a8397b1dcdaf);  // splitmix64's published first output
  EXPECT_EQ(fuzz::random_program(1), fuzz::random_program(1));
  EXPECT_NE(fuzz::random_program(1), fuzz::random_program(2));
}

TEST(Generator, ArgumentsFitTheEntry) {
  const std::vector<fuzz::Type> types = fuzz::entry_parameters(
      "fn f(a: f64) -> () { ret }\nfn main(v0: i32, v1: f32, v2: i64) -> () { ret }");
  EXPECT_EQ(types, (std::vector{fuzz::Type::I32, fuzz::Type::F32, fuzz::Type::I64}));
  EXPECT_TRUE(fuzz::entry_parameters("fn main() -> i64 { local x: i64 }").empty());
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Cells cells = fuzz::random_arguments(seed, types);
    ASSERT_EQ(cells.size(), 3U);
    EXPECT_EQ(cells[0] >> 32, 0U);
    EXPECT_EQ(cells[1] >> 32, 0U);
  }
}

}  // namespace
