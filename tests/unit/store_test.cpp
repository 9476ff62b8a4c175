// The store's floor without the command line: records, archives, names and their history. What a
// person sees of it, and its faults, are tests/cli's.
#include "store/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <string>
#include <vector>

#include "code/bytes.h"
#include "code/identity.h"
#include "store/archive.h"
#include "store/binding.h"
#include "store/insert.h"
#include "store/names.h"
#include "store/relink.h"
#include "store/sweep.h"
#include "store/verify.h"
#include "text/assemble.h"

namespace rosetta {
namespace {

constexpr char kEvenOdd[] =
    "fn even(n) { load n jumpifnot yes load n push 1 sub tailcall odd yes: push 1 ret }\n"
    "fn odd(n) { load n jumpifnot no load n push 1 sub tailcall even no: push 0 ret }\n"
    "fn both(n) { load n call even load n call odd add ret }\n";

class StoreTest : public testing::Test {
 protected:
  StoreTest() : store_(std::move(*Store::open(":memory:", Store::Mode::Create, {}))) {}

  // Puts a program's functions and names.
  std::vector<Hash> add(std::string_view text) {
    const Assembly assembly = assemble(text);
    EXPECT_EQ(assembly.error_count, 0U) << text;
    const Inserted inserted = insert(*store_, assembly.functions);
    std::vector<Move> moves;
    for (std::size_t i = 0; i < inserted.hashes.size(); ++i) {
      moves.push_back({.name = assembly.names[i].name, .after = inserted.hashes[i]});
    }
    move_names(*store_, begin_change(*store_, "add", 1), std::move(moves));
    EXPECT_TRUE(store_->status().has_value());
    return inserted.hashes;
  }
  std::optional<Hash> named(std::string_view name) {
    const std::optional<Name> found = find_name(*store_, name);
    return found ? std::optional(found->hash) : std::nullopt;
  }

