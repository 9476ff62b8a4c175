#include "engine/interp/interp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/interp/encode.h"
#include "engine/interp/interpreter.h"
#include "unit/machine.h"

namespace rosetta {
namespace {

constexpr std::string_view kSum =
    "fn sum(n) { load n jumpifnot e load n load n push 1 sub call sum add ret e: push 0 ret }";
constexpr std::string_view kLoop = "fn f(n) { x: load n push 1 sub tee n jumpif x load n ret }";

TEST(InterpTest, RunsColumnsOfTasks) {
  Machine machine("fn f(n) -> (i64, i64) { push 100 load n div load n ret }");
  const auto outcome = machine.run({1, 0, 7, 0, 100}, 0, 4);
  ASSERT_TRUE(outcome);
  const Cell untouched = Machine::kUntouched;
  EXPECT_EQ(machine.results[0], (std::vector<Cell>{100, untouched, 14, untouched, untouched}));
  EXPECT_EQ(machine.results[1], (std::vector<Cell>{1, untouched, 7, untouched, untouched}));
  EXPECT_EQ(machine.statuses, (std::vector<std::uint8_t>{0, 1, 0, 1, Machine::kNoStatus}));
  EXPECT_EQ(outcome->trapped, 2U);
  EXPECT_EQ(outcome->trap->task, 1U);
  EXPECT_EQ(trap(*outcome), "integer-divide-by-zero@0+2");
  const auto later = machine.run({1, 0, 7, 0, 100}, 3, 5);
  EXPECT_EQ(later->trap->task, 3U);
  EXPECT_EQ(machine.results[0][4], 1U);
}

TEST(InterpTest, TasksDoNotSeeEachOther) {
  Machine machine("fn f(n) { local x load x load n store x load x add ret }");
  ASSERT_TRUE(machine.run({5, 6, 7}));
  EXPECT_EQ(machine.results[0], (std::vector<Cell>{5, 6, 7}));
}

// Whoever overwrites an event's word looks for it once.
TEST(InterpTest, NoWordIsTwoEvents) {
  for (const std::string_view text :
       {"fn f(n) { jump x y: load n push 1 sub store n x: load n jumpif y load n ret }",
        "fn f(n) { jump x y: load n push 1 sub store n x: load n push 3 gt jumpif y load n ret "
        "}"}) {
    Machine machine(text);
    EXPECT_EQ(machine.one(5).trapped, 0U);
    const ir::Program program = link_first(text);
    const interp::Code code = interp::encode(program, {});
    EXPECT_TRUE(std::ranges::is_sorted(code.events));
    EXPECT_EQ(std::ranges::adjacent_find(code.events), code.events.end()) << text;
  }
}

TEST(InterpTest, SeveralThreadsMayRunOneEngine) {
  Machine machine(kSum);
  std::vector<Cell> arguments(64, 1000);
  std::vector<Cell> sums(64);
  std::vector<std::uint8_t> status(64, 0xff);
  const Cell* const from = arguments.data();
  Cell* const to = sums.data();
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t first = 0; first < 64; first += 16) {
      threads.emplace_back([&, first] {
        EXPECT_TRUE(machine.engine->run(
            {first, first + 16, std::span(&from, 1), std::span(&to, 1), status.data()}));
      });
    }
  }
  EXPECT_EQ(sums, std::vector<Cell>(64, 500'500));
}

// A turn that ends is for whoever asked for one; a plain run runs every task.
TEST(InterpTest, OnlyARunOfATurnEndsBetweenTasks) {
  constexpr std::size_t kTasks = 200'000;
  const ir::Program program = link_first("fn main(n) { load n push 1 add ret }");
  interp::Interpreter engine(program, {});
  const std::vector<Cell> arguments(kTasks, 6);
  std::vector<Cell> results(kTasks);
  std::vector<std::uint8_t> statuses(kTasks, 0xee);
  const Cell* const from = arguments.data();
  Cell* const to = results.data();
  const Tasks tasks{0, kTasks, std::span(&from, 1), std::span(&to, 1), statuses.data()};
  {
    std::jthread ender([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) engine.end_turn();
    });
    while (engine.turn() == 0) std::this_thread::yield();
    EXPECT_TRUE(engine.run(tasks));
  }
  EXPECT_EQ(results, std::vector<Cell>(kTasks, 7));
  EXPECT_EQ(statuses, std::vector<std::uint8_t>(kTasks, 0));

  std::ranges::fill(statuses, std::uint8_t{0xee});
  const std::uint32_t turn = engine.turn();
  engine.end_turn();
  std::uint64_t next = kTasks;
  EXPECT_TRUE(engine.run(tasks, turn, next));
  EXPECT_EQ(next, 0U);
  EXPECT_EQ(statuses.front(), 0xee);
}

TEST(LimitTest, DepthCountsTheEntrysFrame) {
  EXPECT_EQ(trap(Machine(kSum, with_depth(11)).one(10)), "");
  EXPECT_EQ(trap(Machine(kSum, with_depth(10)).one(10)), "call-depth-exceeded@0+6");
  EXPECT_EQ(trap(Machine(kSum, with_depth(1)).one(0)), "");
  // Frames that reach no cycle are free.
  EXPECT_EQ(trap(Machine("fn f() { call g ret } fn g() { push 1 ret }", with_depth(0)).one()), "");
  // A tail call gives its frame back first.
  EXPECT_EQ(trap(Machine("fn f(n) { load n jumpifnot e load n push 1 sub tailcall g e: push 0 ret }"
                         "fn g(n) { load n tailcall f }",
                         with_depth(1))
                     .one(100)),
            "");
}

// Nothing has been executed then; every engine says the first instruction.
TEST(LimitTest, TheEntrysOwnFrameMayBeTooMuch) {
  for (const bool count : {false, true}) {
    Machine machine("fn f(n) { local x push 1 push 2 add load n add call f ret }",
                    with_depth(0, count));
    const Outcome outcome = machine.one();
    EXPECT_EQ(trap(outcome), "call-depth-exceeded@0+0") << "count: " << count;
    EXPECT_EQ(outcome.steps, 0U);
    EXPECT_EQ(outcome.deepest, 0U);
    EXPECT_EQ(outcome.trap->frames, 1U);
  }
}

TEST(LimitTest, HeavyFramesCountMore) {
  std::string text = "fn f(n) {";
  for (int i = 1; i < 100; ++i) text += " load n store " + std::to_string(i);
  text += " load n jumpifnot e load n push 1 sub call f ret e: load 99 ret }";
  EXPECT_EQ(trap(Machine(text, with_depth(8)).one(3)), "");
  EXPECT_EQ(trap(Machine(text, with_depth(7)).one(3)).substr(0, 20), "call-depth-exceeded@");
}

TEST(LimitTest, FuelIsForCallsAndBackwardJumps) {
  const struct {
    const char* what;
    std::string_view text;
    Cell argument;
    std::uint64_t needed;
    std::string_view trap;  // with one less
  } cases[] = {
      {"backward jumps taken", kLoop, 5, 4, "out-of-fuel@0+4"},
      {"calls", kSum, 5, 5, "out-of-fuel@0+6"},
      {"a self tail call",
       "fn f(n) { load n jumpifnot e load n push 1 sub tailcall f e: load n ret }", 3, 3,
       "out-of-fuel@0+5"},
      {"a tail call", "fn f(n) { load n tailcall g } fn g(n) { load n ret }", 1, 1,
       "out-of-fuel@0+1"},
      {"a plain jump", "fn f(n) { jump b a: load n ret b: jump a }", 1, 1, "out-of-fuel@0+3"},
      {"jumpifnot", "fn f(n) { x: load n push 1 add tee n push 3 lt not jumpifnot x load n ret }",
       1, 1, "out-of-fuel@0+7"},
      {"a table", "fn f(n) { jump e x: push 0 store n e: load n jumptable e2 x\n e2: load n ret }",
       1, 1, "out-of-fuel@0+4"},
      {"on a constant", "fn f(n) { jump e x: load n ret e: push 1 jumpif x trap }", 1, 1,
       "out-of-fuel@0+4"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(trap(Machine(each.text, with_fuel(each.needed)).one(each.argument)), "") << each.what;
    EXPECT_EQ(trap(Machine(each.text, with_fuel(each.needed - 1)).one(each.argument)), each.trap)
        << each.what;
  }
  EXPECT_EQ(trap(Machine("fn f(n) { load n jumpif x x: load n ret }", with_fuel(0)).one(1)), "");
}

TEST(LimitTest, FuelIsChargedBeforeDepth) {
  EngineOptions options = with_depth(1);
  options.limits.fuel = 0;
  EXPECT_EQ(trap(Machine(kSum, options).one(1)), "out-of-fuel@0+6");
  options.limits.fuel = 1;
  EXPECT_EQ(trap(Machine(kSum, options).one(1)), "call-depth-exceeded@0+6");
}

TEST(LimitTest, EveryTaskHasItsOwnLimits) {
  Machine machine(kSum, {.limits = {.max_depth = 6, .fuel = 5}});
  const auto outcome = machine.run({5, 6, 5});
  EXPECT_EQ(outcome->trapped, 1U);
  EXPECT_EQ(machine.results[0][2], 15U);
}

TEST(LimitTest, MoreDepthThanMemoryIsTheMachinesError) {
  for (const std::uint64_t depth :
       {std::uint64_t{1} << 50, std::numeric_limits<std::uint64_t>::max()}) {
    Machine machine(kSum, with_depth(depth));
    const auto outcome = machine.run({3});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().fault, Fault::Machine);
    EXPECT_NE(outcome.error().message.find("--max-depth"), std::string::npos);
  }
  // Where no frame counts, no depth is too much.
  EXPECT_EQ(trap(Machine(kLoop, with_depth(std::uint64_t{1} << 50)).one(3)), "");
}

std::vector<std::string> words(const std::vector<Frame>& frames) {
  std::vector<std::string> all;
  for (const Frame& frame : frames) {
    all.push_back(std::to_string(frame.function) + "+" + std::to_string(frame.instruction));
  }
  return all;
}

// What became one instruction in the interpreter still traps where it stands in the code.
TEST(TrapReportTest, PlacesInFusedInstructions) {
  const struct {
    std::string_view text;
    Cell argument;
    std::uint64_t depth;
    std::string_view trap;
  } cases[] = {
      {"fn f(n) { push 1 load n div ret }", 0, 9, "integer-divide-by-zero@0+2"},
      {"fn f(n) { push 1 load n mod jumpif a push 1 ret a: push 2 ret }", 0, 9,
       "integer-divide-by-zero@0+2"},
      {"fn f(n) { push 1 load n div call f ret }", 0, 9, "integer-divide-by-zero@0+2"},
      {"fn f(n) { push 1 load n sub call f ret }", 5, 9, "call-depth-exceeded@0+3"},
      {"fn f(n) { load n jumpif a push 1 load n div jump b a: push 2 b: ret }", 0, 9,
       "integer-divide-by-zero@0+4"},
      {"fn f(n) { push 1 push 0 div ret }", 0, 9, "integer-divide-by-zero@0+2"},
      {"fn f(n) { push 7 push 0 mod jumpif a push 1 jump b a: push 2 b: ret }", 0, 9,
       "integer-divide-by-zero@0+2"},
      {"fn f(n) { x: load n push 1 sub store n push 9 load n div pop load n push 0 ge jumpif x "
       "load n ret }",
       3, 9, "integer-divide-by-zero@0+6"},
  };
  for (const auto& each : cases) {
    Machine machine(each.text, with_depth(each.depth));
    EXPECT_EQ(trap(machine.one(each.argument)), each.trap) << each.text;
  }
}

// Loops whose last jump became the branch at their head: with two ways out, and values kept.
TEST(InterpTest, LoopsWithTheirConditionAtTheHead) {
  Machine until(
      "fn f(n) { local s x: load n jumpifnot e load s load n add store s load n push 1 sub "
      "store n jump x e: load s ret }");
  EXPECT_FALSE(until.one(100).trap);
  EXPECT_EQ(until.results[0][0], 5050U);
  Machine both(
      "fn f(n) { local s x: load n push 3 mod jumpif o load n jumpifnot e o: load s push 1 "
      "add store s load n push 1 sub store n jump x e: load s ret }");
  EXPECT_FALSE(both.one(10).trap);
  EXPECT_EQ(both.results[0][0], 10U);
}

TEST(TrapReportTest, HasTheWholeChain) {
  Machine machine("fn f(n) { push 7 load n call g add ret } fn g(n) { nop push 1 load n div ret }");
  const Outcome outcome = machine.one(0);
  EXPECT_EQ(trap(outcome), "integer-divide-by-zero@1+3");
  EXPECT_EQ(words(outcome.trap->innermost), (std::vector<std::string>{"1+3", "0+2"}));
  EXPECT_TRUE(outcome.trap->outermost.empty());
  EXPECT_EQ(outcome.trap->frames, 2U);
}

// Three functions call each other in turn, so that every frame of a chain can be told from its
// neighbours. Those beyond 16 + 16 are only counted.
TEST(TrapReportTest, HasTheEndsOfALongChain) {
  std::string text = "fn main(n) { load n nop call d0 ret }";
  for (const std::string_view each : {"01", "12", "20"}) {
    text += " fn d" + std::string(1, each[0]) + "(n) {";
    for (char nops = '0'; nops < each[0]; ++nops) text += " nop";
    text +=
        " load n jumpifnot e load n push 1 sub call d" + std::string(1, each[1]) + " ret e: trap }";
  }
  for (const std::uint64_t frames :
       {2U, 16U, 17U, 31U, 32U, 33U, 34U, 40U, 47U, 48U, 49U, 1'000U}) {
    std::vector<std::string> chain = {"0+2"};  // outermost first
    for (std::uint32_t i = 0; i + 1 < frames; ++i) {
      const bool last = i + 2 == frames;
      chain.push_back(std::to_string(1 + i % 3) + "+" + std::to_string((last ? 7 : 5) + i % 3));
    }
    std::ranges::reverse(chain);
    const auto inner = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(frames, 16));
    const auto outer = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(frames, 32)) - inner;
    Machine machine(text);
    const Outcome outcome = machine.one(frames - 2);
    ASSERT_TRUE(outcome.trap) << frames;
    EXPECT_EQ(trap(outcome), "unreachable@" + chain[0]);
    EXPECT_EQ(outcome.trap->frames, frames);
    EXPECT_EQ(words(outcome.trap->innermost), std::vector(chain.begin(), chain.begin() + inner))
        << frames;
    EXPECT_EQ(words(outcome.trap->outermost), std::vector(chain.end() - outer, chain.end()))
        << frames;
  }
}

