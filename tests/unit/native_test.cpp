// The engine of compiled code: what differs from the interpreter's way of doing it. That it means
// the same is the differential test's business.
#include "engine/native/native.h"

#include <gtest/gtest.h>
#include <sys/time.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "compiled.h"
#include "replayed.h"
#include "unit/machine.h"

namespace rosetta {
namespace {

std::unique_ptr<Engine> make_compiled(const ir::Program& program, const EngineOptions& options) {
  return std::make_unique<Replayed>(
      native_engine(program, options, test_image(program, options.limits.fuel.has_value())),
      program, options);
}

Machine compiled(std::string_view text, const EngineOptions& options = {}) {
  return Machine(text, options, make_compiled);
}

std::string lines(int count, const auto& line) {
  std::string text;
  for (int i = 0; i < count; ++i) (text += line(i)) += "\n";
  return text;
}

std::string params(int count) {
  return "p0" + lines(count - 1, [](int i) { return ", p" + std::to_string(i + 1); });
}

constexpr std::string_view kSum =
    "fn sum(n) { load n jumpifnot e load n load n push 1 sub call sum add ret e: push 0 ret }";

// Recursion that LLVM makes no loop of; takes long soon.
constexpr std::string_view kDeep =
    "fn f(n) { load n push 1 gt jumpif e push 1 ret e: load n push 1 sub call f load n push 2 sub "
    "call f add ret }";

constexpr Cell kSignalling = 0x7ff0'0000'0000'0001;  // NaNs, their bits to be kept
constexpr Cell kPayload = 0xfff8'1234'5678'9abc;
constexpr Cell kNarrowSignalling = 0x7f80'0001;
constexpr Cell kMinus = 0xffff'ffff;  // -1i32

TEST(NativeTest, ValuesOfAllTypesThroughCallsLocalsAndResults) {
  constexpr std::string_view kTypes = "(a: i64, b: i32, c: f64, d: f32)";
  constexpr std::string_view kBack = "-> (f32, f64, i32, i64, f32, i32)";
  const std::string body = " load d load c load b load a load d load b ";
  const std::string head = std::string(kTypes) + std::string(kBack);
  const std::vector<std::string> texts = {
      "fn f" + head + " {" + body + "ret }",
      "fn f" + head + " {" + body + "halt }",
      "fn f" + head + " { load a load b load c load d call g ret } fn g" + head + " {" + body +
          "ret }",
      "fn f" + head + " { load a load b load c load d call g ret } fn g" + head + " {" + body +
          "halt }",
      "fn f" + head + " { load a load b load c load d tailcall g } fn g" + head + " {" + body +
          "ret }",
      "fn f" + head + " { local w: f32 local x: f64 local y: i32 local z" +
          " load d store w load c store x load b store y load a store z" +
          " load w load x load y load z load w load y ret }",
      // Round through functions that cannot be inlined into each other.
      "fn f" + head + " { load a load b load c load d push 3 call g ret }" +
          "fn g(a: i64, b: i32, c: f64, d: f32, n)" + std::string(kBack) +
          " { load n jumpifnot e load a load b load c load d load n push 1 sub call g ret e:" +
          body + "ret }",
  };
  for (const std::string& text : texts) {
    Machine machine = compiled(text);
    for (const auto& [a, b, c, d] :
         std::vector<std::array<Cell, 4>>{{~Cell{0}, kMinus, kSignalling, kNarrowSignalling},
                                          {5, 0x8000'0000, kPayload, 0xffff'ffff},
                                          {1ULL << 63, 7, 0, 0x8000'0000}}) {
      EXPECT_EQ(machine.call({a, b, c, d}), (std::vector<Cell>{d, c, b, a, d, b})) << text;
    }
  }
}

TEST(NativeTest, ManyParametersAndResults) {
  constexpr int kCount = 60;
  const auto load = [](int i) { return " load p" + std::to_string(kCount - 1 - i); };
  std::string results = "i64";
  for (int i = 1; i < kCount; ++i) results += ", i64";
  const std::string head = "(" + params(kCount) + ") -> (" + results + ") {";
  Machine machine = compiled("fn f" + head + lines(kCount, load) + "call g ret }" + "fn g" + head +
                             lines(kCount, load) + "load p0 jumpifnot e call g ret e: ret }");
  std::vector<Cell> arguments;
  for (Cell i = 0; i < kCount; ++i) arguments.push_back(i);
  EXPECT_EQ(machine.call(arguments), std::vector<Cell>(arguments.rbegin(), arguments.rend()));
}

TEST(NativeTest, ComputedNaNsAreCanonical) {
  EXPECT_EQ(compiled("fn f(a: f64) { load a push 1.0 add ret }").call({kPayload}),
            std::vector<Cell>{0x7ff8'0000'0000'0000});
  EXPECT_EQ(compiled("fn f(a: f32) { load a load a mul ret }").call({kNarrowSignalling}),
            std::vector<Cell>{0x7fc0'0000});
  EXPECT_EQ(compiled("fn f(a: f64) { load a neg ret }").call({kPayload}),
            std::vector<Cell>{kPayload ^ 1ULL << 63});
}

TEST(NativeTest, NarrowResultsHaveZerosAbove) {
  Machine machine = compiled(
      "fn f(n: i32) -> (i32, f32, i32) { load n push 1i32 sub push -1.0f32 load n push 0i32 eq pop "
      "load n inv ret }");
  EXPECT_EQ(machine.call({0}), (std::vector<Cell>{kMinus, 0xbf80'0000, kMinus}));
  // Whatever is above in the columns of arguments.
  EXPECT_EQ(machine.call({0x1'0000'0000})[0], kMinus);
}

TEST(NativeTest, RunsColumnsOfTasks) {
  Machine machine = compiled(
      "fn f(n) -> (i64, i64) { load n push 7 eq jumpif h push 100 load n div load n ret h: push 1 "
      "call g ret } fn g(n) -> (i64, i64) { load n push 2 halt }");
  const auto outcome = machine.run({1, 0, 7, 0, 100, 0}, 0, 5);
  ASSERT_TRUE(outcome);
  const Cell untouched = Machine::kUntouched;
  EXPECT_EQ(machine.results[0], (std::vector<Cell>{100, untouched, 1, untouched, 1, untouched}));
  EXPECT_EQ(machine.results[1], (std::vector<Cell>{1, untouched, 2, untouched, 100, untouched}));
  EXPECT_EQ(machine.statuses, (std::vector<std::uint8_t>{0, 1, 0, 1, 0, Machine::kNoStatus}));
  EXPECT_EQ(outcome->trapped, 2U);
  EXPECT_EQ(outcome->trap->task, 1U);
  EXPECT_EQ(trap(*outcome), "integer-divide-by-zero@0+6");
  EXPECT_EQ(outcome->trap->frames, 1U);
  const auto later = machine.run({1, 0, 7, 0, 100}, 3, 5);
  EXPECT_EQ(later->trap->task, 3U);
  EXPECT_EQ(machine.results[0], (std::vector<Cell>{untouched, untouched, untouched, untouched, 1}));
  const auto nothing = machine.run({1, 0}, 1, 1);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->trapped, 0U);
  EXPECT_EQ(machine.statuses, std::vector<std::uint8_t>(2, Machine::kNoStatus));
}

TEST(NativeTest, HaltsFromAnyDepth) {
  Machine machine = compiled(
      "fn f(n) -> (i32, i64, f32) { load n call g push 0.0f32 ret }"
      "fn g(n) -> (i32, i64) { load n jumpifnot e load n push 1 sub call g load n add ret"
      " e: call h pop ret }"
      "fn h() -> (i32, i64, f32) { push -7i32 push 8 push 0.5f32 halt }");
  for (const Cell depth : {0U, 1U, 10U, 500'000U}) {
    EXPECT_EQ(machine.call({depth}), (std::vector<Cell>{0xffff'fff9, 8, 0x3f00'0000})) << depth;
  }
  // From the entry itself, called again from within.
  EXPECT_EQ(compiled("fn f(n) { load n jumpif r push 9 halt r: load n push 1 sub call f push 5 add "
                     "ret }")
                .call({20}),
            std::vector<Cell>{9});
}

// even and odd, of one parameter and of `count`: a million rounds in one frame's space.
TEST(TailCallTest, GoesRoundInConstantSpace) {
  for (const int count : {1, 5, 7, 12, 20}) {
    const std::string text =
        "fn even(n) { load n jumpifnot e load n push 1 sub " +
        lines(count - 1, [](int i) { return "load n push " + std::to_string(i) + " xor"; }) +
        "tailcall odd e: push 1 ret }\nfn odd(" + params(count) +
        ") { load p0 jumpifnot e load p0 push 1 sub tailcall even e: load p" +
        std::to_string(count - 1) + " push 0 mul ret }";
    for (const bool fuel : {false, true}) {
      EngineOptions options = with_depth(1);
      if (fuel) options.limits.fuel = 1'000'001;
      Machine machine = compiled(text, options);
      EXPECT_EQ(machine.call({1'000'000}), std::vector<Cell>{1}) << count;
      EXPECT_EQ(machine.call({1'000'001}), std::vector<Cell>{0}) << count;
    }
  }
}

TEST(TailCallTest, ToItselfWithManyParameters) {
  constexpr int kCount = 20;  // more than lowering makes a jump of
  const std::string text =
      "fn f(" + params(kCount) + ") { load p0 jumpifnot e load p0 push 1 sub" +
      lines(kCount - 1,
            [](int i) { return " load p" + std::to_string((i + 1) % (kCount - 1) + 1); }) +
      "tailcall f e: load p1 ret }";
  std::vector<Cell> arguments{1'000'000};
  for (Cell i = 1; i < kCount; ++i) arguments.push_back(i);
  Machine machine = compiled(text, with_depth(1));
  EXPECT_EQ(machine.call(arguments), std::vector<Cell>{1 + 1'000'000 % (kCount - 1)});
}

// With results beyond what registers take, and a halt in the entry.
TEST(TailCallTest, GoesRoundThroughTheEntrysHalt) {
  Machine machine = compiled(
      "fn f(n) -> (i64, i32, f64, i64) { load n jumpifnot e load n push 1 sub load n tailcall g"
      " e: push 1 push 2i32 push 3.0 push 4 halt }"
      "fn g(n, m) -> (i64, i32, f64, i64) { load n push 3 eq jumpif e load n tailcall f"
      " e: load m push 5i32 push 6.0 push 7 ret }",
      with_depth(1));
  EXPECT_EQ(machine.call({0}), (std::vector<Cell>{1, 2, 0x4008'0000'0000'0000, 4}));
  EXPECT_EQ(machine.call({1'000'000}), (std::vector<Cell>{4, 5, 0x4018'0000'0000'0000, 7}));
}

// Chains of tail calls that go nowhere leave frames behind, within recursion, to the limit.
TEST(TailCallTest, ChainsWithinRecursion) {
  const std::string text =
      "fn f(n) { load n jumpifnot e load n push 1 sub load n tailcall g e: push 0 ret }"
      "fn g(n, m) { load n" +
      lines(30, [](int i) { return " load m push " + std::to_string(i) + " add"; }) +
      "tailcall h }\nfn h(n, " + params(30) +
      ") { load n call f load p29 mul load p0 xor load p17 sub ret }";
  Machine machine = compiled(text);
  Machine again(text);
  for (const Cell n : {10U, 1'000U, 999'999U}) {
    EXPECT_EQ(machine.call({n}), again.call({n})) << n;
  }
  EXPECT_EQ(trap(machine.one(1'000'000)), trap(again.one(1'000'000)));
}

// A frame of much weight must not stay behind one of little: what is left of the depth says nothing
// of it.
TEST(TailCallTest, OfAHeavyFunctionToALightOneTakesItsPlace) {
  constexpr int kHeld = 620;
  const auto held = [](int i) {
    return "load n push " + std::to_string(i) + " add push 3 and call r";
  };
  const std::string text =
      "fn main(n) { load n call a ret }\n"
      "fn r(n) { load n push 2 lt jumpif e load n push 1 sub call r load n push 2 sub call r add "
      "ret e: load n ret }\n"
      "fn a(n) { local s " +
      lines(kHeld, held) + lines(kHeld - 1, [](int i) { return i % 2 == 0 ? "add" : "xor"; }) +
      "store s load n " +
      lines(30, [](int i) { return "load n push " + std::to_string(i) + " add"; }) +
      "load s tailcall b }\n"
      "fn b(" +
      params(32) +
      ") { load p0 jumpifnot e load p0 push 1 sub call a load p31 xor load p30 mul load p29 xor "
      "ret e: load p0 ret }\n";
  Machine machine = compiled(text, with_depth(5'050));
  Machine again(text, with_depth(5'050));
  EXPECT_EQ(machine.call({5'000}), again.call({5'000}));
  EXPECT_EQ(trap(machine.one(6'000)), trap(again.one(6'000)));
}

TEST(NativeLimitTest, DepthIsExact) {
  EXPECT_EQ(trap(compiled(kSum, with_depth(11)).one(10)), "");
  EXPECT_EQ(trap(compiled(kSum, with_depth(10)).one(10)), "call-depth-exceeded@0+6");
  EXPECT_EQ(trap(compiled(kSum, with_depth(1)).one(0)), "");
  const Outcome outcome = compiled(kSum, with_depth(0)).one(0);
  EXPECT_EQ(trap(outcome), "call-depth-exceeded@0+0");
  EXPECT_EQ(outcome.trap->frames, 1U);
  Machine machine = compiled(kSum);
  EXPECT_EQ(machine.call({999'999}), std::vector<Cell>{499'999'500'000});
  const Outcome deep = machine.one(1'000'000);
  EXPECT_EQ(trap(deep), "call-depth-exceeded@0+6");
  EXPECT_EQ(deep.trap->frames, 1'000'000U);
}

TEST(NativeLimitTest, FuelIsExact) {
  const struct {
    std::string_view text;
    Cell argument;
    std::uint64_t needed;
    std::string_view trap;  // with one less
  } cases[] = {
      {"fn f(n) { x: load n push 1 sub tee n jumpif x load n ret }", 5, 4, "out-of-fuel@0+4"},
      {kSum, 5, 5, "out-of-fuel@0+6"},
      {"fn f(n) { load n jumpifnot e load n push 1 sub tailcall f e: load n ret }", 3, 3,
       "out-of-fuel@0+5"},
      {"fn f(n) { load n tailcall g } fn g(n) { load n ret }", 1, 1, "out-of-fuel@0+1"},
      {"fn f(n) { load n call g load n call g add ret } fn g(n) { x: load n push 1 sub tee n "
       "jumpif x load n ret }",
       5, 10, "out-of-fuel@1+4"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(trap(compiled(each.text, with_fuel(each.needed)).one(each.argument)), "");
    EXPECT_EQ(trap(compiled(each.text, with_fuel(each.needed - 1)).one(each.argument)), each.trap);
  }
  EXPECT_EQ(trap(compiled(kSum, {.limits = {.max_depth = 1, .fuel = 0}}).one(1)),
            "out-of-fuel@0+6");
  EXPECT_EQ(trap(compiled(kSum, {.limits = {.max_depth = 1, .fuel = 1}}).one(1)),
            "call-depth-exceeded@0+6");
}

TEST(NativeLimitTest, EveryTaskHasItsOwnLimits) {
  Machine machine = compiled(kSum, {.limits = {.max_depth = 6, .fuel = 5}});
  const auto outcome = machine.run({5, 6, 5});
  EXPECT_EQ(outcome->trapped, 1U);
  EXPECT_EQ(machine.results[0][2], 15U);
}

TEST(NativeLimitTest, MoreDepthThanMemoryIsTheMachinesError) {
  for (const std::uint64_t depth :
       {std::uint64_t{1} << 50, std::numeric_limits<std::uint64_t>::max()}) {
    const auto outcome = compiled(kDeep, with_depth(depth)).run({3});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().fault, Fault::Machine);
    EXPECT_NE(outcome.error().message.find("--max-depth"), std::string::npos);
  }
  EXPECT_EQ(trap(compiled("fn f(n) { x: load n push 1 sub tee n jumpif x load n ret }",
                          with_depth(std::uint64_t{1} << 50))
                     .one(3)),
            "");
}

// Only what recurs needs stack by the depth, however large the frame of its caller is.
TEST(NativeLimitTest, AGreatFrameThatIsThereOnceIsPaidForOnce) {
  const auto call = [](int i) { return "load n push " + std::to_string(i) + " add call f"; };
  const ir::Program program =
      link_first("fn main(n) { " + lines(3'000, call) +
                 lines(2'999, [](int i) { return i % 2 == 0 ? "add" : "xor"; }) + "ret }" +
                 std::string(kDeep));
  const native::Image image = test_image(program, false);
  EXPECT_GT(image.stack_once, 8U * 2'000);
  EXPECT_LT(image.stack_per_depth, 500U);
}

TEST(NativeTest, PrintsInProgramOrder) {
  Written written;
  Machine machine = compiled(
      "fn f(n) { print \"a\" load n print call g print \"c\" push 0 print trap }"
      "fn g() -> () { print \"b\" push -1i32 print push 1.5 print push nan:0x1 to_f32 print"
      " push 0x1p-149f32 print ret }",
      {.limits = {}, .output = &written});
  EXPECT_EQ(trap(machine.one(5)), "unreachable@0+7");
  // The run that finds the call chain prints nothing.
  EXPECT_EQ(written.all, "a\n5\nb\n-1\n1.5\nnan\n1e-45\nc\n0\n");
}

// Interrupts.

constexpr std::string_view kEndless[] = {
    "fn f(n) { x: jump x }",
    "fn f(n) { x: load n push 3 mul push 1 add store n push 1 jumpif x load n ret }",
    "fn f(n) { load n tailcall f }",
    "fn f(n) { load n tailcall g } fn g(n) { load n push 1 add load n tailcall h }"
    "fn h(n, m) { load n tailcall f }",
    "fn f(n) { load n call g ret } fn g(n) { x: load n call h store n jump x } fn h(n) { load n "
    "push 1 gt jumpif e push 0 ret e: load n push 1 sub call h load n push 2 sub call h add ret }",
    "fn f(n) { x: load n print jump x }",
    "fn f(n) { x: print \"again\" jump x }",
    "fn f(n) { load n print load n tailcall f }",
};

void expect_interrupted(const Outcome& outcome, const Machine& machine, std::string_view text) {
  ASSERT_TRUE(outcome.trap) << text;
  EXPECT_EQ(outcome.trap->trap, Trap::Interrupted) << text;
  EXPECT_EQ(outcome.trap->place.instruction, Frame::kUnknownInstruction) << text;
  EXPECT_LT(outcome.trap->place.function, machine.program.functions.size()) << text;
  EXPECT_EQ(outcome.trap->frames, 0U) << text;
  EXPECT_EQ(machine.statuses[0], static_cast<std::uint8_t>(Trap::Interrupted)) << text;
}

TEST(NativeInterruptTest, FromAnotherThread) {
  const auto check = [](std::string_view text, Cell argument, std::optional<std::uint64_t> fuel) {
    Machine machine = compiled(text, {.limits = {.fuel = fuel}});
    std::jthread interrupter([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      machine.engine->interrupt();
    });
    expect_interrupted(machine.one(argument), machine, text);
  };
  for (const std::string_view text : kEndless) check(text, 1, {});
  // (A loop that does nothing but burn fuel takes LLVM no time.)
  check("fn f(n) { x: load n print jump x }", 1, ~std::uint64_t{0});
  for (const auto fuel : {std::optional<std::uint64_t>(), std::optional(~std::uint64_t{0})}) {
    check(kDeep, 90, fuel);
  }
}

std::atomic<Engine*> alarmed = nullptr;

// As a time limit does it: the handler runs on top of compiled code.
TEST(NativeInterruptTest, FromASignalHandlerOnTheSameThread) {
  struct sigaction action {};
  action.sa_handler = [](int) { alarmed.load()->interrupt(); };
  struct sigaction before {};
  sigaction(SIGALRM, &action, &before);
  const auto check = [](std::string_view text, Cell argument) {
    Machine machine = compiled(text);
    alarmed.store(machine.engine.get());
    const itimerval soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 20'000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    expect_interrupted(machine.one(argument), machine, text);
  };
  for (const std::string_view text : kEndless) check(text, 1);
  check(kDeep, 90);
  sigaction(SIGALRM, &before, nullptr);
  // What the engine put off meanwhile is put back.
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGURG), 0);
}

TEST(NativeInterruptTest, BeforeTheRun) {
  Machine machine = compiled(kSum);
  machine.engine->interrupt();
  const auto outcome = machine.run({1, 2});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->trapped, 2U);
  expect_interrupted(*outcome, machine, kSum);
  EXPECT_EQ(machine.results[0], std::vector<Cell>(2, Machine::kUntouched));
}

struct Interrupting : Output {
  Engine* engine = nullptr;
  int printed = 0;
  void value(Cell, Type) override {
    if (++printed == 3) engine->interrupt();
  }
  void text(std::string_view) override {}
};

TEST(NativeInterruptTest, FromAPrint) {
  Interrupting output;
  Machine machine =
      compiled("fn f(n) { x: load n print jump x }", {.limits = {}, .output = &output});
  output.engine = machine.engine.get();
  expect_interrupted(machine.one(1), machine, "");
  EXPECT_EQ(output.printed, 3);
}

// The interpreter that looks for a trap's call chain may need long where compiled code did not.
TEST(NativeInterruptTest, EndsTheSearchForACallChain) {
  const ir::Program program =
      link_first("fn f(n) { x: load n push 1 sub tee n jumpif x call g ret } fn g() { trap }");
  const Cell argument = Cell{1} << 60;
  const Cell* const from = &argument;
  Cell result = 0;
  Cell* const to = &result;
  std::uint8_t status = 0;
  const Tasks tasks{0, 1, std::span(&from, 1), std::span(&to, 1), &status};
  const auto outcome = native_engine(program, {}, test_image(program, false))->run(tasks);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(trap(*outcome), "unreachable@1+0");
  EXPECT_EQ(outcome->trap->frames, 0U);
  const auto replayer = make_replayer(program, {});
  std::jthread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    replayer->interrupt();
  });
  const auto begun = std::chrono::steady_clock::now();
  const TrapReport report = replay(*replayer, program, tasks, *outcome->trap);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  EXPECT_EQ(report.trap, Trap::Unreachable);
  EXPECT_EQ(report.place.function, 1U);
  EXPECT_EQ(report.frames, 0U);
}

// Many threads in one engine: each has its own stack and its own way out.
TEST(NativeThreadsTest, RunOneEngine) {
  Machine machine = compiled(
      "fn f(n) { load n push 10 mod jumpifnot z load n call sum ret z: push 1 push 0 div ret }"
      "fn sum(n) { load n jumpifnot e load n load n push 1 sub call sum add ret e: push 0 ret }");
  constexpr std::uint64_t kTasks = 800;
  std::vector<Cell> arguments;
  for (Cell i = 0; i < kTasks; ++i) arguments.push_back(1'000 + i);
  std::vector<Cell> sums(kTasks);
  std::vector<std::uint8_t> statuses(kTasks, 0xff);
  const Cell* const from = arguments.data();
  Cell* const to = sums.data();
  std::atomic<std::uint64_t> trapped = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t first = 0; first < kTasks; first += kTasks / 8) {
      threads.emplace_back([&, first] {
        const auto outcome = machine.engine->run(
            {first, first + kTasks / 8, std::span(&from, 1), std::span(&to, 1), statuses.data()});
        ASSERT_TRUE(outcome);
        trapped += outcome->trapped;
        EXPECT_EQ(outcome->trap->task, first);
        EXPECT_EQ(outcome->trap->frames, 1U);
      });
    }
  }
  EXPECT_EQ(trapped, kTasks / 10);
  for (std::uint64_t i = 0; i < kTasks; ++i) {
    const Cell n = 1'000 + i;
    EXPECT_EQ(statuses[i], i % 10 == 0 ? 1 : 0);
    EXPECT_EQ(sums[i], i % 10 == 0 ? 0 : n * (n + 1) / 2);
  }
}

TEST(NativeThreadsTest, AreInterruptedTogether) {
  if (!kInterruptible) GTEST_SKIP() << "signals come late";
  Machine machine = compiled("fn f(n) { x: load n push 1 add store n jump x }");
  const std::vector<Cell> arguments(8);
  const Cell* const from = arguments.data();
  std::vector<Cell> results(8);
  Cell* const to = results.data();
  std::vector<std::uint8_t> statuses(8);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto outcome = machine.engine->run(
            {i, i + 1, std::span(&from, 1), std::span(&to, 1), statuses.data()});
        ASSERT_TRUE(outcome && outcome->trap);
        EXPECT_EQ(outcome->trap->trap, Trap::Interrupted);
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    machine.engine->interrupt();
  }
  EXPECT_EQ(statuses, std::vector<std::uint8_t>(8, static_cast<std::uint8_t>(Trap::Interrupted)));
}

// An interrupt at any moment of a run that is short: it ends with its result, or is interrupted.
TEST(NativeInterruptTest, AtAnyMoment) {
  const ir::Program program = link_first(
      "fn f(n) { x: load n push 1 sub tee n print load n jumpif x load n call g ret }"
      "fn g(n) { load n push 40 add ret }");
  const native::Image image = test_image(program, false);
  int finished = 0;
  for (int round = 0; round < 400; ++round) {
    Written written;
    const auto engine = native_engine(program, {.limits = {}, .output = &written}, image);
    std::atomic<bool> go = false;
    std::jthread interrupter([&] {
      while (!go.load()) {
      }
      for (int i = 0; i < round * 20; ++i) asm volatile("");
      engine->interrupt();
    });
    const Cell argument = 20;
    const Cell* const from = &argument;
    Cell result = 0;
    Cell* const to = &result;
    std::uint8_t status = 0xff;
    go.store(true);
    const auto outcome = engine->run({0, 1, std::span(&from, 1), std::span(&to, 1), &status});
    ASSERT_TRUE(outcome);
    if (outcome->trap) {
      EXPECT_EQ(outcome->trap->trap, Trap::Interrupted);
    } else {
      ++finished;
      EXPECT_EQ(result, 40U);
      EXPECT_EQ(status, 0U);
    }
  }
  SUCCEED() << finished;
}

}  // namespace
}  // namespace rosetta
