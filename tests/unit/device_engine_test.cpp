// The engine over devices gives what the interpreter gives, whatever a device has too little of.
#include "gpu/device_engine.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "engine/replay.h"
#include "gpu/batch.h"
#include "gpu/pack.h"
#include "unit/fake_device.h"
#include "unit/machine.h"

namespace rosetta::gpu {
namespace {

// Counts down from n, and gives n and its double. Each round is a backward jump.
constexpr std::string_view kLoop = R"(
fn main(n) -> (i64, i64) {
    local k
    load n store k
loop:
    load k push 1 sub store k
    load k push 0 gt jumpif loop
    load n load n push 2 mul ret
}
)";

// Depth n; traps where n ends in 999.
constexpr std::string_view kDeep = R"(
fn main(n) {
    load n push 1000 mod push 999 eq jumpif bad
    load n call down ret
bad:
    push 1 push 0 div ret
}
fn down(n) { load n jumpifnot end load n push 1 sub call down push 1 add ret end: push 0 ret }
)";

class DeviceEngineTest : public testing::Test {
 protected:
  explicit DeviceEngineTest() = default;

  void program(std::string_view text, const Limits& limits = {}) {
    program_ = link_first(text);
    options_.limits = limits;
  }
  void make(std::size_t devices = 1) {
    std::vector<std::unique_ptr<Device>> all;
    for (std::size_t i = 0; i < devices; ++i) {
      scripts_.push_back(i == 0 ? &script : more.emplace_back(std::make_unique<Script>()).get());
      all.push_back(std::make_unique<FakeDevice>(program_, *scripts_.back()));
    }
    const std::uint64_t cells = options_.limits.max_depth * script.cells_a_call;
    engine = make_device_engine(program_, cells, options_, std::move(all));
  }

  struct Ran {
    std::vector<std::vector<Cell>> results;
    std::vector<std::uint8_t> statuses;
    Result<Outcome> outcome;
  };
  // All but the first task and the last one of the column, for every parameter.
  Ran run(Engine& on, const std::vector<Cell>& column) const {
    Ran ran{{}, std::vector<std::uint8_t>(column.size(), 0xee), {}};
    ran.results.assign(program_.entry().results.size(), std::vector<Cell>(column.size(), 77));
    const std::vector<const Cell*> from(program_.entry().params.size(), column.data());
    std::vector<Cell*> to;
    for (std::vector<Cell>& each : ran.results) to.push_back(each.data());
    ran.outcome = on.run({1, column.size() - 1, from, to, ran.statuses.data()});
    // What a trapped task leaves means nothing.
    for (std::size_t i = 1; i + 1 < column.size(); ++i) {
      for (auto& each : ran.results) each[i] = ran.statuses[i] == 0 ? each[i] : 0;
    }
    return ran;
  }
  // The same from the engine as from the interpreter.
  void check(const std::vector<Cell>& column) {
    const auto interpreter = make_interpreter(program_, options_);
    const Ran wanted = run(*interpreter, column);
    const Ran got = run(*engine, column);
    ASSERT_TRUE(wanted.outcome);
    ASSERT_TRUE(got.outcome) << got.outcome.error().message;
    EXPECT_EQ(got.statuses, wanted.statuses);
    EXPECT_EQ(got.results, wanted.results);
    EXPECT_EQ(got.outcome->trapped, wanted.outcome->trapped);
    ASSERT_EQ(got.outcome->trap.has_value(), wanted.outcome->trap.has_value());
    if (!got.outcome->trap) return;
    EXPECT_EQ(got.outcome->trap->trap, wanted.outcome->trap->trap);
    EXPECT_EQ(got.outcome->trap->task, wanted.outcome->trap->task);
    EXPECT_EQ(got.outcome->trap->frames, 0U);
  }

  static std::vector<Cell> counting(std::size_t count, Cell from = 0) {
    std::vector<Cell> column(count);
    for (std::size_t i = 0; i < count; ++i) column[i] = from + i;
    return column;
  }

  Script script;
  std::vector<std::unique_ptr<Script>> more;
  std::unique_ptr<DeviceEngine> engine;

 private:
  ir::Program program_;
  EngineOptions options_;
  std::vector<Script*> scripts_;
};

