#include "base/edits.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rosetta {
namespace {

using Lines = std::vector<std::string>;

Lines apply(const Lines& from, const Lines& to, const std::vector<Edit>& found) {
  Lines result;
  std::size_t next = 0;  // of `from`: every line is kept or removed, in order
  for (const Edit& edit : found) {
    if (edit.kind == Edit::Kind::Add) {
      result.push_back(to.at(edit.line));
      continue;
    }
    EXPECT_EQ(edit.line, next++);
    if (edit.kind == Edit::Kind::Keep) result.push_back(from.at(edit.line));
  }
  EXPECT_EQ(next, from.size());
  return result;
}

std::size_t changes(const std::vector<Edit>& found) {
  return static_cast<std::size_t>(
      std::ranges::count_if(found, [](const Edit& edit) { return edit.kind != Edit::Kind::Keep; }));
}

// By the longest common subsequence, found by the textbook's table.
std::size_t fewest(const Lines& from, const Lines& to) {
  std::vector<std::vector<std::size_t>> longest(from.size() + 1,
                                                std::vector<std::size_t>(to.size() + 1));
  for (std::size_t i = from.size(); i-- > 0;) {
    for (std::size_t k = to.size(); k-- > 0;) {
      longest[i][k] = from[i] == to[k] ? longest[i + 1][k + 1] + 1
                                       : std::max(longest[i + 1][k], longest[i][k + 1]);
    }
  }
  return from.size() + to.size() - 2 * longest[0][0];
}

TEST(EditsTest, OfSmallTexts) {
  EXPECT_TRUE(edits({}, {}).empty());
  const Lines text{"a", "b", "c"};
  EXPECT_EQ(changes(edits(text, text)), 0U);
  EXPECT_EQ(changes(edits(text, {})), 3U);
  EXPECT_EQ(changes(edits({}, text)), 3U);
  const Lines other{"a", "x", "c"};
  const std::vector<Edit> found = edits(text, other);
  EXPECT_EQ(changes(found), 2U);
  EXPECT_EQ(apply(text, other, found), other);
}

RC_GTEST_PROP(EditsTest, TurnTheOneIntoTheOtherWithAsFewAsPossible, ()) {
  const auto line = rc::gen::element<std::string>("a", "b", "c");
  const auto from = *rc::gen::container<Lines>(line);
  const auto to = *rc::gen::container<Lines>(line);
  const std::vector<Edit> found = edits(from, to);
  RC_ASSERT(apply(from, to, found) == to);
  RC_ASSERT(changes(found) == fewest(from, to));
}

TEST(EditsTest, BeyondItsBoundEverythingIsReplaced) {
  Lines from{"same"};
  Lines to{"same"};
  for (int i = 0; i < 3'000; ++i) {
    from.push_back("f" + std::to_string(i));
    to.push_back("t" + std::to_string(i));
  }
  from.emplace_back("end");
  to.emplace_back("end");
  const std::vector<Edit> found = edits(from, to);
  EXPECT_EQ(changes(found), 6'000U);
  EXPECT_EQ(apply(from, to, found), to);
}

}  // namespace
}  // namespace rosetta
