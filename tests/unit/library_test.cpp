// Texts that call stored functions by hash.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "code/identity.h"
#include "text/assemble.h"
#include "unit/objects.h"

namespace rosetta {
namespace {

constexpr std::string_view kStored =
    "fn down(n) { load n jumpif m push 0 ret m: load n push 1 sub call down ret }\n"
    "fn half(a: f32) { load a push 0.5 mul ret }\n"
    "fn even(n) { load n jumpif m push 1 ret m: load n push 1 sub tailcall odd }\n"
    "fn odd(n) { load n jumpif m push 0 ret m: load n push 1 sub tailcall even }\n"
    "fn user(n) { load n call even call down ret }\n";
enum : std::size_t { kDown, kHalf, kEven, kOdd, kUser };

class LibraryTest : public testing::Test {
 protected:
  MemoryLibrary library_;
  std::vector<Hash> stored_ = library_.add(functions_of(kStored));

  // `@0` to `@4` are the stored functions' hashes.
  std::string filled(std::string text) {
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      const std::string place = "@" + std::to_string(i);
      for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place)) {
        text.replace(at, place.size(), "#" + to_hex(stored_[i]));
      }
    }
    return text;
  }
  Assembly right(const std::string& text) {
    Result<Assembly> assembly = assemble(filled(text), library_);
    if (!assembly) ADD_FAILURE() << text << ": " << assembly.error().message;
    if (!assembly) assembly = Assembly();
    for (const Diagnostic& error : assembly->errors) ADD_FAILURE() << text << ": " << error.message;
    if (assembly->functions.empty())
      assembly = assemble("fn missing(n) { load n call missing ret }");
    return *std::move(assembly);
  }
  std::vector<Hash> hashes(const std::string& text) { return identify(right(text).functions); }
};

TEST_F(LibraryTest, StoredFunctionsStandBehindTheTexts) {
  const Assembly assembly = right(
      "fn main(n) { load n call @4 ret }\nfn other(n) { load n call main call @2 ret }\n"
      "check other(4) == 0\n");
  EXPECT_EQ(assembly.written, 2U);
  // user, even, odd, down.
  ASSERT_EQ(assembly.functions.size(), 6U);
  ASSERT_EQ(assembly.names.size(), 6U);
  ASSERT_EQ(assembly.places.size(), 6U);
  EXPECT_EQ(assembly.checks.size(), 1U);
  EXPECT_EQ(assembly.find("main"), 0U);
  EXPECT_EQ(assembly.find("other"), 1U);
  const std::vector<Hash> hashes = identify(assembly.functions);
  for (std::size_t i = 2; i < 6; ++i) {
    EXPECT_EQ(assembly.names[i].name, "#" + to_hex(hashes[i]));
    EXPECT_EQ(assembly.find(assembly.names[i].name), std::nullopt);
    EXPECT_TRUE(assembly.places[i].code.empty());
    EXPECT_NE(std::ranges::find(stored_, hashes[i]), stored_.end());
  }
  EXPECT_EQ(hashes[assembly.functions[0].callees()[0]], stored_[kUser]);
  EXPECT_EQ(hashes[assembly.functions[1].callees()[1]], stored_[kEven]);
}

TEST_F(LibraryTest, ACallByHashIsTheCallByName) {
  const std::vector<Function> whole = functions_of(
      std::string(kStored) +
      "fn f(n) { load n call user call odd ret } fn g(n) { load n call f push 1 call g add ret }");
  const std::vector<Hash> wanted = identify(whole);
  const std::vector<Hash> found = hashes(
      "fn g(n) { load n call f push 1 call g add ret } fn f(n) { load n call @4 call @3 ret }");
  EXPECT_EQ(found[1], wanted[5]);
  EXPECT_EQ(found[0], wanted[6]);
}

TEST_F(LibraryTest, PrefixesAndLettersOfEitherCase) {
  const Hash wanted = hashes("fn f(n) { load n call @2 call @2 ret }")[0];
  const std::string hex = to_hex(stored_[kEven]);
  std::string upper = hex;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (const std::string& digits :
       {hex, upper, hex.substr(0, 8), upper.substr(0, 8), hex.substr(0, 9), hex.substr(0, 63)}) {
    EXPECT_EQ(hashes("fn f(n) { load n call #" + digits + " call @2 ret }")[0], wanted) << digits;
    EXPECT_EQ(hashes("fn f(n) { load n call @2 call #" + digits + " ret }")[0], wanted) << digits;
  }
}

