// The engine that goes from the interpreter into compiled code: what it means is the interpreter's,
// whenever and wherever that happens.
#include "engine/auto/auto.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "compiled.h"
#include "unit/machine.h"

namespace rosetta {
namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

AutoOptions with_patience(int microseconds) {
  AutoOptions how;
  how.compiler = [] { return &test_compiler(); };
  how.patience = std::chrono::microseconds(microseconds);
  return how;
}

AutoOptions without_compiler(int microseconds) {
  AutoOptions how = with_patience(microseconds);
  how.compiler = []() -> Result<const native::Compiler*> {
    return std::unexpected(Error{Fault::Machine, "there is none"});
  };
  return how;
}

// Tasks of one parameter and one result, with what has become of them.
struct Columns {
  explicit Columns(std::uint64_t tasks) : results(tasks), statuses(tasks, Machine::kNoStatus) {
    for (Cell i = 0; i < tasks; ++i) arguments.push_back(i * 7 + i % 5);
  }
  Result<Outcome> run(Engine& engine, std::uint64_t first, std::uint64_t last) {
    const Cell* const from = arguments.data();
    Cell* const to = results.data();
    return engine.run({first, last, std::span(&from, 1), std::span(&to, 1), statuses.data()});
  }
  Result<Outcome> run(Engine& engine) { return run(engine, 0, arguments.size()); }

