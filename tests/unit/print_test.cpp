// The printer and the assembler are inverse to each other.
#include "text/print.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/generator.h"
#include "text/assemble.h"

namespace rosetta {
namespace {

std::string print_all(const Assembly& assembly, Style style) {
  std::string text;
  for (std::size_t i = 0; i < assembly.functions.size(); ++i) {
    text += print(assembly.functions[i], assembly.names[i], assembly.names, style);
  }
  return text;
}

// By name of the file.
std::vector<std::pair<std::string, std::string>> files() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const char* const folder : {ROSETTAVM_CASES, ROSETTAVM_EXAMPLES}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".rvm") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      all.emplace_back(entry.path().string(),
                       std::string(std::istreambuf_iterator<char>(file), {}));
    }
  }
  return all;
}

// What is printed in both styles is the program again, names included.
void expect_inverse(const std::string& what, std::string_view text) {
  const Assembly assembly = assemble(text);
  ASSERT_EQ(assembly.error_count, 0U) << what << ": " << assembly.errors[0].message;
  for (const Style style : {Style::Readable, Style::Exact}) {
    const std::string printed = print_all(assembly, style);
    const Assembly again = assemble(printed);
    ASSERT_EQ(again.error_count, 0U) << what << ": " << again.errors[0].message << "\n"
                                     << printed.substr(again.errors[0].place.begin, 60);
    ASSERT_EQ(again.functions.size(), assembly.functions.size());
    for (std::size_t i = 0; i < assembly.functions.size(); ++i) {
      EXPECT_TRUE(again.functions[i].parts() == assembly.functions[i].parts())
          << what << ": " << assembly.names[i].name << "\n"
          << printed;
      EXPECT_EQ(again.names[i].name, assembly.names[i].name);
      EXPECT_EQ(again.names[i].params, assembly.names[i].params) << what;
      const std::vector<std::string>& locals = assembly.names[i].locals;
      for (std::size_t k = 0; k < locals.size(); ++k) {
        if (!locals[k].empty()) EXPECT_EQ(again.names[i].locals[k], locals[k]) << what;
      }
    }
    EXPECT_EQ(print_all(again, style), printed) << what;
  }
}

TEST(PrintTest, FilesComeBack) {
  const auto all = files();
  EXPECT_GT(all.size(), 150U);
  for (const auto& [name, text] : all) expect_inverse(name, text);
}

TEST(PrintTest, RandomProgramsComeBack) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    expect_inverse("seed " + std::to_string(seed), fuzz::random_program(seed));
  }
}

std::string printed(std::string_view text, Style style) {
  const Assembly assembly = assemble(text);
  for (const Diagnostic& error : assembly.errors) ADD_FAILURE() << error.message;
  return print_all(assembly, style);
}

TEST(PrintTest, Readable) {
  EXPECT_EQ(
      printed("fn f(a: f32, n) { local x load n jumpifnot e load a push 1 to_f32 add store x\n"
              "push 7i32 push 1.5f32 push nan pop pop pop e: load x ret }",
              Style::Readable),
      "fn f(a: f32, n: i64) -> f32 {\n"
      "    local x: f32\n"
      "    load n\n"
      "    jumpifnot e\n"
      "    load a\n"
      "    push 1\n"
      "    to_f32\n"
      "    add\n"
      "    store x\n"
      "    push 7i32\n"
      "    push 1.5f32\n"
      "    push nan\n"
      "    pop\n"
      "    pop\n"
      "    pop\n"
      "e:\n"
      "    load x\n"
      "    ret\n"
      "}\n");
}

TEST(PrintTest, Exact) {
  EXPECT_EQ(printed("fn f(n) -> (i32, f32) { load n jumpif 2 trap\n"
                    "push -1 push inf ret } fn g() -> () { tailcall g }",
                    Style::Exact),
            "fn f(n: i64) -> (i32, f32) {\n"
            "    load n\n"
            "    jumpif L1\n"
            "    trap\n"
            "L1:\n"
            "    i32.const -1\n"
            "    f32.const inf\n"
            "    ret\n"
            "}\n"
            "fn g() -> () {\n"
            "    tailcall g\n"
            "}\n");
}

TEST(PrintTest, NamedFloatsOfF32HaveNoSuffix) {
  EXPECT_NE(printed("fn f() -> f32 { push -nan:0x12 ret }", Style::Readable)
                .find("f32.const -nan:0x12\n"),
            std::string::npos);
}

TEST(PrintTest, WhatWasWrittenInDeadCodeStays) {
  for (const std::string_view text :
       {"fn f() { trap f32.add i64.add f64.add f64.sqrt f32.sqrt i32.reinterpret_f32 bits ret }",
        "fn f() { trap push 1i32 push 1 push 1.5f32 push -nan f32.const nan f32.print ret }",
        "fn f(a) { trap to_i64 i32.wrap_i64 i32.trunc_f64_s nop i32.clz clz tee a }"}) {
    expect_inverse(std::string(text), text);
  }
}

TEST(PrintTest, MadeUpNamesDoNotCollide) {
  for (const std::string_view text :
       {"fn f() { local v1 push 1 store v1 push 2 store 1 load 1 load v1 add ret }",
        "fn f(p1, a) { local v2 load 3 store 3 load v2 store 2 load p1 ret }",
        "fn f(a) { L1: load a jumpif 2 jump -2 load a jumpif L1 L2: trap }",
        "fn f(a) { load a jumptable 1 2 3\nnop nop x: y: trap jump y jump x }",
        "fn f(f) { f: load f pop jump f }"}) {
    expect_inverse(std::string(text), text);
  }
  // Names that are not there at all.
  const Assembly assembly = assemble("fn f(a) { local x load a store x load x ret }");
  FunctionNames bare;
  bare.name = "f";
  const std::string text = print(assembly.functions[0], bare, std::span(&bare, 1), Style::Readable);
  EXPECT_TRUE(assemble(text).functions.at(0).parts() == assembly.functions[0].parts()) << text;
}

TEST(PrintTest, TextsAreEscaped) {
  const std::string text =
      printed(R"(fn f() -> () { print "a\n\t\"\\ ; ä" ret })", Style::Readable);
  EXPECT_NE(text.find(R"(print "a\n\t\"\\ ; ä")"), std::string::npos) << text;
}

}  // namespace
}  // namespace rosetta
