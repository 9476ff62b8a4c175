#include "text/parse.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace rosetta {
namespace {

struct Outcome {
  Parsed parsed;
  std::vector<Diagnostic> errors;
  std::uint64_t count = 0;
};

Outcome parse_all(std::string_view text, std::size_t limit = 20) {
  Diagnostics errors(limit);
  Outcome outcome;
  outcome.parsed = parse(text, errors);
  outcome.errors = errors.sorted();
  outcome.count = errors.count();
  return outcome;
}

// The only function of a text without errors.
Parsed one(std::string_view text) {
  Outcome outcome = parse_all(text);
  for (const Diagnostic& error : outcome.errors) ADD_FAILURE() << error.message << "\n" << text;
  EXPECT_EQ(outcome.parsed.draft.functions.size(), 1U) << text;
  outcome.parsed.draft.functions.resize(1);
  return std::move(outcome.parsed);
}

std::vector<std::uint32_t> operands(const DraftFunction& function) {
  std::vector<std::uint32_t> all;
  for (const DraftInstruction& each : function.code) all.push_back(each.operand);
  return all;
}

std::vector<std::string> mnemonics(const DraftFunction& function) {
  std::vector<std::string> all;
  for (const DraftInstruction& each : function.code) all.emplace_back(name(each.mnemonic));
  return all;
}

using Words = std::vector<std::string>;
using Numbers = std::vector<std::uint32_t>;

TEST(ParseTest, HeadsSayWhatTheySay) {
  const struct {
    std::string_view head;
    std::vector<TypeSet> params;
    std::vector<TypeSet> results;
  } cases[] = {
      {"fn f()", {}, {kAnyType}},
      {"fn f() -> ()", {}, {}},
      {"fn f(a, b: f32) -> i32", {kAnyType, Type::F32}, {Type::I32}},
      {"fn f(a: i64,\n     b: f64\n) -> (i64, f32)",
       {Type::I64, Type::F64},
       {Type::I64, Type::F32}},
      {"fn f(a) -> (f64)", {kAnyType}, {Type::F64}},
  };
  for (const auto& each : cases) {
    const Parsed parsed = one(std::string(each.head) + " { trap }");
    EXPECT_EQ(parsed.draft.functions[0].params, each.params) << each.head;
    EXPECT_EQ(parsed.draft.functions[0].results, each.results) << each.head;
    EXPECT_EQ(parsed.names[0].name, "f");
  }
}

TEST(ParseTest, InstructionsMayShareALine) {
  const Parsed parsed = one("fn f(a) { load a push 1 add\n\n  ret } ; done");
  EXPECT_EQ(mnemonics(parsed.draft.functions[0]), (Words{"load", "push", "add", "ret"}));
}

TEST(ParseTest, PlacesCoverOperands) {
  const std::string_view text =
      "fn f(a) { load  a jumptable 1 2 ; c\n push nan:0x1 print \"x\" ret }";
  const Parsed parsed = one(text);
  Words places;
  for (const Span span : parsed.places[0].code) {
    places.emplace_back(text.substr(span.begin, span.end - span.begin));
  }
  EXPECT_EQ(places, (Words{"load  a", "jumptable 1 2", "push nan:0x1", "print \"x\"", "ret"}));
  EXPECT_EQ(parsed.places[0].head.begin, 3U);
}

TEST(ParseTest, AliasesAndExactNames) {
  const Parsed parsed =
      one("fn f(a) { jmp 1 load a jt 1 load a jf 1 i64.const 5 f64.const 2 ret }");
  const DraftFunction& function = parsed.draft.functions[0];
  EXPECT_EQ(mnemonics(function),
            (Words{"jump", "load", "jumpif", "load", "jumpifnot", "push", "push", "ret"}));
  ASSERT_EQ(function.literals.size(), 2U);
  EXPECT_EQ(function.literals[0].types, TypeSet(Type::I64));
  EXPECT_EQ(function.literals[1].types, TypeSet(Type::F64));
  EXPECT_EQ(function.literals[1].bits, 0x4000'0000'0000'0000U);
}

TEST(ParseTest, LocalsAreNumberedAsWritten) {
  const struct {
    std::string_view text;
    Numbers operands;
    std::size_t locals;
  } cases[] = {
      {"fn f(a, b) { load b load a ret }", {1, 0, 0}, 0},
      {"fn f(a) { local x local y: f32 load y load x ret }", {2, 1, 0}, 2},
      {"fn f(a) { load x local x ret }", {1, 0}, 1},  // used before it is declared
      {"fn f(a) { load 0 store 1 load 1 ret }", {0, 1, 1, 0}, 1},
      // Of those that numbers make, the used ones stand in the order of their use.
      {"fn f(a) { load 3 store 1 load 1 tee 3 ret }", {1, 2, 2, 1, 0}, 2},
      {"fn f(a) { local x store 1 load 0 store 2 trap }", {1, 0, 2, 0}, 2},
      {"fn f() { push 1 store 5 load x local x trap }", {0, 1, 0, 0}, 2},
      {"fn f() { push 1 store 65535 trap }", {0, 0, 0}, 1},
  };
  for (const auto& each : cases) {
    const Parsed parsed = one(each.text);
    EXPECT_EQ(operands(parsed.draft.functions[0]), each.operands) << each.text;
    EXPECT_EQ(parsed.draft.functions[0].locals.size(), each.locals) << each.text;
    EXPECT_EQ(parsed.names[0].locals.size(), each.locals) << each.text;
  }
  EXPECT_EQ(one("fn f() { local y: f32 trap }").draft.functions[0].locals[0], TypeSet(Type::F32));
}

TEST(ParseTest, JumpsTakeLabelsAndOffsets) {
  const struct {
    std::string_view text;
    Numbers operands;
  } cases[] = {
      {"fn f() { nop a: jump a }", {0, 1}},
      {"fn f() { jump a nop a: b: nop jump b }", {2, 0, 0, 2}},
      {"fn f() { nop jump -1 }", {0, 0}},
      {"fn f() { jump +1 jump 0 }", {1, 1}},
      {"fn f() { jump 100 trap }", {100, 0}},  // the checker says that it leaves the body
      {"fn f() { nop end: }", {0}},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(operands(one(each.text).draft.functions[0]), each.operands) << each.text;
  }
}

TEST(ParseTest, JumptableRunsToTheLinesEnd) {
  const Parsed parsed = one("fn f(a) {\nload a jumptable x 2 -1 x ; to here\nx: ret jumptable 1 }");
  const DraftFunction& function = parsed.draft.functions[0];
  ASSERT_EQ(function.tables.size(), 2U);
  EXPECT_EQ(function.tables[0], (Numbers{2, 3, 0, 2}));
  EXPECT_EQ(function.tables[1], (Numbers{4}));
}

TEST(ParseTest, EscapesInStrings) {
  const Parsed parsed = one(R"(fn f() { print "" print "a\n\t\"\\;}" print "ä" trap })");
  EXPECT_EQ(parsed.draft.functions[0].texts, (Words{"", "a\n\t\"\\;}", "ä"}));
}

TEST(ParseTest, PrintWithoutATextIsGeneric) {
  const Parsed parsed = one("fn f(a) { load a print\nprint \"x\" trap }");
  const DraftFunction& function = parsed.draft.functions[0];
  EXPECT_TRUE(is_generic(function.code[1].mnemonic));
  EXPECT_EQ(function.code[2].mnemonic, mnemonic_of(Opcode::PrintText));
}

TEST(ParseTest, CallsMayComeBeforeTheFunction) {
  const Outcome outcome = parse_all("fn a() { call b tailcall a } fn b() { trap }");
  ASSERT_EQ(outcome.count, 0U);
  EXPECT_EQ(operands(outcome.parsed.draft.functions[0]), (Numbers{1, 0}));
}

TEST(ParseTest, NamespacesAreSeparate) {
  const Parsed parsed =
      one("fn push(load) { local fn1 local: load load jumpif local call push ret }");
  EXPECT_EQ(parsed.names[0].labels.size(), 1U);
  EXPECT_EQ(parsed.names[0].params, Words{"load"});
}

TEST(ParseTest, CheckLines) {
  const Outcome outcome = parse_all(
      "fn f(a) { trap }\n"
      "check f(1) == 2\n"
      "check f(nan:0x1, -inf) fuel 100 depth 0x10 == (1.5, -2)\n"
      "check f() == ()\n"
      "check f(1) depth 5 traps call-depth-exceeded ; why\n"
      "check f(1)traps unreachable");
  ASSERT_EQ(outcome.count, 0U);
  const std::vector<CheckLine>& checks = outcome.parsed.checks;
  ASSERT_EQ(checks.size(), 5U);
  EXPECT_EQ(checks[0].function, "f");
  EXPECT_EQ(checks[0].results.size(), 1U);
  EXPECT_EQ(checks[1].arguments.size(), 2U);
  EXPECT_EQ(checks[1].fuel, 100U);
  EXPECT_EQ(checks[1].depth, 16U);
  EXPECT_EQ(checks[1].results.size(), 2U);
  EXPECT_TRUE(checks[2].results.empty());
  EXPECT_EQ(checks[3].trap, Trap::CallDepthExceeded);
  EXPECT_EQ(checks[4].trap, Trap::Unreachable);
}

struct Wrong {
  std::string_view text;
  std::string_view at;       // what stands where the error is
  std::string_view message;  // a part of it
};

TEST(ParseErrorTest, SaysWhatAndWhere) {
  const Wrong cases[] = {
      {"push 1", "push", "expected `fn` or `check`"},
      {"fn { }", "{", "the function's name"},
      {"fn f { }", "{", "the parameters"},
      {"fn f(1) { }", "1", "a parameter's name"},
      {"fn f(a b) { }", "b", "`,` or `)`"},
      {"fn f(a: int) { }", "int", "a type"},
      {"fn f() -> { trap }", "{", "a type"},
      {"fn f() trap", "trap", "`{` before the body"},
      {"fn f(a, a) { trap }", "a)", "there twice"},
      {"fn f() { trap } fn f() { trap }", "f() { trap }", "there twice"},
      {"fn f() { a: trap a: trap }", "a: trap }", "there twice"},
      {"fn f() { local x local x trap }", "x trap", "there twice"},
      {"fn f(a) { local a trap }", "a trap", "is a parameter already"},
      {"fn f() { local 5 trap }", "5", "the local's name"},
      {"fn f() { blub }", "blub", "there is no instruction `blub`"},
      {"fn f() { 5 }", "5", "expected an instruction"},
      {"fn f() { push }", "}", "`push` needs a literal"},
      {"fn f() { push\n5 }", "\n", "`push` needs a literal on its line"},
      {"fn f(a) { push a }", "a }", "`push` needs a literal, not `a`"},
      {"fn f() { push 12x }", "12x", "does not belong to a literal"},
      {"fn f() { i64.const 1.5 }", "1.5", "needs a literal of type i64"},
      {"fn f() { f32.const 1f64 }", "1f64", "needs a literal of type f32"},
      {"fn f() { load }", "}", "needs a local's name or number"},
      {"fn f() { load x }", "x", "no parameter or local `x`"},
      {"fn f() { load 0 }", "0", "there is no local 0"},
      {"fn f() { store 65536 trap }", "65536", "a local's number is 0 to"},
      {"fn f() { jump }", "}", "a label or an offset"},
      {"fn f() { jump x }", "x", "there is no label `x`"},
      {"fn f() { jump 1x }", "1x", "an offset is a number"},
      {"fn f() { jumptable }", "}", "needs its targets"},
      {"fn f() { call }", "}", "needs a function's name"},
      {"fn f() { call g }", "call g", "there is no function `g`"},
      {"fn f() { call #0123456 }", "#0", "a hash is `#` and 8 to 64 hexadecimal digits"},
      {"fn f() { print \"\\x\" }", "\\x", "an escape is one of"},
      {"fn f() { print \"x\n}", "\"x", "the string has no closing quote"},
      {"fn f() { trap", "f()", "no closing `}`"},
      {"fn f() { trap fn g() { trap }", "f()", "no closing `}`"},
      {"check 1", "1", "a call"},
      {"check f 1", "1", "the arguments in parentheses"},
      {"check f(x) == 1", "x", "expected a literal"},
      {"check f(1) 2", "2", "`== RESULT` or `traps NAME`"},
      {"check f(1) traps nothing", "nothing", "there is no trap `nothing`"},
      {"check f(1) traps none", "none", "there is no trap `none`"},
      {"check f(1) fuel -1 == 1", "-1", "not negative"},
      {"check f(1) == 1 2", "2", "the end of the line"},
  };
  for (const Wrong& each : cases) {
    const Outcome outcome = parse_all(each.text);
    ASSERT_FALSE(outcome.errors.empty()) << each.text;
    const Diagnostic& error = outcome.errors.front();
    EXPECT_NE(error.message.find(each.message), std::string::npos)
        << each.text << ": " << error.message;
    EXPECT_TRUE(each.text.substr(error.place.begin).starts_with(each.at))
        << each.text << ": at `" << each.text.substr(error.place.begin) << "`";
  }
}

TEST(ParseErrorTest, SuggestsWhatWasMeant) {
  const struct {
    std::string_view text;
    std::string_view hint;
  } cases[] = {
      {"fn f() { psuh 1 }", "did you mean `push`?"},
      {"fn f(count) { load coutn }", "did you mean `count`?"},
      {"fn f() { loop: jump lop }", "did you mean `loop`?"},
      {"fn main() { call mian }", "did you mean `main`?"},
      {"fn f(a) { push a }", "did you mean `load a`?"},
      {"chekc f() == 1", "did you mean `check`?"},
      {"check f() traps unreachabel", "did you mean `unreachable`?"},
  };
  for (const auto& each : cases) {
    const Outcome outcome = parse_all(each.text);
    ASSERT_FALSE(outcome.errors.empty()) << each.text;
    EXPECT_EQ(outcome.errors.front().hint, each.hint) << each.text;
  }
}

TEST(ParseErrorTest, GoesOnAtTheNextLine) {
  const std::string_view text =
      "fn f(a) {\n"
      "  blub push 1\n"
      "  load b\n"
      "  push x push 2\n"
      "  add ret\n"
      "}\n"
      "fn g(1) {\n  also wrong\n}\n"
      "fn h() { jump nowhere ret }\n";
  const Outcome outcome = parse_all(text);
  const Lines lines(text);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> at;
  for (const Diagnostic& error : outcome.errors) {
    const Position position = lines.position(error.place.begin);
    at.emplace_back(position.line, position.column);
  }
  EXPECT_EQ(at, (decltype(at){{2, 3}, {3, 8}, {4, 8}, {7, 6}, {10, 15}}));
  ASSERT_EQ(outcome.parsed.draft.functions.size(), 3U);
  for (const DraftFunction& function : outcome.parsed.draft.functions) {
    EXPECT_TRUE(function.broken) << function.name;
  }
  EXPECT_EQ(mnemonics(outcome.parsed.draft.functions[0]), (Words{"load", "add", "ret"}));
}

TEST(ParseErrorTest, TheRestIsCounted) {
  std::string text = "fn f() {\n";
  for (int i = 0; i < 100; ++i) text += "jump nowhere\n";
  const Outcome outcome = parse_all(text + "}", 5);
  EXPECT_EQ(outcome.errors.size(), 5U);
  EXPECT_EQ(outcome.count, 100U);
}

// Whatever comes in, something comes out: functions with their names and places beside them.
RC_GTEST_PROP(ParseTest, SurvivesAnyTokens, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
      Words{"fn",    "f",       "(",     ")",     "{",     "}",           "\n",        "push",
            "1",     "load",    "x",     "local", ":",     "jump",        "jumptable", "a",
            "check", "==",      "->",    "i64",   "print", "\"s\"",       "\"",        "call",
            ",",     "nan:0x1", "store", "3",     "traps", "out-of-fuel", ";"}));
  std::string text;
  for (const std::string& word : words) text += word + " ";
  const Outcome outcome = parse_all(text);
  const std::vector<DraftFunction>& functions = outcome.parsed.draft.functions;
  RC_ASSERT(outcome.parsed.names.size() == functions.size());
  RC_ASSERT(outcome.parsed.places.size() == functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    RC_ASSERT(outcome.parsed.places[i].code.size() == functions[i].code.size());
    RC_ASSERT(!functions[i].broken || outcome.count > 0);
  }
}

}  // namespace
}  // namespace rosetta
