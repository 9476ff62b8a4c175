// Loading is verifying: what comes back is what was kept, and nothing else comes back.
#include "check/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "code/bytes.h"
#include "code/identity.h"
#include "fuzz/generator.h"
#include "fuzz/values.h"
#include "unit/objects.h"

namespace rosetta {
namespace {

FunctionParts without_callees(const Function& function) {
  FunctionParts parts = function.parts();
  parts.callees.clear();
  return parts;
}

std::vector<Hash> callees(const Function& function, std::span<const Hash> hashes) {
  std::vector<Hash> result;
  for (const std::uint32_t callee : function.callees()) result.push_back(hashes[callee]);
  return result;
}

// Loads what is kept of a program and compares.
void expect_comes_back(std::string_view text) {
  const std::vector<Function> functions = functions_of(text);
  MemoryLibrary library;
  const std::vector<Hash> hashes = library.add(functions);
  const Result<Loaded> loaded = load(hashes, library);
  ASSERT_TRUE(loaded) << loaded.error().message << "\n" << text;
  EXPECT_EQ(std::set(loaded->hashes.begin(), loaded->hashes.end()),
            std::set(hashes.begin(), hashes.end()));
  ASSERT_EQ(loaded->functions.size(), loaded->hashes.size());
  EXPECT_EQ(identify(loaded->functions), loaded->hashes);
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const std::uint32_t number = loaded->numbers.at(hashes[i]);
    ASSERT_EQ(loaded->hashes[number], hashes[i]);
    const Function& function = loaded->functions[number];
    EXPECT_EQ(without_callees(function), without_callees(functions[i])) << text;
    EXPECT_EQ(callees(function, loaded->hashes), callees(functions[i], hashes)) << text;
    EXPECT_EQ(function.max_height(), functions[i].max_height()) << text;
    EXPECT_EQ(function.first_halt(), functions[i].first_halt()) << text;
  }
}

TEST(LoadTest, WhatWasKeptComesBack) {
  for (const std::string_view text :
       {"fn f() { trap }", "fn f(n) { load n call f ret }",
        "fn f(n) { load n call g ret } fn g(n) { load n call h ret } fn h(n) { load n call g ret }",
        "fn f(a: f32) -> () { local d: f64 load a pop ret\nload d f64.sqrt pop call f trap }",
        "fn f() -> (f32, f64) { push nan:0x1 push -nan:0x4000000000001 ret }",
        "fn f() -> (i32, i64) { push 0x80000000 push 0x8000000000000000 ret }",
        "fn f(n) -> () { load n jumptable a b a\na: print \"\\n;\" b: ret }",
        "fn f() { push 1 halt\npush 1.5f32 halt }"}) {
    expect_comes_back(text);
  }
  for (std::uint64_t seed = 1; seed <= 100; ++seed) expect_comes_back(fuzz::random_program(seed));
}

// A function alone brings what it needs: the functions it reaches, whole components with them.
TEST(LoadTest, BringsTheClosureAlone) {
  const std::vector<Function> functions = functions_of(
      "fn leaf(n) { load n push 1 add ret }\n"
      "fn even(n) { load n call odd ret }\n"
      "fn odd(n) { load n call even call leaf ret }\n"
      "fn user(n) { load n call even ret }\n"
      "fn other(n) { load n call leaf call leaf ret }\n");
  MemoryLibrary library;
  const std::vector<Hash> hashes = library.add(functions);
  const struct {
    std::vector<int> roots;
    std::vector<int> all;
  } cases[] = {{{}, {}},
               {{0}, {0}},
               {{1}, {0, 1, 2}},
               {{2}, {0, 1, 2}},
               {{3}, {0, 1, 2, 3}},
               {{4}, {0, 4}},
               {{4, 4, 0}, {0, 4}},
               {{2, 4, 1}, {0, 1, 2, 4}}};
  for (const auto& each : cases) {
    std::vector<Hash> roots;
    std::set<Hash> all;
    for (const int root : each.roots) roots.push_back(hashes[static_cast<std::size_t>(root)]);
    for (const int one : each.all) all.insert(hashes[static_cast<std::size_t>(one)]);
    const Result<Loaded> loaded = load(roots, library);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(std::set(loaded->hashes.begin(), loaded->hashes.end()), all);
    EXPECT_EQ(loaded->hashes.size(), all.size());
  }
}

// The error when `roots` are loaded; it names the object `hash`.
std::string error_about(const Hash& hash, std::span<const Hash> roots, MemoryLibrary& library,
                        Fault fault = Fault::Machine) {
  const Result<Loaded> loaded = load(roots, library);
  if (loaded) {
    ADD_FAILURE() << "it was loaded";
    return "";
  }
  EXPECT_NE(loaded.error().message.find("#" + to_hex(hash)), std::string::npos)
      << loaded.error().message << "\nis not about " << to_hex(hash);
  EXPECT_EQ(loaded.error().fault, fault) << loaded.error().message;
  return loaded.error().message;
}

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(LoadTest, NamesWhatIsMissingAndWhoNeedsIt) {
  const std::vector<Function> functions = functions_of(
      "fn leaf(n) { load n push 1 add ret }\n"
      "fn even(n) { load n call odd ret }\n"
      "fn odd(n) { load n call even call leaf ret }\n"
      "fn main(n) { load n call even ret }\n");
  MemoryLibrary whole;
  const std::vector<Hash> hashes = whole.add(functions);
  const Hash component = decode_object(whole.objects.at(hashes[1]))->component;
  const struct {
    Hash missing;
    std::optional<Hash> needed_by;  // nothing for what was asked for
  } cases[] = {{hashes[3], {}},
               {hashes[0], hashes[2]},
               {hashes[1], hashes[3]},
               {hashes[2], component},
               {component, hashes[1]}};
  for (const auto& each : cases) {
    MemoryLibrary library = whole;
    library.objects.erase(each.missing);
    const std::string message = error_about(each.missing, std::span(&hashes[3], 1), library);
    std::string wanted = "there is no object #" + to_hex(each.missing);
    if (each.needed_by) wanted += ", which #" + to_hex(*each.needed_by) + " needs";
    EXPECT_EQ(message, wanted);
  }
}

TEST(LoadTest, BytesOfAnotherObjectAreRefused) {
  MemoryLibrary library;
  const std::vector<Hash> hashes =
      library.add(functions_of("fn f(n) { load n ret } fn g(n) { load n push 1 add ret }"));
  library.objects[hashes[0]] = library.objects[hashes[1]];
  EXPECT_SAYS(error_about(hashes[0], hashes, library), "its bytes have another hash");
}

using Outside = std::map<std::uint32_t, Hash>;

// A component object with the functions `members` of a program in this order; what they call
// beyond these is in `outside`.
Object component_of(std::span<const Function> functions, const std::vector<std::uint32_t>& members,
                    const Outside& outside = {}) {
  Object object;
  object.kind = ObjectKind::Component;
  for (const std::uint32_t member : members) {
    Node node{.parts = functions[member].parts(), .callees = {}};
    for (const std::uint32_t callee : functions[member].callees()) {
      const auto found = std::ranges::find(members, callee);
      const bool inner = found != members.end();
      node.callees.push_back({.inner = inner,
                              .place = static_cast<std::uint32_t>(found - members.begin()),
                              .hash = inner ? Hash() : outside.at(callee)});
    }
    object.nodes.push_back(std::move(node));
  }
  return object;
}

Object function_object(std::span<const Function> functions, std::uint32_t number,
                       const Outside& outside) {
  Object object = component_of(functions, {number}, outside);
  object.kind = ObjectKind::Function;
  return object;
}

TEST(CanonicalTest, ComponentsByHandAreThoseOfIdentify) {
  const std::vector<Function> functions = functions_of(
      "fn f(n) { load n call f ret }\n"
      "fn even(n) { load n push 2 call f pop call odd ret }\n"
      "fn odd(n) { load n call even ret }\n"
      "fn user(n) { load n call even call f ret }\n");
  MemoryLibrary kept;
  const std::vector<Hash> hashes = kept.add(functions);
  MemoryLibrary made;
  EXPECT_EQ(add_component(made, component_of(functions, {0})), std::vector{hashes[0]});
  const Object even = component_of(functions, {1, 2}, {{0, hashes[0]}});
  const Object odd = component_of(functions, {2, 1}, {{0, hashes[0]}});
  const bool even_first = kept.objects.contains(blake3(encode(even)));
  add_component(made, even_first ? even : odd);
  made.add(encode(function_object(functions, 3, {{0, hashes[0]}, {1, hashes[1]}})));
  EXPECT_EQ(made.objects, kept.objects);
}

struct Form {
  const char* what;
  std::string_view text;
  std::vector<std::uint32_t> members;  // of the component object
  std::vector<std::uint32_t> stored;   // functions that are kept as identify() writes them
};

// None of these is the object of its functions.
TEST(CanonicalTest, OtherComponentsAreRefused) {
  const Form cases[] = {
      {"not minimal: two members of one body call each other",
       "fn ping(n) { load n call pong ret } fn pong(n) { load n call ping ret }",
       {0, 1},
       {}},
      {"not minimal: a ring of three of one body",
       "fn a(n) { load n call b ret } fn b(n) { load n call c ret } fn c(n) { load n call a ret }",
       {0, 1, 2},
       {}},
      {"not minimal: period two of four",
       "fn a(n) { load n call b ret } fn b(n) { load n tailcall c }\n"
       "fn c(n) { load n call d ret } fn d(n) { load n tailcall a }",
       {0, 1, 2, 3},
       {}},
      {"not minimal: an unrolled member beside the one that calls itself",
       "fn a(n) { load n call a ret } fn b(n) { load n call a ret }",
       {0, 1},
       {}},
      {"on no cycle", "fn a(n) { load n ret }", {0}, {}},
      {"on no cycle: a callee beside its caller",
       "fn a(n) { load n call b ret } fn b(n) { load n ret }",
       {0, 1},
       {}},
      {"not connected: two that call themselves",
       "fn a(n) { load n call a ret } fn b(n) { load n tailcall b }",
       {0, 1},
       {}},
      {"not strongly connected: one calls into the other's cycle",
       "fn a(n) { load n call a call b ret } fn b(n) { load n call b ret }",
       {0, 1},
       {}},
      {"not strongly connected: an entry before a cycle",
       "fn a(n) { load n tailcall b } fn b(n) { load n call c ret } fn c(n) { load n call b pop "
       "trap }",
       {0, 1, 2},
       {}},
      {"folds into a cycle that it calls",
       "fn f(n) { load n call f call f ret } fn a(n) { load n call b call f ret }\n"
       "fn b(n) { load n call a call f ret }",
       {1, 2},
       {0}},
      {"one that calls itself folds into a cycle that it calls",
       "fn f(n) { load n call f call f ret } fn a(n) { load n call a call f ret }",
       {1},
       {0}},
      {"folds into a cycle of two",
       "fn p(n) { load n call q call p ret } fn q(n) { load n call p call q pop trap }\n"
       "fn a(n) { load n call b call p ret } fn b(n) { load n call a call q pop trap }",
       {2, 3},
       {0, 1}},
      {"folds into a cycle that it calls by way of an unrolled copy",
       "fn f(n) { load n call f call f ret } fn g(n) { load n call f call f ret }\n"
       "fn a(n) { load n call a call g ret }",
       {2},
       {0, 1}},
  };
  for (const Form& each : cases) {
    const std::vector<Function> functions = functions_of(each.text);
    const std::vector<Hash> right = identify(functions);
    // Whatever the order: each is a spelling of its own.
    std::vector<std::uint32_t> members = each.members;
    do {
      MemoryLibrary library;
      Outside outside;
      if (!each.stored.empty()) {
        library.add(functions);
        for (const std::uint32_t number : each.stored) outside.emplace(number, right[number]);
      }
      const std::vector<Hash> hashes =
          add_component(library, component_of(functions, members, outside));
      for (std::size_t i = 0; i < hashes.size(); ++i) {
        SCOPED_TRACE(each.what);
        EXPECT_NE(hashes[i], right[members[i]]);
        const Result<Loaded> loaded = load(std::span(&hashes[i], 1), library);
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().fault, Fault::Machine);
        EXPECT_SAYS(loaded.error().message, "it is not in canonical form");
        // It names a member, and the function that is meant.
        EXPECT_SAYS(loaded.error().message, to_hex(hashes[i]));
        EXPECT_SAYS(loaded.error().message, to_hex(right[members[i]]));
      }
    } while (std::ranges::next_permutation(members).found);
  }
}