TEST(InterruptTest, EndsWhatRuns) {
  const struct {
    const char* what;
    std::string_view text;
  } cases[] = {
      {"a loop", "fn f(n) { x: jump x }"},
      {"a loop with a test", "fn f(n) { x: push 1 load n add store n push 1 jumpif x load n ret }"},
      {"a fused test", "fn f(n) { x: load n push 0 ge jumpif x load n ret }"},
      {"a table", "fn f(n) { x: load n jumptable x x }"},
      {"a tail call to itself", "fn f(n) { load n tailcall f }"},
      {"tail calls", "fn f(n) { load n tailcall g } fn g(n) { load n tailcall f }"},
      {"calls", "fn f(n) { x: load n call g store n jump x } fn g(n) { load n ret }"},
      {"an operation and a jump",
       "fn f(n) { nop x: load n push 1 add store n jump y y: nop jump x }"},
      {"an operation and its branch", "fn f(n) { x: load n push 1 or jumpif x load n ret }"},
      {"a jump that is a branch",
       "fn f(n) { x: load n jumpifnot e load n push 2 or store n jump x e: load n ret }"},
      {"an operation and a call",
       "fn f(n) { x: load n push 1 add call g pop jump x } fn g(n) { load n ret }"},
      {"constants and a call",
       "fn f(n) { x: push 1 push 2 add call g pop jump x } fn g(n) { load n ret }"},
  };
  for (const auto& each : cases) {
    Machine machine(each.text);
    std::jthread interrupter([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      machine.engine->interrupt();
    });
    const Outcome outcome = machine.one(1);
    ASSERT_TRUE(outcome.trap) << each.what;
    EXPECT_EQ(outcome.trap->trap, Trap::Interrupted) << each.what;
    EXPECT_EQ(machine.statuses[0], static_cast<std::uint8_t>(Trap::Interrupted)) << each.what;
  }
}