  std::unique_ptr<Store> store_;
};

TEST(BindingTest, IsReadBackAndNothingElseIs) {
  const Binding binding{.name = "f",
                        .params = {"a", ""},
                        .locals = {"", "x"},
                        .labels = {{0, "start"}, {7, "end"}},
                        .callees = {"g", ""},
                        .text = "fn f(a) { ret } ; \xff\n"};
  const std::string bytes = encode_binding(binding);
  EXPECT_EQ(decode_binding(bytes), binding);
  EXPECT_EQ(decode_binding(encode_binding({})), Binding());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_binding(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decode_binding(bytes + "x").has_value());
}

TEST_F(StoreTest, KnowsWhoCallsWhomFromBothEnds) {
  const std::vector<Hash> hashes = add(kEvenOdd);
  const auto sorted = [](std::vector<Hash> list) {
    std::ranges::sort(list);
    return list;
  };
  EXPECT_EQ(store_->callees(hashes[2]), sorted({hashes[0], hashes[1]}));
  EXPECT_EQ(store_->callers(hashes[0]), sorted({hashes[1], hashes[2]}));
  EXPECT_EQ(sorted(store_->all_callers({&hashes[0], 1})), sorted(hashes));
  EXPECT_EQ(store_->all_functions(), sorted(hashes));
  EXPECT_FALSE(insert(*store_, assemble(kEvenOdd).functions).fresh.contains(hashes[0]));
}

TEST_F(StoreTest, UndoTakesBackAndIsTakenBack) {
  const Hash first = add("fn f() { push 1 ret }\n")[0];
  const Hash second = add("fn f() { push 2 ret }\nfn g() { push 3 ret }\n")[0];
  EXPECT_EQ(named("f"), second);
  ASSERT_TRUE(undo(*store_, std::nullopt, 2).has_value());
  EXPECT_EQ(named("f"), first);
  EXPECT_FALSE(named("g").has_value());
  ASSERT_TRUE(undo(*store_, 3, 2).has_value());  // the undo
  EXPECT_EQ(named("f"), second);
  EXPECT_FALSE(undo(*store_, 3, 2).has_value());
  EXPECT_FALSE(undo(*store_, 99, 2).has_value());
  // What moved on since stays.
  add("fn g() { push 4 ret }\n");
  const Result<HistoryEntry> refused = undo(*store_, 2, 2);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("`g` was moved again"), std::string::npos);
  EXPECT_EQ(named("f"), second);
}

TEST_F(StoreTest, SweepsWhatNothingReaches) {
  const std::vector<Hash> hashes = add(kEvenOdd);
  const Hash lone = add("fn lone() { push 5 ret }\n")[0];
  const Hash pinned = add("fn pinned() { push 6 ret }\n")[0];
  store_->pin(pinned);
  move_names(*store_, begin_change(*store_, "forget", 1),
             {{.name = "even"}, {.name = "both"}, {.name = "lone"}, {.name = "pinned"}});
  const Result<Sweep> plan = plan_sweep(*store_);
  ASSERT_TRUE(plan.has_value());
  std::vector<Hash> gone{hashes[2], lone};
  std::ranges::sort(gone);
  EXPECT_EQ(plan->functions, gone);
  sweep(*store_, *plan);
  EXPECT_TRUE(store_->has(hashes[0]));  // `odd` reaches it
  EXPECT_TRUE(store_->has(pinned));
  EXPECT_FALSE(store_->has(lone));
  const Result<Verified> verified = verify(*store_);
  ASSERT_TRUE(verified.has_value());
  EXPECT_TRUE(verified->findings.empty()) << verified->findings.front();
  move_names(*store_, begin_change(*store_, "forget", 1), {{.name = "odd"}});
  sweep(*store_, *plan_sweep(*store_));
  EXPECT_EQ(store_->all_functions(), std::vector{pinned});
}

TEST_F(StoreTest, ArchivesAreTheSameBytesForTheSameSet) {
  const std::vector<Hash> hashes = add(kEvenOdd);
  const std::string bytes = write_archive(*gather({&hashes[2], 1}, *store_));
  const std::vector<Hash> backwards{hashes[1], hashes[2], hashes[0]};
  EXPECT_EQ(write_archive(*gather(backwards, *store_)), bytes);
  const Result<Imported> imported = read_archive(bytes);
  ASSERT_TRUE(imported.has_value()) << imported.error().message;
  EXPECT_EQ(imported->roots, std::vector{hashes[2]});
}

// An archive of objects that are put together by hand, each right in itself.
std::string archive_of(const std::vector<std::pair<Hash, std::string>>& objects) {
  std::string bytes("RVM\x03\x01");
  put_number(bytes, objects.size());
  for (const auto& [hash, object] : objects) {
    bytes.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
    put_number(bytes, object.size());
    bytes += object;
  }
  return bytes;
}

TEST_F(StoreTest, ArchivesThatAreNotClosedOrNotCanonicalAreRefused) {
  const std::vector<Hash> hashes = add(kEvenOdd);
  const Archive archive = *gather({&hashes[2], 1}, *store_);
  const std::vector<std::pair<Hash, std::string>> all(archive.objects().begin(),
                                                      archive.objects().end());
  ASSERT_TRUE(read_archive(archive_of(all)).has_value());
  const auto refused = [](const auto& objects, std::string_view message) {
    const Result<Imported> imported = read_archive(archive_of(objects));
    ASSERT_FALSE(imported.has_value()) << message;
    EXPECT_NE(imported.error().message.find(message), std::string::npos)
        << imported.error().message;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto fewer = all;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    const bool caller = all[i].first == hashes[2];  // what is left is closed
    if (!caller) refused(fewer, to_hex(all[i].first));
  }
  auto swapped = all;
  std::swap(swapped[0], swapped[1]);
  refused(swapped, "out of order");
  auto twice = all;
  twice.insert(twice.begin(), twice[0]);
  refused(twice, "out of order");
  // A component that no function of the file is a member of.
  auto alone = all;
  std::erase_if(alone, [](const auto& each) { return each.second[3] != '\x01'; });
  ASSERT_EQ(alone.size(), 1U);
  refused(alone, "no function needs the object");
  EXPECT_FALSE(read_archive(archive_of(all) + "x").has_value());
}

TEST_F(StoreTest, RelinksCyclesAndLeavesAliasesAlone) {
  const std::vector<Hash> hashes = add(kEvenOdd);
  // A new `odd` beside the old `even`.
  const Assembly file = assemble("fn odd(n) { load n push 1 and ret }\n");
  const std::vector<Definition> definitions{{"odd", 0}};
  const Result<Relinked> relinked =
      relink(*store_, file.functions, identify(file.functions), definitions);
  ASSERT_TRUE(relinked.has_value()) << relinked.error().message;
  ASSERT_EQ(relinked->dependents.size(), 2U);
  const std::vector<Hash> now = identify(relinked->functions);
  // As if the three had been written together.
  const std::vector<Hash> wanted = identify(
      assemble(
          "fn even(n) { load n jumpifnot yes load n push 1 sub tailcall odd yes: push 1 ret }\n"
          "fn odd(n) { load n push 1 and ret }\n"
          "fn both(n) { load n call even load n call odd add ret }\n")
          .functions);
  for (const Dependent& dependent : relinked->dependents) {
    EXPECT_EQ(now[dependent.function], wanted[dependent.name == "even" ? 0 : 2]) << dependent.name;
  }
  // With a second name for the old one, and no record of which name was written, callers stay.
  move_names(*store_, begin_change(*store_, "rename", 1), {{.name = "odd2", .after = hashes[1]}});
  const Result<Relinked> kept =
      relink(*store_, file.functions, identify(file.functions), definitions);
  ASSERT_TRUE(kept.has_value());
  const std::vector<Hash> same = identify(kept->functions);
  for (const Dependent& dependent : kept->dependents) {
    EXPECT_EQ(same[dependent.function], dependent.before) << dependent.name;
  }
}

// `a1` and `a2` are one function, whose writers called what it calls by different names.
TEST_F(StoreTest, RelinksEachNameAsItWasWritten) {
  const Assembly before = assemble(
      "fn f() { push 1 ret }\nfn g() { push 1 ret }\n"
      "fn a1() { call f ret }\nfn a2() { call g ret }\nfn top() { call a1 call a2 add ret }\n");
  const Inserted inserted = insert(*store_, before.functions);
  ASSERT_EQ(inserted.hashes[2], inserted.hashes[3]);
  std::vector<Move> moves;
  for (std::uint32_t i = 0; i < before.written; ++i) {
    Binding binding{.name = before.names[i].name};
    for (const std::uint32_t callee : before.functions[i].callees()) {
      binding.callees.push_back(before.names[callee].name);
    }
    moves.push_back({.name = binding.name,
                     .after = inserted.hashes[i],
                     .after_binding = put_binding(*store_, binding)});
  }
  move_names(*store_, begin_change(*store_, "add", 1), std::move(moves));
  const auto relinked_as = [&](std::string_view file, std::string_view whole) {
    const Assembly assembly = assemble(file);
    std::vector<Definition> definitions;
    for (std::uint32_t i = 0; i < assembly.written; ++i) {
      definitions.push_back({assembly.names[i].name, i});
    }
    const Result<Relinked> relinked =
        relink(*store_, assembly.functions, identify(assembly.functions), definitions);
    ASSERT_TRUE(relinked.has_value());
    const std::vector<Hash> now = identify(relinked->functions);
    const Assembly wanted = assemble(whole);
    const std::vector<Hash> hashes = identify(wanted.functions);
    ASSERT_EQ(relinked->dependents.size(), 3U);
    for (const Dependent& dependent : relinked->dependents) {
      EXPECT_EQ(now[dependent.function], hashes[*wanted.find(dependent.name)]) << dependent.name;
    }
  };
  relinked_as("fn f() { push 2 ret }\nfn g() { push 3 ret }\n",
              "fn f() { push 2 ret }\nfn g() { push 3 ret }\nfn a1() { call f ret }\n"
              "fn a2() { call g ret }\nfn top() { call a1 call a2 add ret }\n");
  relinked_as("fn f() { push 2 ret }\n",
              "fn f() { push 2 ret }\nfn g() { push 1 ret }\nfn a1() { call f ret }\n"
              "fn a2() { call g ret }\nfn top() { call a1 call a2 add ret }\n");
}

TEST_F(StoreTest, PuttingAgainRepairs) {
  const std::vector<Hash> hashes = add(kEvenOdd);
  store_->database().execute("UPDATE object SET bytes = x'00', component = NULL");
  EXPECT_FALSE(load(hashes, *store_).has_value());
  EXPECT_FALSE(plan_sweep(*store_).has_value());
  add(kEvenOdd);
  EXPECT_TRUE(load(hashes, *store_).has_value());
  const Result<Verified> verified = verify(*store_);
  ASSERT_TRUE(verified.has_value());
  EXPECT_TRUE(verified->findings.empty()) << verified->findings.front();
}

TEST_F(StoreTest, SweepingTrustsNoTable) {
  const std::vector<Hash> hashes = add(kEvenOdd);
  store_->database().execute("UPDATE object SET component = NULL; DELETE FROM call");
  const Result<Sweep> plan = plan_sweep(*store_);
  ASSERT_TRUE(plan.has_value());
  EXPECT_TRUE(plan->objects.empty());
  sweep(*store_, *plan);
  EXPECT_TRUE(load(hashes, *store_).has_value());
  EXPECT_FALSE(verify(*store_)->findings.empty());
}

TEST_F(StoreTest, UndosOfUndosMarkWhatStands) {
  const Hash first = add("fn f() { push 1 ret }\n")[0];
  const Hash second = add("fn f() { push 2 ret }\n")[0];
  for (const std::int64_t change : {2, 3, 4}) {
    ASSERT_TRUE(undo(*store_, change, 2).has_value()) << change;
  }
  EXPECT_EQ(named("f"), first);  // 2 is taken back: by 3, which 4 took back, which 5 took back
  ASSERT_TRUE(undo(*store_, std::nullopt, 2).has_value());
  EXPECT_FALSE(named("f").has_value());  // the newest that stands was 1
  EXPECT_NE(first, second);
}

TEST_F(StoreTest, UndoKeepsWhatWasWrittenSince) {
  const Hash hash = add("fn f() { push 1 ret }\n")[0];
  const BindingId binding = put_binding(*store_, {.name = "f", .text = "fn f() { push 1 ret }\n"});
  move_names(*store_, begin_change(*store_, "add", 1),
             {{.name = "f", .after = hash, .after_binding = binding}});
  EXPECT_FALSE(undo(*store_, 1, 2).has_value());
  ASSERT_TRUE(undo(*store_, 2, 2).has_value());
  EXPECT_TRUE(undo(*store_, 1, 2).has_value());
}

// Each of them moves nearly as many values as a text may.
TEST_F(StoreTest, WhatLoadsAloneLoadsTogether) {
  std::string types = "i64";
  std::string params = "p0: i64";
  std::string loads = "load 0";
  for (int i = 1; i < 30'000; ++i) {
    types += ", i64";
    params += fmt::format(", p{}: i64", i);
    loads += fmt::format(" load {}", i);
  }
  std::vector<Hash> hashes;
  for (const int calls : {270, 271}) {
    std::string text = fmt::format("fn g({0}) -> ({1}) {{ {2} ret }}\nfn f({0}) -> ({1}) {{ {2}",
                                   params, types, loads);
    for (int i = 0; i < calls; ++i) text += " call g";
    const std::vector<Hash> added = add(text + " ret }\n");
    hashes.insert(hashes.end(), added.begin(), added.end());
  }
  const Result<Loaded> loaded = load(hashes, *store_);
  EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
}

TEST_F(StoreTest, ADependentThatDoesNotFitIsNamed) {
  add(kEvenOdd);
  const Assembly file = assemble("fn odd(n: f64) { load n push 1.0 add ret }\n");
  const std::vector<Definition> definitions{{"odd", 0}};
  const Result<Relinked> relinked =
      relink(*store_, file.functions, identify(file.functions), definitions);
  ASSERT_FALSE(relinked.has_value());
  EXPECT_EQ(relinked.error().fault, Fault::Program);
  EXPECT_NE(relinked.error().message.find("does not fit"), std::string::npos);
}

}  // namespace
}  // namespace rosetta
