// Random graphs, most of them irreducible: afterwards each loop has one head, and every walk comes
// by the same blocks as before.
#include "ir/reducible.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "ir/edges.h"
#include "reducible.h"

namespace rosetta::ir {
namespace {

// A block for each node: a switch over a register of its own, all of them reached from the first.
Function random_graph(std::mt19937_64& random, BlockId blocks) {
  Function made;
  made.registers = blocks;
  for (BlockId block = 0; block < blocks; ++block) {
    made.blocks.push_back({block, 0, 0, 0});
    Instruction& end = made.code.emplace_back();
    end.op = Op::Switch;
    end.a = Operand::reg(block);
    end.target = static_cast<std::uint32_t>(made.targets.size());
    end.other = static_cast<std::uint32_t>(random() % 3);
    // The next block is always reached.
    made.targets.push_back({block + 1 < blocks ? block + 1 : block, false});
    for (std::uint32_t i = 0; i < end.other; ++i) {
      made.targets.push_back({static_cast<BlockId>(random() % blocks), true});
    }
  }
  return made;
}

// The blocks among the first `shown` that a walk comes by, and what its edges cost. At the k-th of
// them it takes the way that `choices` says.
std::vector<std::uint64_t> walk(const Function& function, BlockId shown,
                                const std::vector<std::uint32_t>& choices) {
  std::vector<std::uint64_t> seen;
  std::map<Register, Cell> registers;
  std::uint64_t cost = 0;
  for (BlockId block = 0; seen.size() < choices.size();) {
    Cell index = 0;
    for (std::uint32_t at = function.blocks[block].begin; at + 1 < function.end(block); ++at) {
      const Instruction& copy = function.code[at];
      EXPECT_EQ(copy.op, Op::Copy);
      registers[copy.dst] = function.constants[copy.a.index()];
    }
    const Instruction& end = terminator(function, block);
    if (block < shown) {
      index = choices[seen.size()];
      seen.push_back(std::uint64_t{block} << 32 | cost);
    } else if (end.op == Op::Switch) {
      index = registers.at(end.a.reg());
    }
    if (end.op == Op::Jump) {
      block = end.target;
      continue;
    }
    const SwitchTarget& way = function.targets[end.target + std::min<Cell>(index, end.other)];
    cost += way.costs ? 1 : 0;
    block = way.block;
  }
  return seen;
}

TEST(Reducible, WalksOfRandomGraphsComeByTheSameBlocks) {
  std::mt19937_64 random(7);
  int irreducible = 0;
  for (int round = 0; round < 2'000; ++round) {
    const auto blocks = static_cast<BlockId>(2 + random() % 20);
    const Function before = random_graph(random, blocks);
    Function after = before;
    irreducible += is_reducible(before) ? 0 : 1;
    make_reducible(after);
    ASSERT_TRUE(is_reducible(after)) << "round " << round;
    if (is_reducible(before)) ASSERT_EQ(after.blocks.size(), blocks);
    ASSERT_LE(after.registers, before.registers + 1);
    for (int walks = 0; walks < 5; ++walks) {
      std::vector<std::uint32_t> choices(100);
      for (std::uint32_t& choice : choices) choice = static_cast<std::uint32_t>(random() % 3);
      ASSERT_EQ(walk(before, blocks, choices), walk(after, blocks, choices)) << "round " << round;
    }
  }
  EXPECT_GT(irreducible, 1'000);
}

// Loops in loops: block b of `depth` goes back to itself and to the block before.
TEST(Reducible, LoopsNestedBeyondReasonAreMadeOne) {
  constexpr BlockId kDepth = 1'000;
  Function function;
  function.registers = 1;
  for (BlockId block = 0; block <= 2 * kDepth; ++block) {
    function.blocks.push_back({block, 0, 0, 0});
    Instruction& end = function.code.emplace_back();
    end.op = Op::Switch;
    end.a = Operand::reg(0);
    end.target = static_cast<std::uint32_t>(function.targets.size());
    end.other = block > kDepth ? 1 : 0;
    function.targets.push_back({std::min<BlockId>(block + 1, 2 * kDepth), false});
    // The heads come first, the outermost at the front; their loops end in the other order.
    if (end.other == 1) function.targets.push_back({2 * kDepth + 1 - block, true});
  }
  const Function before = function;
  make_reducible(function);
  EXPECT_TRUE(is_reducible(function));
  std::mt19937_64 random(3);
  std::vector<std::uint32_t> choices(20'000);
  for (std::uint32_t& choice : choices) choice = static_cast<std::uint32_t>(random() % 2);
  EXPECT_EQ(walk(before, 2 * kDepth + 1, choices), walk(function, 2 * kDepth + 1, choices));
}

}  // namespace
}  // namespace rosetta::ir