TEST(InterruptTest, EndsWhatRunsLater) {
  for (const bool count : {false, true}) {
    Machine machine(kSum, {.limits = {}, .count = count});
    machine.engine->interrupt();
    const auto outcome = machine.run({1, 2});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->trapped, 2U);
    EXPECT_EQ(outcome->trap->trap, Trap::Interrupted);
  }
}

TEST(CountTest, StepsAndDepth) {
  const struct {
    const char* what;
    std::string_view text;
    std::vector<Cell> arguments;
    std::uint64_t steps;
    std::uint64_t deepest;
  } cases[] = {
      {"a line", "fn f(n) { nop load n push 1 add ret }", {1}, 5, 0},
      {"a loop", kLoop, {3}, 3 * 5 + 2, 0},
      {"recursion", kSum, {3}, 3 * 9 + 4, 4},
      {"a trap in the middle", "fn f(n) { push 1 load n div push 2 add ret }", {0}, 3, 0},
      {"a trap before a call",
       "fn f(n) { push 1 load n div call g ret } fn g(n) { load n ret }",
       {0},
       3,
       0},
      {"a trap behind a call",
       "fn f(n) { load n call g load n div nop ret } fn g(n) { load n ret }",
       {0},
       6,
       0},
      {"several tasks", "fn f(n) { push 1 load n div push 2 add ret }", {0, 1, 0}, 3 + 6 + 3, 0},
      {"halt in a call", "fn f(n) { load n call g ret } fn g(n) { load n halt }", {0}, 4, 0},
  };
  for (const auto& each : cases) {
    Machine machine(each.text, {.limits = {}, .count = true});
    const auto outcome = machine.run(each.arguments);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->steps, each.steps) << each.what;
    EXPECT_EQ(outcome->deepest, each.deepest) << each.what;
  }
}

