#include "text/format.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/generator.h"
#include "text/assemble.h"

namespace rosetta {
namespace {

TEST(FormatTest, Layout) {
  const struct {
    const char* what;
    std::string_view text;
    std::string_view formatted;
  } cases[] = {
      {"nothing", "", ""},
      {"blank lines at both ends", "\n\n; x\n\n\n", "; x\n"},
      {"one blank line between", "fn f() {\ntrap\n}\n\n\n\nfn g() {\ntrap\n}",
       "fn f() {\n    trap\n}\n\nfn g() {\n    trap\n}\n"},
      {"blanks where they belong", "fn  f( a:i64,b :f32 )->( i64,f32 ){\nload   a\n}",
       "fn f(a: i64, b: f32) -> (i64, f32) {\n    load a\n}\n"},
      {"labels at the margin", "fn f() {\n  x: y:\n jump x\n}", "fn f() {\nx: y:\n    jump x\n}\n"},
      {"lines stay as divided", "fn f() { push 1 push 2\nadd ret }",
       "fn f() { push 1 push 2\n    add ret }\n"},
      {"comments behind code in one column", "fn f() {\npush 1 ; one\nadd ;two\ntrap\n}",
       "fn f() {\n    push 1  ; one\n    add     ;two\n    trap\n}\n"},
      {"comments alone", "  ; top\nfn f() {\n; in\ntrap\n}",
       "; top\nfn f() {\n    ; in\n    trap\n}\n"},
      {"the first line", "#!/usr/bin/rosettavm run  \nfn f() {\ntrap\n}",
       "#!/usr/bin/rosettavm run\nfn f() {\n    trap\n}\n"},
      {"line ends of other systems", "fn f() { ; c\r\ntrap\r\n}\r\n",
       "fn f() {  ; c\n    trap\n}\n"},
      {"checks", "check  f( 1,-2 )fuel 3==( 4,5 )\ncheck f()  traps   call-depth-exceeded",
       "check f(1, -2) fuel 3 == (4, 5)\ncheck f() traps call-depth-exceeded\n"},
      {"strings", "fn f() {\nprint  \"a  ;b\"\n}", "fn f() {\n    print \"a  ;b\"\n}\n"},
      {"literals", "fn f() {\npush  -1e-9f32\njumptable 1  -2 +3\n}",
       "fn f() {\n    push -1e-9f32\n    jumptable 1 -2 +3\n}\n"},
      {"payloads", "fn f() {\npush  nan:0x1 push -nan:0x2\n}\ncheck f(nan:0x1) == -nan:0x2",
       "fn f() {\n    push nan:0x1 push -nan:0x2\n}\ncheck f(nan:0x1) == -nan:0x2\n"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(format_source(each.text), each.formatted) << each.what;
    EXPECT_EQ(format_source(each.formatted), each.formatted) << each.what;
  }
}

// Formatting twice changes nothing more, and the program is the same.
void expect_same_program(const std::string& what, const std::string& text) {
  const std::string formatted = format_source(text);
  EXPECT_EQ(format_source(formatted), formatted) << what;
  const Assembly before = assemble(text);
  const Assembly after = assemble(formatted);
  ASSERT_EQ(before.error_count, 0U) << what << ": " << before.errors[0].message;
  ASSERT_EQ(after.error_count, 0U) << what << ": " << after.errors[0].message << "\n"
                                   << formatted.substr(after.errors[0].place.begin, 60);
  ASSERT_EQ(after.functions.size(), before.functions.size()) << what;
  for (std::size_t i = 0; i < before.functions.size(); ++i) {
    EXPECT_TRUE(after.functions[i].parts() == before.functions[i].parts()) << what;
    EXPECT_EQ(after.names[i].locals, before.names[i].locals) << what;
    EXPECT_EQ(after.names[i].labels, before.names[i].labels) << what;
  }
  ASSERT_EQ(after.checks.size(), before.checks.size()) << what;
  for (std::size_t i = 0; i < before.checks.size(); ++i) {
    EXPECT_EQ(after.checks[i].arguments, before.checks[i].arguments) << what;
    EXPECT_EQ(after.checks[i].results, before.checks[i].results) << what;
    EXPECT_EQ(after.checks[i].trap, before.checks[i].trap) << what;
  }
}

TEST(FormatTest, FilesStayTheSamePrograms) {
  int count = 0;
  for (const char* const folder : {ROSETTAVM_CASES, ROSETTAVM_EXAMPLES}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".rvm") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      expect_same_program(entry.path().string(),
                          std::string(std::istreambuf_iterator<char>(file), {}));
      ++count;
    }
  }
  EXPECT_GT(count, 150);
}

TEST(FormatTest, RandomProgramsStayTheSame) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    expect_same_program("seed " + std::to_string(seed), fuzz::random_program(seed));
  }
}

}  // namespace
}  // namespace rosetta
