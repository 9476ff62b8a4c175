// Shapes of register code that engines are fast by, and the places where NaNs are made canonical.
// That the code means the same is the differential test's business.
#include "ir/lower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ir/program.h"
#include "text/assemble.h"

namespace rosetta::ir {
namespace {

Program link_text(std::string_view text) {
  const Assembly assembly = assemble(text);
  for (const Diagnostic& error : assembly.errors) ADD_FAILURE() << text << ": " << error.message;
  auto program = link(assembly.functions, 0);
  EXPECT_TRUE(program) << text;
  return program ? std::move(*program) : Program{};
}

std::string word(const Function& function, Operand operand) {
  if (!operand.is_constant()) return "r" + std::to_string(operand.reg());
  return std::to_string(static_cast<std::int64_t>(function.constants[operand.index()]));
}

std::string words(const Function& function, const Instruction& each) {
  const std::string dst = "r" + std::to_string(each.dst);
  const auto reads = [&](Operand operand) { return word(function, operand); };
  const auto block = [&](BlockId id, bool costs) {
    return "b" + std::to_string(id) + (costs ? "$" : "");
  };
  switch (each.op) {
    case Op::Regular:
      return dst + " = " + std::string(info(each.opcode).mnemonic) + " " + reads(each.a) +
             (info(each.opcode).arity == 2 ? " " + reads(each.b) : "");
    case Op::Copy: return dst + " = " + reads(each.a);
    case Op::Swap: return dst + " <-> " + reads(each.a);
    case Op::Select:
      return dst + " = " + reads(each.c) + " ? " + reads(each.a) + " : " + reads(each.b);
    case Op::CanonF32:
    case Op::CanonF64: return "canon " + dst;
    case Op::Print: return "print " + reads(each.a);
    case Op::PrintText: return "print \"" + function.texts[each.target] + "\"";
    case Op::Call: return "call f" + std::to_string(each.target) + " " + dst;
    case Op::Enter: return "enter f" + std::to_string(each.target) + " " + dst;
    case Op::Charge:
      return "charge " + std::to_string(each.target) + " " + std::to_string(each.other);
    case Op::Credit: return "credit " + std::to_string(each.target);
    case Op::Push: return "push " + std::to_string(each.target);
    case Op::Pop: return "pop " + std::to_string(each.target);
    case Op::Save: return "save " + std::to_string(each.target) + " " + reads(each.a);
    case Op::Restore: return dst + " = restore " + std::to_string(each.target);
    case Op::Jump: return "jump " + block(each.target, each.costs == Costs::Target);
    case Op::Branch:
      return "if " + reads(each.a) + " " + block(each.target, each.costs == Costs::Target) + " " +
             block(each.other, each.costs == Costs::Other);
    case Op::Switch: {
      std::string text = "switch " + reads(each.a);
      for (std::uint32_t i = 0; i <= each.other; ++i) {
        const SwitchTarget& target = function.targets[each.target + i];
        text += " " + block(target.block, target.costs);
      }
      return text;
    }
    case Op::TailCall: return "tailcall f" + std::to_string(each.target) + " " + dst;
    case Op::Ret:
    case Op::Halt:
      return std::string(each.op == Op::Ret ? "ret " : "halt ") +
             (function.results.size() == 1 ? reads(each.a) : dst);
    case Op::Trap: return "trap";
  }
  return "";
}

// The code behind the prologue, which zeroes locals.
std::vector<std::string> code(const Function& function) {
  std::vector<std::string> lines;
  for (std::uint32_t at = function.end(0); at < function.code.size(); ++at) {
    lines.push_back(words(function, function.code[at]));
  }
  return lines;
}

std::vector<std::string> prologue(const Function& function) {
  std::vector<std::string> lines;
  for (std::uint32_t at = 0; at < function.end(0); ++at) {
    lines.push_back(words(function, function.code[at]));
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LowerTest, Shapes) {
  const struct {
    const char* what;
    std::string_view text;
    Lines code;
  } cases[] = {
      {"operands are named where they are",
       "fn f(a, b) { load a load b add ret }",
       {"r2 = i64.add r0 r1", "ret r2"}},
      {"constants are immediate",
       "fn f(a) { push 2 load a push 3 mul add ret }",
       {"r2 = i64.mul r0 3", "r1 = i64.add 2 r2", "ret r1"}},
      {"nothing is left of shuffles",
       "fn f(a, b) { load a load b swap nop over sub sub ret }",
       {"r3 = i64.sub r0 r1", "r2 = i64.sub r1 r3", "ret r2"}},
      {"a constant result", "fn f() { push 5 ret }", {"ret 5"}},
      {"what is dropped is not computed with", "fn f(a) { load a dup pop ret }", {"ret r0"}},
      {"an operation writes a local itself",
       "fn f(a) { local x load a push 1 add store x load x ret }",
       {"r1 = i64.add r0 1", "ret r1"}},
      {"so with tee",
       "fn f(a) { local x load a push 1 add tee x load x mul ret }",
       {"r1 = i64.add r0 1", "r2 = i64.mul r1 r1", "ret r2"}},
      {"a parameter too",
       "fn f(a) { load a push 1 add store a load a ret }",
       {"r0 = i64.add r0 1", "ret r0"}},
      {"not where its old value is on the stack",
       "fn f(a) { load a load a push 1 add store a load a sub ret }",
       {"r2 = i64.add r0 1", "r1 = r0", "r0 = r2", "r1 = i64.sub r1 r0", "ret r1"}},
      {"not where a copy of the result stays",
       "fn f(a) { local x load a push 1 add dup store x load x mul ret }",
       {"r2 = i64.add r0 1", "r1 = r2", "r2 = i64.mul r2 r1", "ret r2"}},
      {"select", "fn f(a) { load a push 7 load a select ret }", {"r1 = r0 ? r0 : 7", "ret r1"}},
      {"prints",
       "fn f(a) { load a print print \"x\" push 1 ret }",
       {"print r0", "print \"x\"", "ret 1"}},
      {"a loop",
       "fn f(a) { x: load a push 1 sub tee a jumpif x load a ret }",
       {"r0 = i64.sub r0 1", "if r0 b1$ b2", "ret r0"}},
      {"jumpifnot is a branch the other way",
       "fn f(a) { load a jumpifnot x trap x: load a ret }",
       {"if r0 b2 b3", "trap", "ret r0"}},
      {"a switch says which targets cost",
       "fn f(a) { x: load a jumptable x y x y\n y: load a ret }",
       {"switch r0 b1$ b2 b1$ b2", "ret r0"}},
      {"values on the stack meet in their homes",
       "fn f(a) { push 1 load a jumpif x push 2 jump y x: push 3 y: add ret }",
       {"r1 = 1", "if r0 b3 b2", "r2 = 2", "jump b4", "r2 = 3", "jump b4", "r1 = i64.add r1 r2",
        "ret r1"}},
      {"what is not reached is not there", "fn f() { trap push 1 ret }", {"trap"}},
      {"several results stand in a row",
       "fn f(a) -> (i64, i64) { load a push 2 ret }",
       {"r1 = r0", "r2 = 2", "ret r1"}},
      {"a halt", "fn f(a) { load a halt }", {"halt r0"}},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(code(link_text(each.text).functions[0]), each.code) << each.what << "\n" << each.text;
  }
}

TEST(LowerTest, Calls) {
  const Program program = link_text(
      "fn f(a) { push 5 load a push 1 call g add ret } fn g(a, b) { load a load b sub ret }");
  EXPECT_EQ(code(program.functions[0]),
            (Lines{"r2 = r0", "r3 = 1", "call f1 r2", "r1 = i64.add 5 r2", "ret r1"}));
}

TEST(LowerTest, ATailCallToItselfIsALoop) {
  const Program program = link_text(
      "fn f(n, sum) { load n jumpifnot e load n push 1 sub load sum load n add tailcall f\n"
      "e: load sum ret }");
  EXPECT_EQ(code(program.functions[0]),
            (Lines{"if r0 b2 b3", "r2 = i64.sub r0 1", "r3 = i64.add r1 r0", "r0 = r2", "r1 = r3",
                   "jump b0$", "ret r1"}));
  const Program other = link_text("fn f(n) { load n tailcall g } fn g(n) { load n tailcall f }");
  EXPECT_EQ(code(other.functions[0]), (Lines{"r1 = r0", "tailcall f1 r1"}));
}

// Arguments that trade places need no register beyond their own: a cycle of n takes n - 1 swaps.
TEST(LowerTest, CyclesAreSwaps) {
  EXPECT_EQ(code(link_text("fn f(a, b) { load b load a tailcall f }").functions[0]),
            (Lines{"r1 <-> r0", "jump b0$"}));
  const Lines three =
      code(link_text("fn f(a, b, c) { load b load c load a tailcall f }").functions[0]);
  EXPECT_EQ(three.size(), 3U);
  EXPECT_EQ(
      std::ranges::count_if(
          three, [](const std::string& line) { return line.find("<->") != std::string::npos; }),
      2);
}

TEST(LowerTest, OnlyLocalsThatMayBeReadAreZeroed) {
  EXPECT_EQ(
      prologue(link_text("fn f() { local x local y load x store y load y ret }").functions[0]),
      (Lines{"r0 = 0", "jump b1"}));
  EXPECT_EQ(prologue(link_text("fn f(a) { local x load a jumpif e push 1 store x e: load x ret }")
                         .functions[0]),
            (Lines{"r1 = 0", "jump b1"}));
  EXPECT_EQ(prologue(link_text("fn f(a) { load a ret }").functions[0]), Lines{"jump b1"});
}

TEST(LowerTest, BlocksCountTheStepsOfTheLanguage) {
  const Function function =
      link_text("fn f(a) { nop load a jumpif x push 1 ret x: push 2 nop ret }").functions[0];
  std::vector<std::pair<std::uint32_t, std::uint32_t>> steps;
  for (const Block& block : function.blocks) steps.emplace_back(block.first, block.steps);
  EXPECT_EQ(steps, (decltype(steps){{0, 0}, {0, 3}, {3, 2}, {5, 3}}));
  for (const Block& block : function.blocks) {
    const Instruction& last =
        function.code[function.end(static_cast<BlockId>(&block - function.blocks.data())) - 1];
    EXPECT_TRUE(ends_block(last.op));
  }
}

// The canons among a function's code.
Lines canons(std::string_view text) {
  Lines found;
  for (const std::string& line : code(link_text(text).functions[0])) {
    if (line.starts_with("canon")) found.push_back(line);
  }
  return found;
}

TEST(CanonTest, OnlyWhereBitsAreSeen) {
  const struct {
    const char* what;
    std::string_view text;
    Lines code;
  } cases[] = {
      {"before a result",
       "fn f(a: f64) { load a push 1.0 add ret }",
       {"r1 = f64.add r0 4607182418800017408", "canon r1", "ret r1"}},
      {"once behind a chain",
       "fn f(a: f64) { load a sqrt dup mul ceil ret }",
       {"r1 = f64.sqrt r0", "r1 = f64.mul r1 r1", "r1 = f64.ceil r1", "canon r1", "ret r1"}},
      {"not before a comparison or a conversion",
       "fn f(a: f32) { local x load a sqrt tee x push 1.0 lt load x to_i64_sat add ret }",
       {"r1 = f32.sqrt r0", "r2 = f32.lt r1 1065353216", "r3 = i64.trunc_sat_f32_s r1",
        "r2 = i64.add r2 r3", "ret r2"}},
      {"before the sign is changed",
       "fn f(a: f32) { load a sqrt neg ret }",
       {"r1 = f32.sqrt r0", "canon r1", "r1 = f32.neg r1", "ret r1"}},
      {"before bits are looked at",
       "fn f(a: f64) { load a sqrt bits ret }",
       {"r1 = f64.sqrt r0", "canon r1", "r1 = i64.reinterpret_f64 r1", "ret r1"}},
      {"before a print",
       "fn f(a: f64) { load a sqrt print push 1 ret }",
       {"r1 = f64.sqrt r0", "canon r1", "print r1", "ret 1"}},
      {"a parameter is never touched", "fn f(a: f64) { load a ret }", {"ret r0"}},
      {"nor is what has its sign changed",
       "fn f(a: f64) { load a neg abs ret }",
       {"r1 = f64.neg r0", "r1 = f64.abs r1", "ret r1"}},
      {"arithmetic that meets a parameter is canonical at once",
       "fn f(a: f64) { load a push 2.0 lt jumpif x load a sqrt store a x: load a ret }",
       {"r1 = f64.lt r0 4611686018427387904", "if r1 b3 b2", "r0 = f64.sqrt r0", "canon r0",
        "jump b3", "ret r0"}},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(code(link_text(each.text).functions[0]), each.code) << each.what;
  }
}

TEST(CanonTest, SelectJoinsWhatItChoosesFrom) {
  EXPECT_EQ(
      code(link_text("fn f(a: f64, c) { load a sqrt load a load c select ret }").functions[0]),
      (Lines{"r2 = f64.sqrt r0", "canon r2", "r2 = r1 ? r2 : r0", "ret r2"}));
  EXPECT_EQ(
      code(link_text("fn f(a: f64, c) { load a sqrt push 1.0 load c select ret }").functions[0]),
      (Lines{"r2 = f64.sqrt r0", "r2 = r1 ? r2 : 4607182418800017408", "canon r2", "ret r2"}));
  EXPECT_EQ(
      code(
          link_text("fn f(a: f64, c) { load a sqrt push nan:0x1 load c select ret }").functions[0]),
      (Lines{"r2 = f64.sqrt r0", "canon r2", "r2 = r1 ? r2 : 9218868437227405313", "ret r2"}));
}

TEST(CanonTest, ArgumentsAndResultsOfCallsAreSeen) {
  EXPECT_EQ(code(link_text("fn f(a: f64) { load a sqrt call g ret } fn g(a: f64) { load a ret }")
                     .functions[0]),
            (Lines{"r1 = f64.sqrt r0", "canon r1", "call f1 r1", "ret r1"}));
  EXPECT_EQ(code(link_text("fn f(a: f64) { load a sqrt tailcall g } fn g(a: f64) { load a ret }")
                     .functions[0]),
            (Lines{"r1 = f64.sqrt r0", "canon r1", "tailcall f1 r1"}));
  // An integer's bits are never a NaN's.
  EXPECT_TRUE(
      canons("fn f(a: f64) { load a sqrt to_i64_sat call g ret } fn g(a) { load a ret }").empty());
}

// The kernel that the rule is there for: values of arithmetic that live in locals from round to
// round, with parameters only read.
TEST(CanonTest, TheMandelbrotLoopHasNone) {
  constexpr std::string_view kEscape =
      "fn escape(cx: f64, cy: f64, limit) {\n"
      "local x local y local xx local yy local rounds\n"
      "loop: load x load x mul store xx load y load y mul store yy\n"
      "load xx load yy add push 4.0 gt jumpif done\n"
      "load rounds load limit ge jumpif done\n"
      "load x load y mul push 2.0 mul load cy add store y\n"
      "load xx load yy sub load cx add store x\n"
      "load rounds push 1 add store rounds jump loop\n"
      "done: load rounds ret }\n";
  EXPECT_TRUE(canons(kEscape).empty());
}

}  // namespace
}  // namespace rosetta::ir