TEST(OutputTest, ComesInProgramOrder) {
  Written written;
  Machine machine(
      "fn f(n) { print \"a\" load n print call g print \"c\" push 0 print trap }"
      "fn g() -> () { print \"b\" push -1i32 print push 1.5 print push nan:0x1 to_f32 print"
      " push 0x1p-149f32 print ret }",
      {.limits = {}, .output = &written});
  machine.one(5);
  EXPECT_EQ(written.all, "a\n5\nb\n-1\n1.5\nnan\n1e-45\nc\n0\n");
}

struct Watcher : Observer {
  std::vector<std::string> seen;
  void step(std::uint32_t function, const ir::Instruction& instruction, std::uint64_t depth,
            std::span<const Cell, 3> values) override {
    if (instruction.op != ir::Op::Regular) return;
    seen.push_back(std::to_string(function) + "+" + std::to_string(instruction.origin) + "@" +
                   std::to_string(depth) + ": " + std::to_string(values[0]) + " " +
                   std::to_string(values[1]));
  }
};

TEST(ObserverTest, SeesInstructionsWithTheirValues) {
  Watcher watcher;
  Machine machine(kSum, {.limits = {}, .observer = &watcher});
  machine.one(2);
  EXPECT_EQ(machine.results[0][0], 3U);
  EXPECT_EQ(watcher.seen,
            (std::vector<std::string>{"0+5@1: 2 1", "0+5@2: 1 1", "0+7@2: 1 0", "0+7@1: 2 1"}));
}

}  // namespace
}  // namespace rosetta
