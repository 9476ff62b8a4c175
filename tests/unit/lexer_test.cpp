#include "text/lexer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace rosetta {
namespace {

using Kind = Token::Kind;

struct Expected {
  Kind kind;
  std::string_view text;
};

std::vector<Token> tokens(std::string_view text, Lexer::Comments comments = Lexer::Comments::Skip) {
  Lexer lexer(text, comments);
  std::vector<Token> all;
  do {
    all.push_back(lexer.next());
  } while (all.back().kind != Kind::End);
  return all;
}

void expect_tokens(std::string_view text, const std::vector<Expected>& expected,
                   Lexer::Comments comments = Lexer::Comments::Skip) {
  const std::vector<Token> found = tokens(text, comments);
  ASSERT_EQ(found.size(), expected.size() + 1) << text;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].kind, expected[i].kind) << text << ": " << found[i].text;
    EXPECT_EQ(found[i].text, expected[i].text) << text;
    EXPECT_EQ(text.substr(found[i].span.begin, found[i].span.end - found[i].span.begin),
              found[i].text);
  }
}

TEST(LexerTest, Tokens) {
  const struct {
    std::string_view text;
    std::vector<Expected> tokens;
  } cases[] = {
      {"", {}},
      {" \t\r\f\v", {}},
      {"i64.add", {{Kind::Word, "i64.add"}}},
      {"_a.b_9 Z", {{Kind::Word, "_a.b_9"}, {Kind::Word, "Z"}}},
      {"a\nb", {{Kind::Word, "a"}, {Kind::Newline, "\n"}, {Kind::Word, "b"}}},
      {"fn f(a: i64) -> (f32, f64) {",
       {{Kind::Word, "fn"},
        {Kind::Word, "f"},
        {Kind::Mark, "("},
        {Kind::Word, "a"},
        {Kind::Mark, ":"},
        {Kind::Word, "i64"},
        {Kind::Mark, ")"},
        {Kind::Mark, "->"},
        {Kind::Mark, "("},
        {Kind::Word, "f32"},
        {Kind::Mark, ","},
        {Kind::Word, "f64"},
        {Kind::Mark, ")"},
        {Kind::Mark, "{"}}},
      {"f(1)==-2",
       {{Kind::Word, "f"},
        {Kind::Mark, "("},
        {Kind::Value, "1"},
        {Kind::Mark, ")"},
        {Kind::Mark, "=="},
        {Kind::Value, "-2"}}},
      {"42 -7 +3 #ab12 .5",
       {{Kind::Value, "42"},
        {Kind::Value, "-7"},
        {Kind::Value, "+3"},
        {Kind::Value, "#ab12"},
        {Kind::Value, ".5"}}},
      {"12abc", {{Kind::Value, "12abc"}}},
      {"1e-9 1E+9 1e-9f32",
       {{Kind::Value, "1e-9"}, {Kind::Value, "1E+9"}, {Kind::Value, "1e-9f32"}}},
      {"0x1.8p-3", {{Kind::Value, "0x1.8p-3"}}},
      {"-0x1P+3", {{Kind::Value, "-0x1P+3"}}},
      {"0x1e-9", {{Kind::Value, "0x1e"}, {Kind::Value, "-9"}}},
      {"1-2", {{Kind::Value, "1"}, {Kind::Value, "-2"}}},
      {"push ; a comment\nret", {{Kind::Word, "push"}, {Kind::Newline, "\n"}, {Kind::Word, "ret"}}},
      {"#! /usr/bin/env rosettavm\nfn", {{Kind::Newline, "\n"}, {Kind::Word, "fn"}}},
      {"a #!", {{Kind::Word, "a"}, {Kind::Value, "#"}, {Kind::Bad, "!"}}},
      {"print \"a;b\"", {{Kind::Word, "print"}, {Kind::String, "\"a;b\""}}},
      {R"("a\"b" "\\")", {{Kind::String, R"("a\"b")"}, {Kind::String, R"("\\")"}}},
      {"\"open\nret", {{Kind::Bad, "\"open"}, {Kind::Newline, "\n"}, {Kind::Word, "ret"}}},
      {"\"open\\", {{Kind::Bad, "\"open\\"}}},
      {"\"open\\\nret", {{Kind::Bad, "\"open\\"}, {Kind::Newline, "\n"}, {Kind::Word, "ret"}}},
      {"@ = \xe2\x82\xac.",
       {{Kind::Bad, "@"}, {Kind::Bad, "="}, {Kind::Bad, "\xe2\x82\xac"}, {Kind::Value, "."}}},
  };
  for (const auto& each : cases) expect_tokens(each.text, each.tokens);
}