// Of all orders of the members one is canonical.
TEST(CanonicalTest, MembersHaveOneOrder) {
  const Form cases[] = {
      {"by their bodies",
       "fn a(n) { load n call b ret } fn b(n) { load n tailcall a }",
       {0, 1},
       {}},
      {"by rounds alone, from one that differs",
       "fn a(n) { load n call b ret } fn b(n) { load n call c ret }\n"
       "fn c(n) { load n call d ret } fn d(n) { load n tailcall a }",
       {0, 1, 2, 3},
       {}},
      {"by which of two callees is which",
       "fn a(n) { load n call b call c ret } fn b(n) { load n call c call a ret }\n"
       "fn c(n) { load n tailcall a }",
       {0, 1, 2},
       {}},
      {"by a callee outside",
       "fn a(n) { load n call b call c ret } fn b(n) { load n call a call d ret }\n"
       "fn c(n) { load n ret } fn d(n) { push 1 ret }",
       {0, 1},
       {2, 3}},
  };
  for (const Form& each : cases) {
    const std::vector<Function> functions = functions_of(each.text);
    MemoryLibrary library;
    const std::vector<Hash> right = library.add(functions);
    Outside outside;
    for (const std::uint32_t number : each.stored) outside.emplace(number, right[number]);
    std::vector<std::uint32_t> members = each.members;
    int accepted = 0;
    do {
      const std::vector<Hash> hashes =
          add_component(library, component_of(functions, members, outside));
      const Result<Loaded> loaded = load(hashes, library);
      if (loaded) {
        ++accepted;
        for (std::size_t i = 0; i < members.size(); ++i) EXPECT_EQ(hashes[i], right[members[i]]);
      } else {
        EXPECT_SAYS(loaded.error().message, "it is not in canonical form");
      }
    } while (std::ranges::next_permutation(members).found);
    EXPECT_EQ(accepted, 1) << each.what;
  }
}