TEST_F(LibraryTest, CopiesFoldIntoWhatIsStored) {
  const struct {
    std::string text;
    std::size_t function;  // its first is this one
  } cases[] = {
      // The text itself once more, beside what it is a copy of.
      {"fn f(k) { load k jumpif x push 0 ret x: load k push 1 sub call f ret }\n"
       "fn main(n) { load n call f call @0 ret }",
       kDown},
      // Unrolled once and twice.
      {"fn f(k) { load k jumpif x push 0 ret x: load k push 1 sub call @0 ret }", kDown},
      {"fn f(k) { load k jumpif x push 0 ret x: load k push 1 sub call g ret }\n"
       "fn g(k) { load k jumpif x push 0 ret x: load k push 1 sub call @0 ret }",
       kDown},
      // An entry into a stored component; a member of it with a copy of the other.
      {"fn e(k) { load k jumpif x push 1 ret x: load k push 1 sub tailcall @3 }", kEven},
      {"fn e(k) { load k jumpif x push 1 ret x: load k push 1 sub tailcall o }\n"
       "fn o(k) { load k jumpif x push 0 ret x: load k push 1 sub tailcall @2 }",
       kEven},
      {"fn e(k) { load k jumpif x push 1 ret x: load k push 1 sub tailcall o }\n"
       "fn o(k) { load k jumpif x push 0 ret x: load k push 1 sub tailcall e }\n"
       "fn main(n) { load n call @2 call e ret }",
       kEven},
      // A function on no cycle that calls copies.
      {"fn u(n) { load n call e call @0 ret }\n"
       "fn e(k) { load k jumpif x push 1 ret x: load k push 1 sub tailcall @3 }",
       kUser},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(hashes(each.text)[0], stored_[each.function]) << each.text;
  }
}

TEST_F(LibraryTest, InferenceSeesStoredTypes) {
  const Assembly assembly = right("fn f(a) { load a call @1 push 1.0 add ret }");
  EXPECT_EQ(assembly.functions[0].params()[0], Type::F32);
  EXPECT_EQ(assembly.functions[0].results()[0], Type::F32);
}

TEST_F(LibraryTest, WhatIsNotThereIsAnErrorOfTheText) {
  const std::string first = to_hex(stored_[kDown]);
  // Two hashes that begin alike.
  const std::string bytes = library_.objects.at(stored_[kHalf]);
  for (const char last : {'1', '2'}) {
    library_.objects[*hash_from_hex("abcdef00" + std::string(55, '0') + last)] = bytes;
  }
  const std::string unknown = std::string(8, first[0] == '0' ? '1' : '0');
  const struct {
    std::string call;
    std::string_view message;
  } cases[] = {
      {"#" + unknown, "0 functions begin with"},
      {"#" + std::string(64, 'f'), "0 functions begin with"},
      {"#ABCDEF00", "2 functions begin with"},
      {"#abcdef000", "2 functions begin with"},
      {"#1234567", "a hash is `#` and 8 to 64 hexadecimal digits"},
      {"#", "a hash is `#` and 8 to 64 hexadecimal digits"},
      {"#" + first + "0", "a hash is `#` and 8 to 64 hexadecimal digits"},
      {"#1234567g", "a hash is `#` and 8 to 64 hexadecimal digits"},
  };
  for (const auto& each : cases) {
    for (const std::string_view verb : {"call ", "tailcall "}) {
      const std::string text = "fn f(n) { load n " + std::string(verb) + each.call +
                               "\n trap }\nfn g(n) { load n call f ret }";
      const Result<Assembly> assembly = assemble(text, library_);
      ASSERT_TRUE(assembly) << text << ": " << assembly.error().message;
      EXPECT_TRUE(assembly->functions.empty());
      ASSERT_EQ(assembly->error_count, 1U) << text;  // callers are not wrong for it
      const Diagnostic& error = assembly->errors[0];
      EXPECT_NE(error.message.find(each.message), std::string::npos) << error.message;
      EXPECT_NE(text.substr(error.place.begin, error.place.end - error.place.begin).find(each.call),
                std::string::npos)
          << text;
    }
  }
}