  std::vector<Cell> arguments;
  std::vector<Cell> results;
  std::vector<std::uint8_t> statuses;
};

constexpr std::string_view kPrograms[] = {
    // No calls and no jumps: nothing that could be asked.
    "fn f(n) { load n push 3 mul push 1000 load n push 10 mod div add ret }",
    // Loops, recursion, a halt and several traps.
    "fn f(n) { local x load n push 101 mod jumpifnot h load n push 100 mod push 1 add store n"
    " l: load x push 5 mul load n xor store x load n push 1 sub tee n jumpif l"
    " load x push 63 and call g load x add ret h: push 77 halt }"
    "fn g(n) { load n jumpifnot e load n push 1 sub call g push 2 add ret"
    " e: trap }",
    // Tail calls, round.
    "fn f(n) { load n push 1000 mod push 1 tailcall a }"
    "fn a(n, x) { load n jumpifnot e load n push 1 sub load x push 3 mul tailcall b"
    " e: push 10 load x push 9 mod div ret }"
    "fn b(n, x) { load n jumpifnot e load n push 1 sub load x push 7 xor tailcall a"
    " e: load x ret }",
};

// Until whole tasks run compiled; whether they ever do.
bool soon_whole(const AutoEngine& engine) {
  for (int i = 0; i < 6'000; ++i) {
    if (engine.story().find("whole tasks are compiled") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

// From so many threads, chunk by chunk, over and over while code is being compiled.
void compare(std::string_view text, std::size_t threads, const EngineOptions& options,
             int patience) {
  const auto program = std::make_shared<const ir::Program>(link_first(text));
  constexpr std::uint64_t kTasks = 4'000;
  Columns wanted(kTasks);
  const auto expected = wanted.run(*make_interpreter(*program, options));
  ASSERT_TRUE(expected);
  const auto engine = make_auto(program, options, with_patience(patience));
  std::atomic<bool> whole = false;
  const auto round = [&](std::uint64_t chunk) {
    Columns got(kTasks);
    std::atomic<std::uint64_t> next = 0;
    std::atomic<std::uint64_t> trapped = 0;
    {
      std::vector<std::jthread> workers;
      for (std::size_t i = 0; i < threads; ++i) {
        workers.emplace_back([&] {
          for (;;) {
            const std::uint64_t first = next.fetch_add(chunk);
            if (first >= kTasks) return;
            const std::uint64_t last = std::min(first + chunk, kTasks);
            const auto outcome = got.run(*engine, first, last);
            ASSERT_TRUE(outcome) << outcome.error().message;
            trapped += outcome->trapped;
            std::uint64_t trap = first;
            while (trap < last && wanted.statuses[trap] == 0) ++trap;
            ASSERT_EQ(outcome->trap.has_value(), trap < last);
            if (outcome->trap) {
              EXPECT_EQ(outcome->trap->task, trap);
              EXPECT_EQ(static_cast<std::uint8_t>(outcome->trap->trap), wanted.statuses[trap]);
            }
          }
        });
      }
    }
    EXPECT_EQ(trapped, expected->trapped);
    EXPECT_EQ(got.statuses, wanted.statuses);
    EXPECT_EQ(got.results, wanted.results);
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::uint64_t chunk = 1;
  while (!whole.load() && std::chrono::steady_clock::now() < until) {
    round(chunk);
    chunk = chunk >= kTasks ? 1 : chunk * 5;
    whole = engine->story().find("whole tasks are compiled") != std::string::npos;
  }
  EXPECT_TRUE(whole.load()) << engine->story();
  for (const std::uint64_t each : {std::uint64_t{1}, std::uint64_t{700}, kTasks}) round(each);
}

TEST(AutoThreadsTest, ManyTasksAreTheInterpretersBitForBit) {
  for (const std::string_view text : kPrograms) {
    for (const std::size_t threads : {1U, 2U, 8U}) {
      compare(text, threads, {}, threads == 2 ? 0 : 300);
      compare(text, threads, {.limits = {.max_depth = 60, .fuel = 150}}, 50);
    }
  }
}

// One run of many tasks goes on in compiled code between two of them.
TEST(AutoTest, ARunOfManyTasksGoesOnCompiled) {
  const auto program = std::make_shared<const ir::Program>(link_first(kPrograms[0]));
  const auto engine = make_auto(program, {}, with_patience(100));
  Columns columns(kSanitized ? 300'000 : 3'000'000);
  Columns wanted(columns.arguments.size());
  const auto expected = wanted.run(*make_interpreter(*program, {}));
  const auto outcome = columns.run(*engine);
  ASSERT_TRUE(outcome && expected);
  EXPECT_EQ(outcome->trapped, expected->trapped);
  EXPECT_EQ(outcome->trap->task, expected->trap->task);
  EXPECT_TRUE(columns.statuses == wanted.statuses);
  EXPECT_TRUE(columns.results == wanted.results);
  EXPECT_TRUE(soon_whole(*engine)) << engine->story();
}

TEST(AutoTest, ASingleTaskNeedsNoWholeProgram) {
  const auto program = std::make_shared<const ir::Program>(
      link_first("fn f(n) { x: load n push 1 sub tee n jumpif x load n ret }"));
  const auto engine = make_auto(program, {}, with_patience(100));
  Columns columns(1);
  columns.arguments[0] = kSanitized ? 30'000'000 : 300'000'000;
  ASSERT_TRUE(columns.run(*engine));
  EXPECT_EQ(columns.results[0], 0U);
  EXPECT_EQ(engine->story().find("whole"), std::string::npos) << engine->story();
}

// A second run makes them many, also while the first is under way.
TEST(AutoThreadsTest, ASecondRunMakesThemMany) {
  if (!kInterruptible) GTEST_SKIP() << "signals come late";
  const auto program = std::make_shared<const ir::Program>(
      link_first("fn f(n) { local x l: load x push 1 add store x load n push 3 mul push 1 add "
                 "tee n push 0 eq jumpifnot l load x ret }"));
  const auto engine = make_auto(program, {}, with_patience(100));
  Columns columns(2);
  {
    // Each is endless.
    std::jthread first([&] { ASSERT_TRUE(columns.run(*engine, 0, 1)); });
    std::jthread second([&] { ASSERT_TRUE(columns.run(*engine, 1, 2)); });
    EXPECT_TRUE(soon_whole(*engine)) << engine->story();
    engine->interrupt();
  }
  const std::uint8_t interrupted = static_cast<std::uint8_t>(Trap::Interrupted);
  EXPECT_EQ(columns.statuses, std::vector<std::uint8_t>(2, interrupted));
  // What comes later is interrupted, too, in whichever engine.
  Columns later(3);
  const auto outcome = later.run(*engine);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->trapped, 3U);
}

TEST(AutoThreadsTest, WithoutACompilerTheyAreInterpreted) {
  const AutoOptions how = without_compiler(0);
  const auto program = std::make_shared<const ir::Program>(link_first(kPrograms[1]));
  const auto engine = make_auto(program, {}, how);
  Columns wanted(2'000);
  ASSERT_TRUE(wanted.run(*make_interpreter(*program, {})));
  Columns columns(2'000);
  {
    // All are asked at once, and go on.
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] { ASSERT_TRUE(columns.run(*engine, i * 250, (i + 1) * 250)); });
    }
  }
  EXPECT_EQ(columns.results, wanted.results);
  EXPECT_EQ(columns.statuses, wanted.statuses);
}

// Tasks under way on several threads, of which more than one is asked: none may find the word that
// asks for ever, least of all where nobody will ask again. (Asking takes longer in much code.)
TEST(AutoThreadsTest, SeveralAreAskedAtOnce) {
  std::string text =
      "fn f(n) { x: load n call g pop load n push 1 sub tee n jumpif x load n jumpif never load n "
      "ret never: ";
  for (int i = 0; i < 5'000; ++i) text += "load n call g pop ";
  text += "push 1 ret } fn g(n) { load n push 1 and ret }";
  const auto program = std::make_shared<const ir::Program>(link_first(text));
  for (int round = 0; round < (kSanitized ? 20 : 500); ++round) {
    const auto engine = make_auto(program, {}, without_compiler(200));
    Columns columns(8);
    columns.arguments.assign(8, 20'000);
    {
      std::vector<std::jthread> threads;
      for (std::uint64_t i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] { ASSERT_TRUE(columns.run(*engine, i, i + 1)); });
      }
    }
    EXPECT_EQ(columns.statuses, std::vector<std::uint8_t>(8, 0));
    EXPECT_EQ(columns.results, std::vector<Cell>(8, 0));
  }
}

// A function may begin with the jump of a loop: its first word is one or the other.
TEST(AutoTest, AFunctionAndALoopShareAWord) {
  const auto program = std::make_shared<const ir::Program>(link_first(
      "fn main(n) { load n call g load n call g add ret }"
      "fn g(n) -> i64 { l: call h pop push 1 jumpifnot l load n jumpifnot d load n push 1 sub "
      "call g push 1 add ret d: push 0 ret }"
      "fn h() -> i64 { push 5 ret }"));
  AutoOptions how = with_patience(0);
  how.eagerly = [](const native::Start& start) { return start.function == 1; };
  const auto engine = make_auto(program, {}, how);
  Columns columns(1);
  columns.arguments[0] = 1'000;
  const auto outcome = columns.run(*engine);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(trap(*outcome), "");
  EXPECT_EQ(columns.results[0], 2'000U);
}

// Functions that tail-call each other are a loop of their own.
TEST(AutoTest, TailCallsThatGoRoundAreCompiled) {
  const std::string text =
      "fn even(n, x) { load n jumpifnot e load n push 1 sub load x push 3 mul tailcall odd"
      " e: load x ret }"
      "fn odd(n, x) { load n jumpifnot e load n push 1 sub load x push 1 add tailcall even"
      " e: load x ret }";
  // (The thread that keeps may outlive this.)
  const auto kept = std::make_shared<std::atomic<bool>>(false);
  AutoOptions how = with_patience(100);
  how.keep = [kept](const native::Image&) { kept->store(true); };
  const auto program = std::make_shared<const ir::Program>(link_first(text));
  const auto engine = make_auto(program, {}, how);
  const Cell rounds = kSanitized ? 20'000'000 : 200'000'000;
  const Cell arguments[] = {rounds, 7};
  const Cell* const from[] = {&arguments[0], &arguments[1]};
  Cell result = 0;
  Cell* const to = &result;
  std::uint8_t status = 0xff;
  ASSERT_TRUE(engine->run({0, 1, from, std::span(&to, 1), &status}));
  EXPECT_EQ(status, 0U);
  EXPECT_NE(engine->story().find("then compiled"), std::string::npos) << engine->story();
  for (int i = 0; i < 6'000 && !kept->load(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(kept->load());
}

// Memory for a compiled stack that is not there any more is the machine's fault, not the program's.
TEST(AutoTest, NoMemoryForTheStackIsTheMachinesError) {
  if (kSanitized) GTEST_SKIP() << "sanitizers need address space of their own";
  const auto program = std::make_shared<const ir::Program>(link_first(
      "fn f(n) { load n jumpifnot e x: load n call g push 1 sub tee n jumpif x e: load n ret }"
      "fn g(n) { load n push 1000 gt jumpifnot e load n call g ret e: load n ret }"));
  AutoOptions how = with_patience(0);
  how.eagerly = [](const native::Start& start) {
    return start.kind == native::Start::Kind::Loop && start.function == 0;
  };
  const auto engine = make_auto(program, with_depth(10'000'000), how);
  Columns columns(1);
  columns.arguments[0] = 0;
  ASSERT_TRUE(columns.run(*engine));  // its code is there now, and was not entered yet
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  const rlimit little{.rlim_cur = 64 << 20, .rlim_max = before.rlim_max};
  columns.arguments[0] = 100;
  ASSERT_EQ(setrlimit(RLIMIT_AS, &little), 0);
  const auto outcome = columns.run(*engine);
  setrlimit(RLIMIT_AS, &before);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().fault, Fault::Machine);
  ASSERT_TRUE(columns.run(*engine));
  EXPECT_EQ(columns.results[0], 0U);
}

}  // namespace
}  // namespace rosetta
