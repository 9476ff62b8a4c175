// Joined programs do what each of them does.
#include "ir/join.h"

#include <gtest/gtest.h>

#include "unit/machine.h"

namespace rosetta::ir {
namespace {

constexpr Cell kF32 = 0x40490fdb;
constexpr Cell kF64 = 0x400921fb54442d18;

class JoinTest : public testing::Test {
 protected:
  JoinTest() {
    for (const std::string_view text : {
             "fn a(n) { load n push 1 add ret }",
             "fn b(x: f32, y: i32) -> (f32, i32) { load x push 0.5 add load y push -1 xor ret }",
             "fn c(x: f64) -> f64 { load x neg call d ret } fn d(x: f64) -> f64 { load x push 2.0 "
             "mul ret }",
             "fn e() { push 7 push 0 div ret }",
             "fn g(n) { load n jumpifnot end load n push 1 sub call g push 1 add ret end: load n "
             "ret "
             "}",
             "fn h(n) -> () { ret }",
         }) {
      programs.push_back(link_first(text));
    }
    std::vector<const Program*> all;
    for (const Program& each : programs) all.push_back(&each);
    joined = join(all);
  }

  struct Ended {
    std::vector<Cell> results;
    Trap trap = Trap::None;
  };
  Ended run(std::vector<Cell> arguments, const Limits& limits = {}) const {
    const auto engine = make_interpreter(joined, {.limits = limits});
    std::vector<const Cell*> from;
    for (const Cell& cell : arguments) from.push_back(&cell);
    Ended ended{std::vector<Cell>(joined.entry().results.size(), 0xbad)};
    std::vector<Cell*> to;
    for (Cell& cell : ended.results) to.push_back(&cell);
    std::uint8_t status = 0;
    EXPECT_TRUE(engine->run({0, 1, from, to, &status}));
    ended.trap = static_cast<Trap>(status);
    return ended;
  }

  std::vector<Program> programs;
  Program joined;
};

TEST_F(JoinTest, AnArgumentSaysWhich) {
  EXPECT_EQ(joined.entry().params, (std::vector<Type>(3, Type::I64)));
  EXPECT_EQ(joined.entry().results, (std::vector<Type>(2, Type::I64)));
  EXPECT_EQ(run({0, 41, 9}).results, (std::vector<Cell>{42, 0}));
  // (3.1415927 + 0.5, and all bits of 5 the other way round, in its half of the cell.)
  EXPECT_EQ(run({1, kF32, 5}).results, (std::vector<Cell>{0x40690fdb, 0xffff'fffa}));
  EXPECT_EQ(run({2, kF64, 0}).results, (std::vector<Cell>{0xc01921fb54442d18, 0}));
  EXPECT_EQ(run({3, 0, 0}).trap, Trap::IntegerDivideByZero);
  EXPECT_EQ(run({4, 100, 0}).results, (std::vector<Cell>{100, 0}));
  EXPECT_EQ(run({5, 1, 1}).results, (std::vector<Cell>{0, 0}));
  EXPECT_EQ(run({6, 41, 9}).results, (std::vector<Cell>{42, 0}));
}

TEST_F(JoinTest, CostsACall) {
  EXPECT_EQ(joined.entry().weight, 1U);
  EXPECT_EQ(run({2, kF64, 0}, {.fuel = 2}).trap, Trap::None);
  EXPECT_EQ(run({2, kF64, 0}, {.fuel = 1}).trap, Trap::OutOfFuel);
  EXPECT_EQ(run({4, 9, 0}, {11, {}}).trap, Trap::None);
  EXPECT_EQ(run({4, 9, 0}, {10, {}}).trap, Trap::CallDepthExceeded);
  const std::vector<const Program*> flat{&programs[0], &programs[2]};
  EXPECT_EQ(join(flat).entry().weight, 0U);
}

TEST_F(JoinTest, KnowsWhatHalts) {
  EXPECT_TRUE(halts(link_first("fn a(n) { load n call b ret } fn b(n) { load n halt }")));
  EXPECT_FALSE(halts(joined));
}

}  // namespace
}  // namespace rosetta::ir
