#include "base/nearest.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace rosetta {
namespace {

TEST(NearestTest, FindsWhatWasMeant) {
  const std::vector<std::string_view> known = {"push",   "pop",  "jumpif",   "jumpifnot",
                                               "select", "load", "tailcall", "i64.add"};
  const struct {
    std::string_view word;
    std::string_view found;
  } cases[] = {
      {"psh", "push"},            // a letter lost
      {"pussh", "push"},          // one too many
      {"pusj", "push"},           // one wrong
      {"puhs", "push"},           // two exchanged
      {"push", "push"},           // the word itself
      {"jmupif", "jumpif"},       //
      {"jumpifno", "jumpifnot"},  // nearer than `jumpif`
      {"tialcal", "tailcall"},    // two slips in a long word
      {"lood", "load"},           //
      {"i64.ad", "i64.add"},      //
      {"pp", "pop"},              // one slip is allowed in the shortest
      {"x", ""},                  // but a word is not all slip
      {"", ""},                   //
      {"brnz", ""},               //
      {"plonk", ""},              // three slips in five letters
  };
  for (const auto& each : cases) EXPECT_EQ(nearest(each.word, known), each.found) << each.word;
}

TEST(NearestTest, TheFirstOfEqualsWins) {
  const std::vector<std::string_view> known = {"cat", "bat", "rat"};
  EXPECT_EQ(nearest("mat", known), "cat");
}

TEST(NearestTest, NothingIsNearNothing) { EXPECT_EQ(nearest("push", {}), ""); }

TEST(NearestTest, LongWordsAreNotCompared) {
  const std::string longest(64, 'a');
  const std::string beyond(65, 'a');
  const std::vector<std::string_view> known = {beyond, longest};
  EXPECT_EQ(nearest(longest, known), longest);
  EXPECT_EQ(nearest(beyond, known), "");
}

RC_GTEST_PROP(NearestTest, OneSlipInALongWordIsFound, ()) {
  const auto letters = rc::gen::container<std::string>(rc::gen::inRange('a', '{'));
  const std::string word = *rc::gen::suchThat(
      letters, [](const std::string& w) { return w.size() >= 2 && w.size() <= 60; });
  std::string slip = word;
  const auto at = *rc::gen::inRange<std::size_t>(0, word.size());
  switch (*rc::gen::inRange(0, 4)) {
    case 0: slip.erase(at, 1); break;
    case 1: slip.insert(at, 1, '_'); break;
    case 2: slip[at] = '_'; break;
    default:
      if (at + 1 < word.size()) std::swap(slip[at], slip[at + 1]);
      break;
  }
  const std::vector<std::string_view> known = {"###########", word};
  RC_ASSERT(nearest(slip, known) == word);
}

}  // namespace
}  // namespace rosetta
