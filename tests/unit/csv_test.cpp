#include "par/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace rosetta::par {
namespace {

using Records = std::vector<std::vector<std::string>>;

struct Outcome {
  Records records;
  std::vector<std::uint64_t> lines;
  std::string error;
};

CsvReader::Source pieces_of(std::string_view text, std::size_t piece) {
  return [text, piece](std::span<char> to) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({piece, to.size(), text.size()});
    std::copy_n(text.begin(), size, to.begin());
    text.remove_prefix(size);
    return size;
  };
}

Outcome read(std::string_view text, std::size_t piece = 1'000) {
  CsvReader reader("t.csv", pieces_of(text, piece));
  Outcome outcome;
  std::vector<std::string_view> fields;
  for (;;) {
    const Result<bool> there = reader.next(fields);
    if (!there) outcome.error = there.error().message;
    if (!there || !*there) return outcome;
    outcome.records.emplace_back(fields.begin(), fields.end());
    outcome.lines.push_back(reader.line());
  }
}

TEST(CsvTest, ReadsRecords) {
  const struct {
    std::string_view text;
    Records records;
  } cases[] = {
      {"", {}},
      {"\n\r\n\n", {}},
      {"a", {{"a"}}},
      {"a\n", {{"a"}}},
      {"a\r\n", {{"a"}}},
      {"a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"a,b\r\n1,2", {{"a", "b"}, {"1", "2"}}},
      {"a,b\n1,2\n\n\r\n", {{"a", "b"}, {"1", "2"}}},
      {"a\n\n1\n", {{"a"}, {""}, {"1"}}},
      {"\n\na\n", {{""}, {""}, {"a"}}},
      {",\n", {{"", ""}}},
      {"a,", {{"a", ""}}},
      {"\xef\xbb\xbf"
       "a,b\n",
       {{"a", "b"}}},
      {"\"a\"\n", {{"a"}}},
      {"\"\"", {{""}}},
      {"\"\"\n\"\"\n", {{""}, {""}}},
      {"\"\"\"\"", {{"\""}}},
      {"\"a \"\"b\"\"\",\"\"\"\"\"\"", {{"a \"b\"", "\"\""}}},
      {"\"a,b\",\"c\r\nd\"\n1,2", {{"a,b", "c\r\nd"}, {"1", "2"}}},
      {" a , b \n", {{" a ", " b "}}},
      {std::string_view("a\0b\n", 4), {{std::string("a\0b", 3)}}},
  };
  for (const auto& each : cases) {
    for (const std::size_t piece : {1U, 2U, 3U, 1'000U}) {
      const Outcome outcome = read(each.text, piece);
      EXPECT_EQ(outcome.error, "") << each.text;
      EXPECT_EQ(outcome.records, each.records) << each.text << " in pieces of " << piece;
    }
  }
}

TEST(CsvTest, KnowsTheLineOfARecord) {
  const Outcome outcome = read("a\n\"x\ny\r\nz\"\n\n\n1\r\n2");
  EXPECT_EQ(outcome.records, (Records{{"a"}, {"x\ny\r\nz"}, {""}, {""}, {"1"}, {"2"}}));
  EXPECT_EQ(outcome.lines, (std::vector<std::uint64_t>{1, 2, 5, 6, 7, 8}));
}

TEST(CsvTest, SaysWhatIsBroken) {
  const struct {
    std::string_view text;
    std::string_view message;
  } cases[] = {
      {"a\n\"b", "line 2: a quote is opened and never closed"},
      {"a\n\"b\"\"\n", "line 2: a quote is opened and never closed"},
      {"a\nb\"c\n", "line 2: a quote in a field"},
      {"a\n\"b\"c\n", "line 2: a quote in a field"},
      {"a\n \"b\"\n", "line 2: a quote in a field"},
      {"\"b\"\"c\"\"", "line 1: a quote is opened"},
      {"a\rb\n", "line 1: a carriage return"},
      {"a\nb\r", "line 2: a carriage return"},
      {"a\n\r", "line 2: a carriage return"},
  };
  for (const auto& each : cases) {
    for (const std::size_t piece : {1U, 2U, 1'000U}) {
      const Outcome outcome = read(each.text, piece);
      EXPECT_TRUE(outcome.error.starts_with("`t.csv`, " + std::string(each.message)))
          << each.text << ": " << outcome.error;
    }
  }
}

TEST(CsvTest, MemoryIsBounded) {
  const std::string longest(CsvReader::kLongestRecord - 1, 'x');
  EXPECT_EQ(read(longest + "\n1\n", 1U << 20).records.size(), 2U);
  std::size_t given = 0;
  CsvReader endless("t.csv", [&](std::span<char> to) -> Result<std::size_t> {
    std::ranges::fill(to, 'x');
    given += to.size();
    return to.size();
  });
  std::vector<std::string_view> fields;
  const Result<bool> there = endless.next(fields);
  ASSERT_FALSE(there);
  EXPECT_TRUE(there.error().message.contains("is longer than"));
  EXPECT_LE(given, 4 * CsvReader::kLongestRecord);
}

TEST(CsvTest, ErrorsOfTheSourceAreGivenOn) {
  CsvReader reader("t.csv", [](std::span<char>) -> Result<std::size_t> {
    return std::unexpected(Error{Fault::Machine, "gone"});
  });
  std::vector<std::string_view> fields;
  const Result<bool> there = reader.next(fields);
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().message, "gone");
}

RC_GTEST_PROP(CsvTest, WhatWasWrittenIsRead, ()) {
  const auto text =
      rc::gen::container<std::string>(rc::gen::element('a', ',', '"', '\n', '\r', ' ', '\0'));
  // (A record of one empty field is a blank line.)
  const auto records = *rc::gen::container<Records>(
      rc::gen::suchThat(rc::gen::container<std::vector<std::string>>(text),
                        [](const std::vector<std::string>& fields) { return !fields.empty(); }));
  std::string written;
  for (const auto& record : records) {
    const char* separator = "";
    for (const std::string& each : record) {
      written += separator;
      written += '"';
      for (const char c : each) written += c == '"' ? std::string("\"\"") : std::string(1, c);
      written += '"';
      separator = ",";
    }
    written += *rc::gen::element<std::string>("\n", "\r\n");
  }
  const Outcome outcome = read(written, *rc::gen::inRange<std::size_t>(1, 20));
  RC_ASSERT(outcome.error == "");
  RC_ASSERT(outcome.records == records);
}

}  // namespace
}  // namespace rosetta::par