TEST(LexerTest, CommentsWhereAskedFor) {
  expect_tokens("#!run\na ;b \n;c",
                {{Kind::Comment, "#!run"},
                 {Kind::Newline, "\n"},
                 {Kind::Word, "a"},
                 {Kind::Comment, ";b "},
                 {Kind::Newline, "\n"},
                 {Kind::Comment, ";c"}},
                Lexer::Comments::Keep);
}

TEST(LexerTest, OperandsMayBeNamedFloats) {
  const struct {
    std::string_view text;
    Expected token;
  } cases[] = {
      {"inf", {Kind::Value, "inf"}},
      {"-inf", {Kind::Value, "-inf"}},
      {"nan ", {Kind::Value, "nan"}},
      {"-nan", {Kind::Value, "-nan"}},
      {"nan:0x12 a", {Kind::Value, "nan:0x12"}},
      {"-nan:0xF", {Kind::Value, "-nan:0xF"}},
      {"nan:1", {Kind::Value, "nan"}},
      {"nan: 0x1", {Kind::Value, "nan"}},
      {"nano", {Kind::Word, "nano"}},
      {"inf:0x1", {Kind::Value, "inf"}},
      {"42", {Kind::Value, "42"}},
      {"\n1", {Kind::Newline, "\n"}},
  };
  for (const auto& each : cases) {
    Lexer lexer(each.text);
    const Token token = lexer.next_operand();
    EXPECT_EQ(token.kind, each.token.kind) << each.text;
    EXPECT_EQ(token.text, each.token.text) << each.text;
  }
}

TEST(LexerTest, RewindReadsATokenAgain) {
  Lexer lexer("  nan:0x1 ret");
  const Token word = lexer.next();
  EXPECT_EQ(word.text, "nan");
  EXPECT_TRUE(lexer.colon_follows());
  lexer.rewind(word);
  EXPECT_EQ(lexer.next_operand().text, "nan:0x1");
  EXPECT_FALSE(lexer.colon_follows());
  EXPECT_EQ(lexer.next().text, "ret");
}

TEST(LexerTest, Names) {
  for (const std::string_view name : {"a", "_", "i64.add", "A9_.x"}) EXPECT_TRUE(is_name(name));
  for (const std::string_view other : {"", "9a", ".a", "a-b", "a b", "a:", "\xc3\xa4"}) {
    EXPECT_FALSE(is_name(other)) << other;
  }
}

// Whatever the text, tokens come in order, do not overlap, and only blanks lie between them.
RC_GTEST_PROP(LexerTest, TokensCoverAnyText, ()) {
  const std::string text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("ae19x._-+#!;\"\\\n:(){}=>, \t\r\xc3\xa4")));
  std::size_t at = 0;
  for (const Token& token : tokens(text, Lexer::Comments::Keep)) {
    RC_ASSERT(token.span.begin >= at);
    RC_ASSERT(text.substr(at, token.span.begin - at).find_first_not_of(" \t\r") ==
              std::string::npos);
    RC_ASSERT(text.substr(token.span.begin, token.span.end - token.span.begin) == token.text);
    RC_ASSERT((token.kind == Kind::End) == token.text.empty());
    at = token.span.end;
  }
  RC_ASSERT(at == text.size());
}

}  // namespace
}  // namespace rosetta