TEST_F(LibraryTest, EveryCallThatIsWrongIsSaid) {
  const std::string text =
      "fn f(n) { load n call #00000000\n call #00000000\n call #ffffffff\n call nothing\n ret }";
  const Result<Assembly> assembly = assemble(text, library_);
  ASSERT_TRUE(assembly);
  ASSERT_EQ(assembly->error_count, 4U);
  std::uint32_t before = 0;
  for (const Diagnostic& error : assembly->errors) {  // in the order of the text
    EXPECT_GT(error.place.begin, before);
    before = error.place.begin;
  }
}

TEST_F(LibraryTest, ACallThatDoesNotFitIsAnErrorOfTheText) {
  for (const std::string_view body :
       {"load n call @1 ret", "call @2 ret", "load n push 1.0 call @2 ret", "load n tailcall @1"}) {
    const std::string text = filled("fn f(n: i64) -> i64 { " + std::string(body) + " }");
    const Result<Assembly> assembly = assemble(text, library_);
    ASSERT_TRUE(assembly) << text << ": " << assembly.error().message;
    EXPECT_TRUE(assembly->functions.empty());
    ASSERT_GT(assembly->error_count, 0U) << text;
    for (const Diagnostic& error : assembly->errors) {
      for (const Diagnostic::Note& note : error.notes) EXPECT_LE(note.place.end, text.size());
    }
  }
}

TEST_F(LibraryTest, WithoutALibraryThereAreNoHashes) {
  const Assembly assembly = assemble(filled("fn f(n) { load n call @2 ret }"));
  ASSERT_EQ(assembly.error_count, 1U);
  EXPECT_NE(assembly.errors[0].message.find("needs a store"), std::string::npos);
}

TEST_F(LibraryTest, ADamagedLibraryIsNoErrorOfTheText) {
  const std::string text = filled("fn f(n) { load n call @4 ret }");
  const MemoryLibrary whole = library_;
  for (const auto& [hash, bytes] : whole.objects) {
    if (hash == stored_[kHalf]) continue;  // not needed
    for (const bool missing : {false, true}) {
      library_ = whole;
      if (missing) {
        // What resolves is there: only the text's own callee must be.
        if (hash == stored_[kUser]) continue;
        library_.objects.erase(hash);
      } else {
        library_.objects[hash].back() ^= 1;
      }
      const Result<Assembly> assembly = assemble(text, library_);
      if (hash == stored_[kUser] && assembly) {
        // The test's library does not resolve what does not decode.
        EXPECT_EQ(assembly->error_count, 1U);
        continue;
      }
      ASSERT_FALSE(assembly) << to_hex(hash);
      EXPECT_EQ(assembly.error().fault, Fault::Machine);
      EXPECT_NE(assembly.error().message.find(to_hex(hash)), std::string::npos)
          << assembly.error().message;
    }
  }
}

// Stored code that only the checker, or only identity, finds wrong.
TEST_F(LibraryTest, StoredCodeIsVerifiedWithTheText) {
  const struct {
    std::string hex;
    std::string_view message;
  } cases[] = {
      {"52564d0001 017e 017c 00 02 2000 0f 00", "`ret` needs f64"},
      // An unrolled copy of `down`.
      {"52564d0001 017e 017e 00 09 2000 0d04 4200 0f 2000 4201 7d 10 0f 01 00" +
           to_hex(stored_[kDown]),
       "it is not in canonical form"},
  };
  for (const auto& each : cases) {
    const Hash hash = library_.add(bytes_of(each.hex));
    const Result<Assembly> assembly =
        assemble("fn f(n: i64) -> i64 { load n call #" + to_hex(hash) + "\n ret }", library_);
    ASSERT_FALSE(assembly) << each.hex;
    EXPECT_NE(assembly.error().message.find(to_hex(hash)), std::string::npos);
    EXPECT_NE(assembly.error().message.find(each.message), std::string::npos)
        << assembly.error().message;
  }
}

}  // namespace
}  // namespace rosetta
