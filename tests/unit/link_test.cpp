#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ir/program.h"
#include "text/assemble.h"

namespace rosetta::ir {
namespace {

Assembly right(std::string_view text) {
  Assembly assembly = assemble(text);
  for (const Diagnostic& error : assembly.errors) ADD_FAILURE() << text << ": " << error.message;
  return assembly;
}

using Numbers = std::vector<std::uint32_t>;

TEST(LinkTest, TakesWhatIsReached) {
  const Assembly assembly = right(
      "fn unused() { trap } fn leaf() { push 1 ret } fn side() { call leaf ret }\n"
      "fn main() { call side call leaf add ret call dead }\n"
      "fn dead() { call leaf ret }");
  const auto program = link(assembly.functions, 3);
  ASSERT_TRUE(program);
  // The entry, then the others in the order their call sites are met; dead call sites too.
  EXPECT_EQ(program->numbers, (Numbers{3, 2, 1, 4}));
  EXPECT_EQ(program->functions.size(), 4U);
  EXPECT_EQ(link(assembly.functions, 1)->numbers, Numbers{1});
}

TEST(LinkTest, CallsAreNumberedInTheProgram) {
  const Assembly assembly = right(
      "fn leaf() { push 1 ret } fn main() { call other call leaf add ret }\n"
      "fn other() { call leaf ret }");
  const auto program = link(assembly.functions, 1);
  ASSERT_TRUE(program);
  ASSERT_EQ(program->numbers, (Numbers{1, 2, 0}));
  Numbers targets;
  for (const Function& function : program->functions) {
    for (const Instruction& each : function.code) {
      if (each.op == Op::Call) targets.push_back(each.target);
    }
  }
  EXPECT_EQ(targets, (Numbers{1, 2, 2}));
}

// The weights of a text's functions as linked for the first of them, in the text's order.
Numbers weights(std::string_view text) {
  const Assembly assembly = right(text);
  const auto program = link(assembly.functions, 0);
  EXPECT_TRUE(program) << text;
  Numbers all(assembly.functions.size(), 99);
  for (std::size_t i = 0; i < program->numbers.size(); ++i) {
    all[program->numbers[i]] = program->functions[i].weight;
  }
  return all;
}

TEST(WeightTest, OnlyFramesThatReachACycleCount) {
  const struct {
    const char* what;
    std::string_view text;
    Numbers weights;
  } cases[] = {
      {"no calls", "fn f() { push 1 ret }", {0}},
      {"a chain", "fn f() { call g ret } fn g() { push 1 ret }", {0, 0}},
      {"a cycle of one", "fn f() { call f ret }", {1}},
      {"a tail call is a call", "fn f() { tailcall f }", {1}},
      {"in dead code too", "fn f() { trap call f ret }", {1}},
      {"a cycle of two", "fn f() { call g ret } fn g() { call f ret }", {1, 1}},
      {"what leads to it and what hangs on it",
       "fn f() { call g ret } fn g() { call g call h add ret } fn h() { push 1 ret }",
       {1, 1, 0}},
      {"two ways",
       "fn f() { call g call h add ret } fn g() { push 1 ret } fn h() { call h ret }",
       {1, 0, 1}},
  };
  for (const auto& each : cases) EXPECT_EQ(weights(each.text), each.weights) << each.what;
}

TEST(WeightTest, IsOneForEachStarted64Cells) {
  const auto recursive = [](int locals) {
    std::string text = "fn f() {";
    for (int i = 0; i < locals; ++i) text += " load 0 store " + std::to_string(i);
    return text + " call f ret }";
  };
  // The stack takes one cell.
  EXPECT_EQ(weights(recursive(63)), Numbers{1});
  EXPECT_EQ(weights(recursive(64)), Numbers{2});
  EXPECT_EQ(weights(recursive(127)), Numbers{2});
  EXPECT_EQ(weights(recursive(128)), Numbers{3});
  EXPECT_EQ(weights(recursive(65'534)), Numbers{1024});
  std::string high = "fn f() {";
  for (int i = 0; i < 65; ++i) high += " push 1";
  EXPECT_EQ(weights(high + " call f ret }"), Numbers{2});
  EXPECT_EQ(weights("fn f() -> () { call f ret }"), Numbers{1});
}

TEST(HaltTest, HasTheEntrysResults) {
  const struct {
    const char* what;
    std::string_view text;
    bool links;
  } cases[] = {
      {"the entry's own", "fn f() -> f32 { push 1.0 halt }", true},
      {"the same", "fn f() -> f32 { call g ret } fn g() -> f32 { push 1.0 halt }", true},
      {"another type", "fn f() -> f32 { call g pop trap } fn g() { push 1 halt }", false},
      {"another number", "fn f() { call g pop ret } fn g() -> (i64, i64) { push 1 push 2 halt }",
       false},
      {"not reached", "fn f() -> f32 { call g pop trap } fn g() { push 1 ret push 1 halt }", true},
      {"not linked", "fn f() -> f32 { trap } fn g() { push 1 halt }", true},
      {"behind a call that never runs", "fn f() -> f32 { trap call g } fn g() { push 1 halt }",
       false},
  };
  for (const auto& each : cases) {
    const auto program = link(right(each.text).functions, 0);
    EXPECT_EQ(program.has_value(), each.links) << each.what;
    if (each.links || program) continue;
    EXPECT_EQ(program.error().function, 1U) << each.what;
  }
  const auto program = link(right(cases[3].text).functions, 0);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().instruction, 2U);
}

}  // namespace
}  // namespace rosetta::ir
