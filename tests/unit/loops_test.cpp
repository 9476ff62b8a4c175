#include "ir/loops.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/machine.h"

namespace rosetta::ir {
namespace {

Function function(std::string_view text) { return link_first(text).functions[0]; }

// The block that the instruction of the text came to be in.
BlockId at(const Function& function, std::uint32_t origin) {
  for (std::uint32_t i = function.end(0); i < function.code.size(); ++i) {
    if (function.code[i].origin == origin) return block_of(function, i);
  }
  ADD_FAILURE() << "nothing is left of instruction " << origin;
  return 0;
}

std::string blocks(const Function& function, BlockId head) {
  std::string text;
  for (const bool inside : loop_blocks(function, head)) text += inside ? '1' : '0';
  return text;
}

std::vector<BlockId> origins(const Function& function, BlockId head) {
  std::vector<BlockId> all;
  for (const std::uint32_t at : jumps_back(function, head)) {
    EXPECT_TRUE(ends_block(function.code[at].op));
    all.push_back(function.code[at].origin);
  }
  return all;
}

using Blocks = std::vector<BlockId>;

TEST(LoopsTest, OneBlock) {
  const Function f = function("fn f(n) { x: load n push 1 sub tee n jumpif x load n ret }");
  const BlockId head = at(f, 2);
  EXPECT_EQ(blocks(f, head), "010");
  EXPECT_EQ(origins(f, head), Blocks{4});
  EXPECT_EQ(loops_around(f, head, 9), Blocks{head});
  EXPECT_EQ(loops_around(f, at(f, 6), 9), Blocks{});
  EXPECT_EQ(loops_around(f, head, 0), Blocks{});
}

TEST(LoopsTest, WithAWayOutInTheMiddle) {
  const Function f = function(
      "fn f(n) { x: load n push 1 sub tee n jumpifnot out load n push 3 mul store n jump x "
      "out: load n ret }");
  const BlockId head = at(f, 2);
  EXPECT_EQ(loop_blocks(f, head)[at(f, 7)], true);
  EXPECT_EQ(loop_blocks(f, head)[at(f, 11)], false);
  EXPECT_EQ(loops_around(f, at(f, 7), 9), Blocks{head});
  EXPECT_EQ(loops_around(f, at(f, 11), 9), Blocks{});
}

constexpr std::string_view kNested =
    "fn f(n) { local i local j "
    "a: load i push 1 add store i push 0 store j "  // 0…5
    "b: load j push 1 add store j "                 // 6…9
    "c: load j push 2 add store j "                 // 10…13
    "load j push 9 lt jumpif c "                    // 14…17
    "load j load i lt jumpif b "                    // 18…21
    "load i load n lt jumpif a "                    // 22…25
    "load i ret }";

TEST(LoopsTest, Nested) {
  const Function f = function(kNested);
  const BlockId a = at(f, 2);
  const BlockId b = at(f, 8);
  const BlockId c = at(f, 12);
  EXPECT_EQ(loops_around(f, c, 9), (Blocks{a, b, c}));
  EXPECT_EQ(loops_around(f, b, 9), (Blocks{a, b}));
  EXPECT_EQ(loops_around(f, at(f, 20), 9), (Blocks{a, b}));
  EXPECT_EQ(loops_around(f, at(f, 24), 9), Blocks{a});
  // The nearest, where there are too many.
  EXPECT_EQ(loops_around(f, c, 2), (Blocks{b, c}));
  EXPECT_EQ(origins(f, a), Blocks{25});
  EXPECT_EQ(origins(f, b), Blocks{21});
  EXPECT_EQ(origins(f, c), Blocks{17});
}

TEST(LoopsTest, SeveralJumpsToOneHead) {
  const Function f = function(
      "fn f(n) { x: load n push 1 sub tee n push 5 lt jumpif x load n push 9 gt jumpif x "
      "load n jumptable x y x\n y: load n ret }");
  const BlockId head = at(f, 2);
  EXPECT_EQ(origins(f, head), (Blocks{6, 10, 12}));
  EXPECT_EQ(loops_around(f, at(f, 12), 9), Blocks{head});
}

TEST(LoopsTest, ATailCallToItselfIsALoopOfTheWholeFunction) {
  const Function f = function(
      "fn f(n, m) { load n jumpifnot e load n push 1 sub load m tailcall f e: load m ret }");
  EXPECT_EQ(origins(f, 0), Blocks{6});
  EXPECT_EQ(loop_blocks(f, 0)[0], true);
  EXPECT_EQ(loop_blocks(f, 0)[at(f, 4)], true);
  EXPECT_EQ(loop_blocks(f, 0)[at(f, 8)], false);
}

// Two blocks that lead to each other and can both be entered.
TEST(LoopsTest, NotReducible) {
  const Function f = function(
      "fn f(n) { load n jumpif b a: load n push 1 add store n b: load n push 2 add tee n push 50 "
      "lt jumpif a load n ret }");
  const BlockId a = at(f, 4);
  const BlockId b = at(f, 8);
  const std::vector<bool> inside = loop_blocks(f, a);
  EXPECT_TRUE(inside[a]);
  EXPECT_TRUE(inside[b]);
  EXPECT_EQ(loops_around(f, b, 9), Blocks{a});
  EXPECT_EQ(origins(f, a), Blocks{12});
}

TEST(LoopsTest, BlockOfAnInstruction) {
  const Function f = function(kNested);
  for (BlockId block = 0; block < f.blocks.size(); ++block) {
    for (std::uint32_t i = f.blocks[block].begin; i < f.end(block); ++i) {
      EXPECT_EQ(block_of(f, i), block);
    }
  }
}

}  // namespace
}  // namespace rosetta::ir
