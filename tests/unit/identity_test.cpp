#include "code/identity.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "check/load.h"
#include "unit/call_graph.h"
#include "unit/objects.h"

namespace rosetta {
namespace {

// The hash of a text's first function.
Hash first_hash(const std::string& text) { return identify(functions_of(text)).at(0); }

TEST(IdentityTest, SpellingIsNoPartOfIt) {
  const struct {
    const char* what;
    std::vector<std::string> texts;  // whose first functions are the same
  } cases[] = {
      {"names, comments, layout",
       {"fn f(n) { local x load n store x x: load x jumpifnot x load x ret }",
        "#!/bin/rosettavm\n; a comment\nfn other(a: i64) -> i64 {\n\n  local b ; another\n"
        "  load a\n  store b\nagain:\n  load b jumpifnot again\n  load b\n  ret\n}"}},
      {"labels or offsets, in jumptables too",
       {"fn f(n) -> () { load n jumpif b a: load n jumptable a b c\nb: trap c: jump a }",
        "fn f(n) -> () { load n jt 3 load n jumptable -1 1 2\n trap jmp -3 }",
        "fn f(n) -> () { load n jumpif x y: z: load n jumptable z 1 w\nx: q: trap w: jump y }"}},
      {"bare or exact mnemonics and literals",
       {"fn f(a: f32, b) { load a sqrt push 1 to_f32 add load b push -1 shl to_f32 mul ret }",
        "fn f(a: f32, b: i64) -> f32 { load 0 f32.sqrt i64.const 0x1 f32.convert_i64_s f32.add\n"
        "load 1 i64.const 0xffffffffffffffff i64.shl f32.convert_i64_s f32.mul ret }"}},
      {"a conversion to the same type is a nop",
       {"fn f(a: i64) { load a to_i64 ret }", "fn f(a: i64) { load a nop ret }",
        "fn f(a: i64) { load a to_i64_u ret }"}},
      {"types written or inferred",
       {"fn f(a, b) { local c load a store c load b load c push 0.5 mul add ret }",
        "fn f(a: f64, b: f64) -> f64 { local c: f64 load a store c load b load c push 0.5 mul add "
        "ret }"}},
      {"the order of locals, unused ones",
       {"fn f(n) { local a: f32 local b: i32 load a pop load b pop load n ret }",
        "fn f(n) { local b: i32 local a: f32 load a pop load b pop load n ret }",
        "fn f(n) { local u: f64 local a: f32 local v local b: i32 load a pop load b pop load n ret "
        "}",
        "fn f(n) { local a: f32 local b: i32 load 1 pop load 2 pop load 0 ret }"}},
      {"floats are their bits",
       {"fn f() { push 0.1 push 1.5 push nan pop pop ret }",
        "fn f() { push 0.1000000000000000055 push 0x1.8p0 push nan:0x8000000000000 pop pop ret }"}},
      {"the order of functions, copies of callees",
       {"fn f(n) { load n call g call h ret } fn g(n) { load n ret } fn h(n) { load n push 1 add "
        "ret }",
        "fn z(n) { load n call h call g ret } fn g(n) { load n push 1 add ret } fn h(n) { load n "
        "ret }\nfn a(n) { trap }",
        "fn f(n) { load n call g2 call h ret } fn h(n) { load n push 1 add ret } fn g(n) { load n "
        "ret }\nfn g2(n) { load n ret }"}},
      {"copies of recursive definitions",
       {"fn f(n) { load n push 1 sub call f ret }",
        "fn f(n) { load n push 1 sub call g ret } fn "
        "g(n) { load n push 1 sub call g ret }",
        "fn f(n) { load n push 1 sub call g ret } fn g(n) { load n push 1 sub call f ret }",
        "fn f(n) { load n push 1 sub call g ret } fn g(n) { load n push 1 sub call h ret }\n"
        "fn h(n) { load n push 1 sub call g ret }"}},
  };
  for (const auto& each : cases) {
    for (const std::string& text : each.texts) {
      EXPECT_EQ(first_hash(text), first_hash(each.texts[0])) << each.what << ": " << text;
    }
  }
}

TEST(IdentityTest, EverythingElseIs) {
  const struct {
    const char* what;
    std::vector<std::string> texts;  // whose first functions are all different
  } cases[] = {
      {"types of parameters, also unused ones",
       {"fn f(a: i64) { push 1 ret }", "fn f(a: i32) { push 1 ret }", "fn f(a: f64) { push 1 ret }",
        "fn f(a: f32) { push 1 ret }", "fn f() { push 1 ret }", "fn f(a, b) { push 1 ret }",
        "fn f(a: f32, b) { push 1 ret }", "fn f(b, a: f32) { push 1 ret }"}},
      {"types of results",
       {"fn f() -> () { trap }", "fn f() -> i64 { trap }", "fn f() -> i32 { trap }",
        "fn f() -> f64 { trap }", "fn f() -> f32 { trap }", "fn f() -> (i64, i64) { trap }",
        "fn f() -> (i64, i32) { trap }", "fn f() -> (i32, i64) { trap }"}},
      {"types of locals, and which one is used",
       {"fn f() { local a: i64 local b: i64 load a pop load b pop load a pop trap }",
        "fn f() { local a: i64 local b: i64 load a pop load b pop load b pop trap }",
        "fn f() { local a: i64 local b: i64 load a pop load a pop load b pop trap }",
        "fn f() { local a: i64 local b: i64 load a pop load a pop load a pop trap }",
        "fn f() { local a: f64 local b: i64 load a pop load b pop load a pop trap }",
        "fn f() { local a: i64 local b: i32 load a pop load b pop load a pop trap }",
        "fn f(a) { local b: i64 load a pop load b pop load a pop trap }",
        "fn f(a, b) { load a pop load b pop load a pop trap }",
        "fn f(b, a) { load a pop load b pop load a pop trap }"}},
      {"opcodes",
       {"fn f(a, b) { load a load b add ret }", "fn f(a, b) { load a load b sub ret }",
        "fn f(a: f64, b) { load a load b add ret }", "fn f(a, b) { load a load b lt ret }",
        "fn f(a, b) { load a load b lt_u ret }", "fn f(a, b) { load a load b add nop ret }",
        "fn f(a, b) { load b load a add ret }", "fn f(a, b) { load a load b add halt }"}},
      {"constants, bit for bit",
       {"fn f() { push 0 trap }", "fn f() { push 1 trap }", "fn f() { push -1 trap }",
        "fn f() { push 0i32 trap }", "fn f() { push 0.0 trap }", "fn f() { push -0.0 trap }",
        "fn f() { push 0f32 trap }", "fn f() { push -0f32 trap }", "fn f() { push inf trap }",
        "fn f() { push nan trap }", "fn f() { push -nan trap }", "fn f() { push nan:0x1 trap }",
        "fn f() { push nan:0x8000000000001 trap }", "fn f() { push 9223372036854775807 trap }",
        "fn f() { push 0.1 trap }", "fn f() { push 0.10000000000000002 trap }"}},
      {"targets",
       {"fn f(n) { load n jumpif 2 nop nop trap }", "fn f(n) { load n jumpif 3 nop nop trap }",
        "fn f(n) { load n jumpifnot 2 nop nop trap }",
        "fn f(n) { load n jumptable 2\nnop nop trap }",
        "fn f(n) { load n jumptable 2 3\nnop nop trap }",
        "fn f(n) { load n jumptable 3 2\nnop nop trap }",
        "fn f(n) { load n jumptable 2 2\nnop nop trap }",
        "fn f(n) { load n jumptable 2 3 3\nnop nop trap }"}},
      {"texts",
       {"fn f() { print \"\" trap }", "fn f() { print \"a\" trap }", "fn f() { print \"a \" trap }",
        "fn f() { print \"\\n\" trap }", "fn f() { print \"a\" print \"\" trap }",
        "fn f() { print \"\" print \"a\" trap }"}},
      {"code that no path reaches",
       {"fn f() { trap }", "fn f() { trap nop }", "fn f() { trap trap }", "fn f() { trap push 1 }",
        "fn f() { trap push 2 }", "fn f() { trap call f }", "fn f() { trap local x load x }",
        "fn f() { trap local x: f32 load x }", "fn f() { trap jump -1 }",
        "fn f() { trap jump 0 }"}},
      {"which function each call site calls",
       {"fn f(n) { load n call g call h ret } fn g(n) { trap } fn h(n) { load n ret }",
        "fn f(n) { load n call h call g ret } fn g(n) { trap } fn h(n) { load n ret }",
        "fn f(n) { load n call g call g ret } fn g(n) { trap } fn h(n) { load n ret }",
        "fn f(n) { load n call h call h ret } fn g(n) { trap } fn h(n) { load n ret }",
        "fn f(n) { load n call g call f ret } fn g(n) { trap } fn h(n) { load n ret }",
        "fn f(n) { load n call f call g ret } fn g(n) { trap } fn h(n) { load n ret }",
        "fn f(n) { load n call f call f ret }", "fn f(n) { load n call f tailcall f }",
        "fn f(n) { load n call g call f ret } fn g(n) { load n call g tailcall g }",
        "fn f(n) { load n call g call h ret } fn g(n) { load n call h call f ret }\n"
        "fn h(n) { load n call f ret }"}},
  };
  for (const auto& each : cases) {
    std::map<Hash, std::string> seen;
    for (const std::string& text : each.texts) {
      const auto [found, fresh] = seen.emplace(first_hash(text), text);
      EXPECT_TRUE(fresh) << each.what << ": " << found->second << "\n" << text;
    }
  }
}

TEST(IdentityTest, OfNothing) {
  EXPECT_TRUE(identify({}).empty());
  EXPECT_TRUE(identify({}, [](const Hash&, std::string_view) { ADD_FAILURE(); }).empty());
}

// Programs with the exact classes of equal hashes, found by something else than this program.

// Functions of one label of code get one body.
CallGraph graph_of(const nlohmann::ordered_json& functions,
                   std::map<std::string, std::uint32_t>& numbers) {
  std::map<std::string, std::uint32_t> labels;
  for (const auto& [name, function] : functions.items()) {
    const auto number = static_cast<std::uint32_t>(numbers.size());
    numbers.emplace(name, number);
  }
  CallGraph graph;
  for (const auto& [name, function] : functions.items()) {
    CallGraph::Function& to = graph.functions.emplace_back();
    for (const auto& callee : function["calls"]) to.callees.push_back(numbers.at(callee));
    const auto label = static_cast<std::uint32_t>(labels.size());
    to.body = labels.emplace(function["code"], label).first->second;
    to.body = body_with(to.callees.size(), to.body);
  }
  return graph;
}

TEST(IdentityTest, ClassesAreThoseOfTheVectors) {
  std::ifstream file(ROSETTAVM_VECTORS "/cycles.json");
  const auto vectors = nlohmann::ordered_json::parse(file);
  ASSERT_GT(vectors.size(), 100U);
  fuzz::Random random(1);
  for (const auto& vector : vectors) {
    std::map<std::string, std::uint32_t> numbers;
    const CallGraph graph = graph_of(vector["functions"], numbers);
    std::vector<std::uint32_t> order(graph.size());
    std::vector<std::string> names(graph.size());
    for (const auto& [name, number] : numbers) {
      order[number] = number;
      names[number] = "f" + std::to_string(number);
    }
    std::vector<Hash> before;
    for (int i = 0; i < 6; ++i) {
      const std::vector<Hash> written =
          identify(functions_of(text_of(graph, order, names, random)));
      std::vector<Hash> hashes(graph.size());
      for (std::size_t k = 0; k < order.size(); ++k) hashes[order[k]] = written[k];
      std::map<Hash, std::set<std::string>> classes;
      for (const auto& [name, number] : numbers) classes[hashes[number]].insert(name);
      std::set<std::set<std::string>> found;
      for (const auto& [hash, members] : classes) found.insert(members);
      const auto wanted = vector["equal_hash_classes"].get<std::set<std::set<std::string>>>();
      EXPECT_EQ(found, wanted) << vector["name"] << ": " << vector["why"];
      if (i > 0) EXPECT_EQ(hashes, before) << vector["name"];
      before = hashes;
      order = random_order(random, graph.size());
      names = random_names(random, graph.size());
    }
  }
}

// Great programs: neither time nor the machine's stack may depend on how deep calls go.

void on_a_small_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 512 * 1024), 0);
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  std::function<void()> copy = work;
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &copy), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