TEST(CanonicalTest, UnrolledFunctionsAreRefused) {
  const std::string_view texts[] = {
      "fn f(n) { load n call f ret } fn g(n) { load n call f ret }",
      "fn f(n) { load n call h ret } fn g(n) { load n call h ret } fn h(n) { load n tailcall f }",
      "fn f(n) { load n call f call h ret } fn g(n) { load n call f call h ret }\n"
      "fn h(n) { load n ret }",
  };
  for (const std::string_view text : texts) {
    const std::vector<Function> functions = functions_of(text);
    MemoryLibrary library;
    const std::vector<Hash> right = library.add(functions);
    Outside outside;
    for (std::uint32_t i = 0; i < right.size(); ++i) outside.emplace(i, right[i]);
    const Hash copy = library.add(encode(function_object(functions, 1, outside)));
    EXPECT_NE(copy, right[1]);
    const std::string message = error_about(copy, std::span(&copy, 1), library);
    EXPECT_SAYS(message,
                "it is not in canonical form; its function has the hash #" + to_hex(right[0]));
    // Beside what is right, too, and as another's callee.
    const std::vector<Hash> roots = {right[0], copy};
    EXPECT_SAYS(error_about(copy, roots, library), "it is not in canonical form");
    outside[0] = copy;
    const Hash caller = library.add(encode(function_object(functions, 1, outside)));
    EXPECT_SAYS(error_about(caller, std::span(&caller, 1), library), "not in canonical form");
  }
}