TEST(PackTest, SendsOnlyWhatDiffers) {
  const std::vector<Cell> counts{3, 4, 5, 6};
  const std::vector<Cell> same{9, 7, 7, 7};
  const std::vector<Cell> any{1, 2, 4, 8};
  const std::vector<const Cell*> columns{counts.data(), same.data(), any.data(), same.data()};
  Packed packed;
  pack(columns, std::vector(columns.size(), Type::I64), 1, 3, packed);
  EXPECT_EQ(packed.first, 4U);
  EXPECT_EQ(packed.cells, (std::vector<Cell>{0, 0, 8, 0, 9, 1, 12, 0, 7, 2, 4, 8, 7}));
  // Two that count differently: one of them is sent.
  const std::vector<Cell> others{8, 9, 10, 11};
  pack(std::vector<const Cell*>{others.data(), counts.data(), others.data()},
       std::vector(3, Type::I64), 0, 4, packed);
  EXPECT_EQ(packed.first, 8U);
  EXPECT_EQ(packed.cells, (std::vector<Cell>{0, 0, 6, 1, 0, 0, 3, 4, 5, 6}));
  pack({}, {}, 5, 3, packed);
  EXPECT_TRUE(packed.cells.empty());
  // The number's bits are no float's: those are sent.
  pack(std::vector<const Cell*>{counts.data()}, std::vector(1, Type::F64), 0, 4, packed);
  EXPECT_EQ(packed.cells, (std::vector<Cell>{2, 1, 3, 4, 5, 6}));
  // One task alone has a constant.
  pack(std::vector<const Cell*>{any.data()}, std::vector(1, Type::F64), 3, 1, packed);
  EXPECT_EQ(packed.cells, (std::vector<Cell>{2, 0, 8}));
}