#if __has_feature(address_sanitizer)
constexpr std::uint32_t kMany = 40'000;
#else
constexpr std::uint32_t kMany = 100'000;
#endif

std::uint32_t different(const std::vector<Hash>& hashes) {
  return static_cast<std::uint32_t>(std::set(hashes.begin(), hashes.end()).size());
}

// A program that has `classes` different functions, all of which the last one reaches.
void expect_classes(const CallGraph& graph, std::uint32_t classes) {
  on_a_small_stack([&] {
    std::vector<std::string> names;
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
      names.push_back("f" + std::to_string(i));
      order.push_back(i);
    }
    fuzz::Random random(1);
    MemoryLibrary library;
    const std::vector<Hash> hashes =
        library.add(functions_of(text_of(graph, order, names, random)));
    EXPECT_EQ(different(hashes), classes);
    const Result<Loaded> loaded = load(std::span(&hashes.back(), 1), library);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->functions.size(), classes);
  });
}

TEST(GreatIdentityTest, OfAChain) {
  CallGraph chain;
  chain.functions.push_back({body_with(1, 0), {0}});  // it calls itself
  for (std::uint32_t i = 1; i < kMany; ++i) chain.functions.push_back({body_with(1, 1), {i - 1}});
  expect_classes(chain, kMany);
}

TEST(GreatIdentityTest, OfARing) {
  CallGraph ring;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    ring.functions.push_back({body_with(1, 1), {(i + 1) % kMany}});
  }
  expect_classes(ring, 1);
  ring.functions[0].body = body_with(1, 0);
  expect_classes(ring, kMany);
}

TEST(GreatIdentityTest, OfARandomComponent) {
  fuzz::Random random(1);
  CallGraph graph;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    CallGraph::Function& function = graph.functions.emplace_back();
    function.callees = {(i + 1) % kMany};
    while (function.callees.size() < 3 && random.chance(50)) {
      function.callees.push_back(static_cast<std::uint32_t>(random.below(kMany)));
    }
    function.body = body_with(function.callees.size(), static_cast<std::uint32_t>(random.below(2)));
  }
  expect_classes(graph, kMany);
}

}  // namespace
}  // namespace rosetta