TEST(LoadTest, MembersMustFitTheirComponent) {
  MemoryLibrary library;
  const std::vector<Hash> hashes = library.add(functions_of(
      "fn f(n) { load n call g ret } fn g(n) { load n tailcall f } fn h(n) { load n ret }"));
  const Hash component = decode_object(library.objects.at(hashes[0]))->component;
  const auto member = [&](const Hash& of, std::uint32_t place) {
    return library.add(member_object(of, place));
  };
  const auto message = [&](const Hash& hash) {
    return error_about(hash, std::span(&hash, 1), library);
  };
  EXPECT_SAYS(message(member(component, 2)), "its component has no such member");
  EXPECT_SAYS(message(member(component, 0xffff'ffff)), "its component has no such member");
  EXPECT_SAYS(message(member(hashes[2], 0)), "#" + to_hex(hashes[2]) + " is no component");
  EXPECT_SAYS(message(member(hashes[0], 0)), "#" + to_hex(hashes[0]) + " is no component");
  // The second time the component is known already.
  const std::vector<Hash> roots = {hashes[0], member(component, 2)};
  EXPECT_SAYS(error_about(roots[1], roots, library), "its component has no such member");
}

TEST(LoadTest, AComponentIsNoFunction) {
  MemoryLibrary library;
  const std::vector<Function> functions =
      functions_of("fn f(n) { load n call f ret } fn g(n) { load n tailcall f }");
  const std::vector<Hash> hashes = library.add(functions);
  const Hash component = decode_object(library.objects.at(hashes[0]))->component;
  // Who asks for it is wrong.
  EXPECT_SAYS(error_about(component, std::span(&component, 1), library, Fault::Program),
              "is a component, not a function");
  // What calls it is damaged.
  const Hash caller = library.add(encode(function_object(functions, 1, {{0, component}})));
  EXPECT_SAYS(error_about(caller, std::span(&caller, 1), library), "damaged");
}

}  // namespace
}  // namespace rosetta