TEST_F(DeviceEngineTest, GivesWhatTheInterpreterGives) {
  program(kLoop);
  make();
  check(counting(1'000));
  check(counting(3));
  check(std::vector<Cell>(500, 12));
  ASSERT_EQ(script.launches.size(), 3U);
  EXPECT_EQ(script.launches[0].count, 998U);
  EXPECT_EQ(script.launches[0].lanes, 1'000U);  // one a task, in whole groups
  EXPECT_EQ(script.launches[0].cells, 0U);
  EXPECT_EQ(script.launches[0].fuel, Grants::kFirstFuel);
  EXPECT_EQ(script.launches[0].depth, 1'000'000U);
  EXPECT_EQ(script.launches[1].lanes, 4U);
  EXPECT_EQ(engine->grain(), 16U);
  // (No task is no launch.)
  EXPECT_TRUE(engine->run({5, 5, {}, {}, nullptr}));
  EXPECT_EQ(script.launches.size(), 3U);
}

TEST_F(DeviceEngineTest, ATaskInAThousandThatRunsAThousandTimesLonger) {
  program(kLoop);
  make();
  std::vector<Cell> column(5'000, 300);
  for (std::size_t i = 7; i < column.size(); i += 1'000) column[i] = 300'000;
  check(column);
  ASSERT_EQ(script.launches.size(), 3U);
  EXPECT_EQ(script.picks, (std::vector<std::uint64_t>{0, 5, 5}));
  EXPECT_EQ(script.launches[2].fuel, Grants::kFirstFuel * 64);
  EXPECT_EQ(engine->story(), "launches 3, tasks that ran again 10, tasks that the processor ran 0");
}

TEST_F(DeviceEngineTest, ManyStragglersAreSpreadOverLaunches) {
  program(kLoop);
  script.info.lanes = 4;
  make();
  // 2^20 of fuel for each: 64 of them on a lane, 256 in a launch.
  check(std::vector<Cell>(302, 1'000'000));
  std::vector<std::uint32_t> counts;
  for (const Launch& launch : script.launches) counts.push_back(launch.count);
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{300, 300, 256, 44}));
}

TEST_F(DeviceEngineTest, FuelThatTheLanguageLimits) {
  for (const std::uint64_t fuel : {0U, 1U, 300U, 16'384U, 20'000U, 200'000U}) {
    program(kLoop, {.fuel = fuel});
    make();
    std::vector<Cell> column = counting(400);
    column[20] = fuel;
    column[21] = fuel + 1;
    column[22] = fuel + 2;
    column[23] = 1'000'000;
    check(column);
    EXPECT_LE(script.launches.back().fuel, fuel);
  }
}

TEST_F(DeviceEngineTest, StacksGrowUntilTheyAreDeepEnough) {
  program(kDeep, {5'000, {}});
  script.cells_a_call = 3;
  make();
  std::vector<Cell> column = counting(3'000);
  column[100] = 4'997;
  column[101] = 4'998;
  column[102] = 6'000;  // a trap at that depth
  check(column);
  EXPECT_EQ(script.launches.front().cells, Grants::kFirstCells);
  EXPECT_LE(script.launches.front().lanes, 16U);
  EXPECT_EQ(script.launches.back().cells, 15'000U);
  EXPECT_EQ(script.launches.size(), 4U);
  EXPECT_NE(engine->story().find("processor ran 0"), std::string::npos);
}

TEST_F(DeviceEngineTest, LessMemoryMakesFewerLanesAndThenTheProcessor) {
  program(kDeep, {100'000, {}});
  script.cells_a_call = 3;
  script.memory = 200'000;  // 25,000 cells
  make();
  std::vector<Cell> column = counting(3'000);
  column[100] = 50'000;
  column[101] = 100'001;
  check(column);
  for (const Launch& launch : script.launches) {
    EXPECT_LE(launch.lanes * launch.cells, 25'000U);
  }
  EXPECT_LT(script.launches.back().lanes, 16U);
  EXPECT_NE(engine->story().find("processor ran "), std::string::npos);
  EXPECT_EQ(engine->story().find("processor ran 0"), std::string::npos);
}

// What a device says that it has is what is asked for.
TEST_F(DeviceEngineTest, LanesThatDoNotFitAreNotAskedFor) {
  program(kDeep, {5'000, {}});
  script.cells_a_call = 3;
  script.info.memory = 12 * 100'000;  // a queue's stacks: 200,000 bytes
  script.memory = 200'000;
  int refused = 0;
  make();
  script.launched = [&](const Launch& launch) {
    if (launch.lanes * launch.cells * 8 > 200'000) ++refused;
  };
  check(counting(3'000));
  EXPECT_EQ(refused, 0);
}

TEST_F(DeviceEngineTest, BatchesAreAsLargeAsMemoryIs) {
  program(kLoop);
  script.info.memory = 6 * 25 * 100;  // 100 tasks of a column of arguments and two of results
  make();
  check(counting(1'000));
  EXPECT_EQ(script.launches.size(), 10U);
  // There is less than it says.
  script.launches.clear();
  script.memory = 30 * 16;
  check(counting(1'000));
  EXPECT_GE(script.launches.size(), 34U);
  // There is none at all.
  script.launches.clear();
  script.memory = 0;
  check(counting(1'000));
  EXPECT_TRUE(script.launches.empty());
}

// No memory or no device, at each call in turn.
TEST_F(DeviceEngineTest, EveryCallCanFail) {
  program(kDeep, {4'000, {}});
  script.cells_a_call = 3;
  make();
  std::vector<Cell> column = counting(200);
  column[100] = 3'000;
  int calls = 0;
  script.fails = [&](const std::string&) { return ++calls, std::nullopt; };
  check(column);
  const int all = calls;
  ASSERT_GT(all, 8);
  for (int failing = 1; failing <= all; ++failing) {
    int now = 0;
    script.fails = [&](const std::string& call) -> std::optional<DeviceError> {
      if (++now != failing) return std::nullopt;
      return DeviceError{DeviceError::Kind::NoMemory, call};
    };
    check(column);
    now = 0;
    script.fails = [&](const std::string& call) -> std::optional<DeviceError> {
      if (++now != failing) return std::nullopt;
      return DeviceError{DeviceError::Kind::Failed, "fake lost at " + call};
    };
    const Ran ran = run(*engine, column);
    ASSERT_FALSE(ran.outcome) << failing;
    EXPECT_EQ(ran.outcome.error().fault, Fault::Machine);
    EXPECT_EQ(ran.outcome.error().message.substr(0, 13), "fake lost at ");
    // The next one has another queue.
    script.fails = nullptr;
    check(column);
  }
}

TEST_F(DeviceEngineTest, MemoryThatNeverSuffices) {
  program(kDeep, {4'000, {}});
  script.cells_a_call = 3;
  for (const std::string failing : {"begin", "launch", "end"}) {
    make();
    script.fails = [&](const std::string& call) -> std::optional<DeviceError> {
      if (call != failing) return std::nullopt;
      return DeviceError{DeviceError::Kind::NoMemory, call};
    };
    check(counting(200));
  }
}

TEST_F(DeviceEngineTest, SeveralRunsShareSeveralDevices) {
  program(kLoop);
  make(2);
  // Each launch waits until all six queues have one.
  std::barrier all(6);
  script.launched = more[0]->launched = [&](const Launch&) { all.arrive_and_wait(); };
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> passed = 0;
  for (std::size_t thread = 0; thread < 12; ++thread) {
    threads.emplace_back([&, thread] {
      const std::vector<Cell> column = counting(500, thread);
      const Ran ran = run(*engine, column);
      for (std::size_t i = 1; i + 1 < column.size(); ++i) {
        passed += ran.results[1][i] == 2 * column[i] ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(passed, 12U * 498U);
  EXPECT_EQ(script.launches.size(), 6U);
  EXPECT_EQ(more[0]->launches.size(), 6U);
  EXPECT_EQ(script.open, 3);
  EXPECT_EQ(more[0]->open, 3);
}

TEST_F(DeviceEngineTest, AnInterruptEndsItBehindTheLaunch) {
  program(kLoop);
  script.info.memory = 6 * 25 * 100;
  make();
  script.launched = [&](const Launch&) {
    if (script.launches.size() == 3) engine->interrupt();
  };
  std::vector<Cell> column = counting(1'000);
  column[250] = 1'000'000;  // would need another launch
  const Ran ran = run(*engine, column);
  ASSERT_TRUE(ran.outcome);
  EXPECT_EQ(script.launches.size(), 3U);
  EXPECT_TRUE(engine->interrupted());
  EXPECT_EQ(ran.outcome->trap->trap, Trap::Interrupted);
  EXPECT_EQ(ran.outcome->trap->task, 250U);
  EXPECT_EQ(ran.outcome->trapped, 1U + 998U - 300U);
  EXPECT_EQ(ran.results[1][249], 498U);
  EXPECT_EQ(ran.results[1][251], 502U);
  // And all that comes later.
  const Ran later = run(*engine, column);
  EXPECT_EQ(later.outcome->trapped, 998U);
  EXPECT_EQ(script.launches.size(), 3U);
}

// A device gives a trap and no place: the interpreter finds it, or something else.
TEST(ReplayTest, FindsWhatADeviceDoesNotSay) {
  const ir::Program program =
      link_first("fn main(n) { push 12 load n call f ret } fn f(a, b) { load a load b div ret }");
  const auto replayer = make_replayer(program, {});
  const std::vector<Cell> column{3, 0};
  const std::vector<const Cell*> columns{column.data()};
  const Tasks tasks{0, 2, columns, {}, nullptr};
  TrapReport report;
  report.trap = Trap::IntegerDivideByZero;
  report.task = 1;
  report.place = Frame::unknown();
  const TrapReport found = replay(*replayer, program, tasks, report);
  EXPECT_EQ(found.task, 1U);
  EXPECT_EQ(found.place.function, 1U);
  EXPECT_EQ(found.place.instruction, 2U);
  EXPECT_EQ(found.frames, 2U);
  EXPECT_FALSE(found.contradicted);
  report.task = 0;
  EXPECT_TRUE(replay(*replayer, program, tasks, report).contradicted);
  report.task = 1;
  report.trap = Trap::IntegerOverflow;
  const TrapReport other = replay(*replayer, program, tasks, report);
  EXPECT_TRUE(other.contradicted);
  EXPECT_EQ(other.trap, Trap::IntegerOverflow);
  EXPECT_EQ(other.frames, 0U);
  // What took too long contradicts nothing.
  replayer->interrupt();
  EXPECT_FALSE(replay(*replayer, program, tasks, report).contradicted);
}

}  // namespace
}  // namespace rosetta::gpu
