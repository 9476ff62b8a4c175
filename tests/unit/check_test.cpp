#include "check/check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/assemble.h"

namespace rosetta {
namespace {

// The functions of a text that is right.
Assembly right(std::string_view text) {
  Assembly assembly = assemble(text);
  for (const Diagnostic& error : assembly.errors) ADD_FAILURE() << text << ": " << error.message;
  if (assembly.functions.empty()) assembly = assemble("fn missing() { trap }");
  return assembly;
}

std::string types(std::span<const Type> list) {
  std::string text;
  for (const Type type : list) text += (text.empty() ? "" : " ") + std::string(name(type));
  return text;
}

// "f64 i64 -> f64", the types of a function.
std::string signature(const Function& function) {
  return types(function.params()) + " -> " + types(function.results());
}

// The exact mnemonics of a function's code.
std::string code(const Function& function) {
  std::string text;
  for (const Instruction& each : function.code()) {
    text += (text.empty() ? "" : " ") + std::string(info(each.opcode).mnemonic);
  }
  return text;
}

TEST(InferenceTest, TypesOfAFunction) {
  const struct {
    std::string_view text;  // of the first function
    std::string_view signature;
  } cases[] = {
      {"fn f(a, b) { load a load b add ret }", "i64 i64 -> i64"},
      {"fn f(a: f32, b) { load a load b add ret }", "f32 f32 -> f32"},
      {"fn f(a, b) -> i32 { load a load b mul ret }", "i32 i32 -> i32"},
      {"fn f(a) { load a sqrt ret }", "f64 -> f64"},
      {"fn f(a) { load a push 1.0 add ret }", "f64 -> f64"},
      {"fn f(a) { load a push 1f32 lt ret }", "f32 -> i64"},
      {"fn f(a) { load a i32.clz ret }", "i32 -> i32"},
      {"fn f(a: i32, b) { load a load b rotl ret }", "i32 i32 -> i32"},
      {"fn f(a: f32) { load a to_i32 ret }", "f32 -> i32"},
      {"fn f(a) { load a to_f32 ret }", "i64 -> f32"},
      {"fn f(a, b, c) { load a load b load c select ret }", "i64 i64 i64 -> i64"},
      {"fn f(a, b, c: i32) -> f32 { load a load b load c select ret }", "f32 f32 i32 -> f32"},
      {"fn f(a) { load a ret }", "i64 -> i64"},
      {"fn f(a) -> (i32, f64) { load a load a to_f64 ret }", "i32 -> i32 f64"},
      {"fn f(a) -> () { ret }", "i64 -> "},
      {"fn f(a) { local x load a store x load x push 1.0 mul ret }", "f64 -> f64"},
      {"fn f(c, a, b: f32) { load c jumpif t load a ret t: load b ret }", "i64 f32 f32 -> f32"},
      {"fn f(a: f32) { load a push 2 call id to_f32 add ret } fn id(a) { load a ret }",
       "f32 -> f32"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(signature(right(each.text).functions[0]), each.signature) << each.text;
  }
}

TEST(InferenceTest, LiteralsTakeTheTypeOfTheirUse) {
  const struct {
    std::string_view text;
    Opcode opcode;
    Cell constant;
  } cases[] = {
      {"fn f() { push -1 ret }", Opcode::I64Const, ~Cell{0}},
      {"fn f() -> i32 { push -1 ret }", Opcode::I32Const, 0xffff'ffff},
      {"fn f() -> i32 { push 0xffffffff ret }", Opcode::I32Const, 0xffff'ffff},
      {"fn f() { push 1.5 ret }", Opcode::F64Const, 0x3ff8'0000'0000'0000},
      {"fn f() -> f32 { push 1.5 ret }", Opcode::F32Const, 0x3fc0'0000},
      {"fn f() { push 2f32 ret }", Opcode::F32Const, 0x4000'0000},
      {"fn f() -> f32 { push nan:0x1 ret }", Opcode::F32Const, 0x7f80'0001},
      {"fn f(a: i32) { push 3 load a add ret }", Opcode::I32Const, 3},
  };
  for (const auto& each : cases) {
    const Instruction instruction = right(each.text).functions[0].code()[0];
    EXPECT_EQ(instruction.opcode, each.opcode) << each.text;
    EXPECT_EQ(instruction.constant, each.constant) << each.text;
  }
}

TEST(InferenceTest, GenericsBecomeExact) {
  const struct {
    std::string_view text;
    std::string_view code;
  } cases[] = {
      {"fn f(a: i32) { load a dup div not ret }", "load dup i32.div_s i32.eqz ret"},
      {"fn f(a: f32) -> f64 { load a neg to_f64 ret }", "load f32.neg f64.promote_f32 ret"},
      {"fn f(a: f64) { load a to_f64 ret }", "load nop ret"},
      {"fn f(a: i64) { load a print push 1 ret }", "load i64.print i64.const ret"},
      {"fn f(a: f32) { load a bits ret }", "load i32.reinterpret_f32 ret"},
      {"fn f(a) { load a bits ret }", "load f64.reinterpret_i64 ret"},
      {"fn f(a) -> i32 { load a bits ret }", "load i32.reinterpret_f32 ret"},
      {"fn f(a: f64) { load a bits bits ret }", "load i64.reinterpret_f64 f64.reinterpret_i64 ret"},
      // Nothing is open where a literal is a float already.
      {"fn f() { push 1.0 bits bits ret }",
       "f64.const i64.reinterpret_f64 f64.reinterpret_i64 ret"},
      {"fn f() { push 1.0 bits push 1 add bits ret }",
       "f64.const i64.reinterpret_f64 i64.const i64.add f64.reinterpret_i64 ret"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(code(right(each.text).functions[0]), each.code) << each.text;
  }
}

TEST(InferenceTest, OfRecursionAndOfRings) {
  const Assembly self = right(
      "fn f(a, n) { load n jumpifnot e load a load n push 1 sub call f ret "
      "e: load a push 0.5 add ret }");
  EXPECT_EQ(signature(self.functions[0]), "f64 i64 -> f64");
  const Assembly ring = right(
      "fn even(n) { load n jumpif m push 1i32 ret "
      "m: load n push 1 sub tailcall odd }\n"
      "fn odd(n) { load n call even ret }\n"
      "fn user(n) { load n to_i64 call even ret }");
  EXPECT_EQ(signature(ring.functions[0]), "i64 -> i32");
  EXPECT_EQ(signature(ring.functions[1]), "i64 -> i32");
  EXPECT_EQ(signature(ring.functions[2]), "i64 -> i32");
  // Behind its component a function is what it is: a caller cannot make it another.
  EXPECT_GT(assemble("fn id(a) { load a ret } fn f(a: f64) { load a call id ret }").error_count,
            0U);
  // What only calls itself stays open, and is then i64.
  EXPECT_EQ(signature(right("fn f(a) { load a call f ret }").functions[0]), "i64 -> i64");
}

TEST(CheckTest, LocalsAreNumberedByFirstUse) {
  const Assembly assembly = right(
      "fn f(p) { local unused local a local b: f32 local c\n"
      "load c store a load b pop load p store c load a ret }");
  const Function& function = assembly.functions[0];
  std::vector<std::uint32_t> numbers;
  for (const Instruction& each : function.code()) {
    if (info(each.opcode).operand == OperandKind::Local) numbers.push_back(each.operand);
  }
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{1, 2, 3, 0, 1, 2}));
  EXPECT_EQ(types(function.locals()), "i64 i64 f32");
  EXPECT_EQ(assembly.names[0].locals, (std::vector<std::string>{"c", "a", "b"}));
}

TEST(CheckTest, SpellingDoesNotMatter) {
  const std::string_view same[] = {
      "fn f(n) { local x load n push 2 mul store x load x jumpif e trap e: load x ret }",
      "fn other(a: i64) -> i64 { load 0 i64.const 2 i64.mul store 7 load 7 jt 2 trap load 7 ret }",
      "fn f(n) { local unused: f32 local y load n push 0x2 mul store y "
      "load y jumpif 2 trap load y ret }",
  };
  const Function first = right(same[0]).functions[0];
  for (const std::string_view text : same) {
    EXPECT_EQ(right(text).functions[0].parts(), first.parts()) << text;
  }
}

TEST(CheckTest, UnreachedCodeIsKeptAndWarnedOf) {
  const Assembly assembly =
      right("fn f(a: f32) { load a ret\nadd bits pop\nx: sqrt push 1 jump x }");
  EXPECT_EQ(code(assembly.functions[0]),
            "load ret i64.add f64.reinterpret_i64 pop f64.sqrt i64.const jump");
  EXPECT_EQ(assembly.functions[0].max_height(), 1U);
  ASSERT_EQ(assembly.warnings.size(), 1U);
  EXPECT_EQ(assembly.warnings[0].message, "no path reaches these 6 instructions");
  EXPECT_EQ(assembly.warnings[0].severity, Severity::Warning);
  EXPECT_EQ(right("fn f() { trap nop }").warnings[0].message, "no path reaches this instruction");
}

TEST(CheckTest, MeasuresHeightAndHalts) {
  const Function function =
      right("fn f(a) { local x load x load a push 1 add add halt\nhalt }").functions[0];
  EXPECT_EQ(function.max_height(), 3U);
  EXPECT_EQ(function.cells(), 5U);
  EXPECT_EQ(function.first_halt(), 5U);
  EXPECT_EQ(right("fn f() { trap push 1 halt }").functions[0].first_halt(), Function::kNoHalt);
}

TEST(CheckTest, CellsHaveALimit) {
  const auto locals = [](int count) {
    std::string text = "fn f() {";
    for (int i = 0; i < count; ++i) text += " load 0 store " + std::to_string(i);
    return text + " trap }";
  };
  EXPECT_EQ(right(locals(65'534)).functions[0].cells(), 65'535U);
  const Assembly assembly = assemble(locals(65'535));
  ASSERT_EQ(assembly.error_count, 1U);
  EXPECT_NE(assembly.errors[0].message.find("65536 cells"), std::string::npos);
  // A declared local that nothing uses takes no cell.
  EXPECT_EQ(right("fn f() { push 1 store 60000 trap }").functions[0].cells(), 2U);
  EXPECT_GT(assemble("fn f() { x: push 1 jump x }").error_count, 0U);
}

struct Wrong {
  std::string_view text;
  std::string_view at;       // what stands where the error is
  std::string_view message;  // a part of it
};

TEST(CheckErrorTest, SaysWhatAndWhere) {
  const Wrong cases[] = {
      {"fn f() { add ret }", "add", "`add` needs 2 values, but the stack has none"},
      {"fn f() { push 1 rot ret }", "rot", "`rot` needs 3 values, but the stack has only 1"},
      {"fn f() { ret }", "ret", "`ret` needs 1 value"},
      {"fn f() { }", "f()", "no code"},
      {"fn f() { push 1 }", "push 1", "run off the end"},
      {"fn f(a) { load a jumpif 2 trap }", "jumpif 2", "the jump leaves the body"},
      {"fn f() { trap jump -2 }", "jump -2", "the jump leaves the body"},
      {"fn f() { jump x x: }", "jump x", "the jump leaves the body"},
      {"fn f(a) { load a jumptable 1 5\n trap }", "jumptable 1 5", "the jump leaves the body"},
      {"fn f(a: i32, b: i64) { load a load b add ret }", "add",
       "`add` needs two numbers of one type, but has i32 and i64"},
      {"fn f(a: f64) { load a push 1 shl ret }", "shl",
       "`shl` needs an integer (i64 or i32), but has f64"},
      {"fn f(a: i32) { load a i64.eqz ret }", "i64.eqz", "`i64.eqz` needs i64, but has i32"},
      {"fn f(a: f32) { load a jumpif 1 trap }", "jumpif 1", "needs an integer"},
      {"fn f(a: f64) -> i64 { load a ret }", "ret", "needs i64 as the result, but has f64"},
      {"fn f() -> (i64, f64) { push 1 push 1 ret }", "ret", "as result 2"},
      {"fn f() { local x: f64 push 1 store x trap }", "store x", "needs f64, which its local"},
      {"fn f(a: i64, b: f32) { load a load b push 1 select ret }", "select",
       "two values of one type, but has i64 and f32"},
      {"fn f(a) { load a jumpif x push 1 x: trap }", "push 1", "stacks of different heights"},
      {"fn f(a) { load a jumpif x push 1 jump y x: push 1.0 y: pop trap }", "push 1.0",
       "different types on the stack"},
      {"fn f() { call g trap } fn g(a) { trap }", "call g", "needs 1 argument"},
      {"fn f() { push 1.0 call g ret } fn g(a: i32) { load a ret }", "call g",
       "needs i32 as argument 1, but has f64"},
      {"fn f() -> f64 { tailcall g } fn g() -> i64 { trap }", "tailcall g",
       "this function's result types"},
      {"fn f() -> () { tailcall g } fn g() { trap }", "tailcall g", "this function's result types"},
      {"fn f(a) { load a bits bits ret }", "bits ret", "nothing says which type"},
      {"fn f() { push 9223372036854775808 ret }", "push 9", "does not fit i64"},
      {"fn f() -> i32 { push 2147483648 ret }", "push 2", "does not fit i32"},
      {"fn f() -> f32 { push 1e39 ret }", "push 1e39", "does not fit f32"},
  };
  for (const Wrong& each : cases) {
    const Assembly assembly = assemble(each.text);
    EXPECT_TRUE(assembly.functions.empty()) << each.text;
    ASSERT_FALSE(assembly.errors.empty()) << each.text;
    const Diagnostic& error = assembly.errors.front();
    EXPECT_NE(error.message.find(each.message), std::string::npos)
        << each.text << ": " << error.message;
    EXPECT_TRUE(each.text.substr(error.place.begin).starts_with(each.at))
        << each.text << ": at `" << each.text.substr(error.place.begin) << "`";
  }
}

TEST(CheckErrorTest, ShowsWhereAValueCameFrom) {
  const std::string_view text = "fn f(a: f64) {\n  load a\n  push 1\n  add\n  ret\n}";
  const Assembly assembly = assemble(text);
  ASSERT_EQ(assembly.errors.size(), 1U);
  const Diagnostic& error = assembly.errors[0];
  ASSERT_EQ(error.notes.size(), 2U);
  EXPECT_EQ(error.notes[0].message, "f64 pushed here");
  EXPECT_TRUE(text.substr(error.notes[0].place.begin).starts_with("load a"));
  EXPECT_TRUE(text.substr(error.notes[1].place.begin).starts_with("push 1"));
  EXPECT_EQ(error.hint, "`to_f64`");
  EXPECT_EQ(error.hint_after.begin, error.notes[1].place.begin);
}

TEST(CheckErrorTest, OneFunctionsErrorIsNotItsCallers) {
  const Assembly assembly = assemble(
      "fn bad() { add ret }\n"
      "fn main() { local x call bad store x load x ret }\n"
      "fn worse() { push 1 push 1.0 add ret }\n");
  ASSERT_EQ(assembly.error_count, 2U);
  EXPECT_NE(assembly.errors[0].message.find("`add` needs 2 values"), std::string::npos);
  EXPECT_NE(assembly.errors[1].message.find("of one type"), std::string::npos);
}

TEST(CheckErrorTest, TheRestIsCounted) {
  std::string text = "fn f() {";
  for (int i = 0; i < 100; ++i) text += " push 1 push 1.0 add pop";
  const Assembly assembly = assemble(text + " trap }");
  EXPECT_EQ(assembly.errors.size(), Assembly::kMostMessages);
  EXPECT_EQ(assembly.error_count, 100U);
}

}  // namespace
}  // namespace rosetta
