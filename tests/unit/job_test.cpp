// Jobs: what comes out does not depend on threads, chunks or engines, and is what the tasks alone
// give.
#include "par/job.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>

#include <chrono>
#include <filesystem>
#include <map>

#include <mutex>
#include <string>
#include <thread>

#include "compiled.h"
#include "par/made.h"
#include "unit/files.h"
#include "unit/machine.h"

namespace rosetta::par {
namespace {

// Some tasks take long, some trap in two ways, and some end by halt.
constexpr std::string_view kUneven = R"(
fn main(n) -> (i64, f64) {
    local k
    load n push 97 mod jumpif fine
    push 1 push 0 div push 0.5 halt
fine:
    load n push 101 mod push 5 eq jumpif stuck
    load n push 103 mod push 6 eq jumpif out
    push 20 store k
    load n push 500 mod jumpif loop
    push 20000 store k
loop:
    load n push 6364136223846793005 mul push 1442695040888963407 add store n
    load k push 1 sub store k
    load k jumpif loop
    load n
    load n to_f64 push 1e-3 mul
    ret
stuck:
    trap
out:
    load n push 0.5 halt
}
)";

std::unique_ptr<Engine> compiled(const ir::Program& program, const EngineOptions& options) {
  return native_engine(program, options, test_image(program, options.limits.fuel.has_value()));
}

struct Made {
  explicit Made(std::string_view text, const EngineOptions& options = {},
                Machine::Make make = make_interpreter)
      : machine(text, options, make), index(make_index(Type::I64)) {}

  Result<Report> run(JobOptions how) {
    if (!how.reduce) how.reduce = Operation::Sum;
    Job job(machine.program, *machine.engine, {{index.get(), {0}}}, how);
    return job.run();
  }

  Machine machine;
  std::unique_ptr<Input> index;
};

std::string text_of(const Report& report) {
  std::string text = "done " + std::to_string(report.done);
  for (const std::uint64_t count : report.by_status) text += " " + std::to_string(count);
  for (const Trapped& trapped : report.first) {
    text += " " + std::to_string(trapped.task) + ":" + std::string(name(trapped.trap));
    for (const Cell cell : trapped.arguments) text += "(" + std::to_string(cell) + ")";
  }
  for (const Reduction::Value& value : report.reduced) {
    text += " " + (value ? std::to_string(*value) : "none");
  }
  return text + (report.stopped ? " stopped" : "");
}

// The same from tasks run one by one.
std::string one_by_one(std::string_view program, std::uint64_t tasks) {
  Machine machine(program);
  Report report;
  std::vector<Reduction> reductions;
  for (const Type type : machine.program.entry().results) {
    reductions.emplace_back(Operation::Sum, type);
  }
  for (std::uint64_t task = 0; task < tasks; ++task) {
    const auto outcome = machine.run({task});
    EXPECT_TRUE(outcome);
    const std::uint8_t status = machine.statuses[0];
    ++report.done;
    ++report.by_status[status];
    if (status != 0 && report.first.size() < Trapped::kMostNamed) {
      report.first.push_back({task, static_cast<Trap>(status), {task}});
    }
    for (std::size_t k = 0; k < reductions.size(); ++k) {
      reductions[k].add(1, reductions[k].nodes(task, machine.results[k], &status));
    }
  }
  for (const Reduction& reduction : reductions) report.reduced.push_back(reduction.total());
  return text_of(report);
}

TEST(ParJobTest, AnyNumberOfThreadsAndAnyEngineGivesTheSame) {
  constexpr std::uint64_t kTasks = 20'000;
  const std::string wanted = one_by_one(kUneven, kTasks);
  for (const Machine::Make make : {Machine::Make(make_interpreter), Machine::Make(compiled)}) {
    for (const unsigned threads : {1U, 2U, 3U, 8U}) {
      Made made(kUneven, {}, make);
      const Result<Report> report = made.run({.tasks = kTasks, .threads = threads});
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_EQ(text_of(*report), wanted) << threads << " threads";
    }
  }
}

TEST(ParJobTest, NoTasksAndFewTasks) {
  for (const std::uint64_t tasks : {0U, 1U, 2U, 5U}) {
    Made made(kUneven);
    const Result<Report> report = made.run({.tasks = tasks, .threads = 2});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(text_of(*report), one_by_one(kUneven, tasks));
  }
}

TEST(ParJobTest, LimitsAreATasksOwn) {
  constexpr std::string_view kDeep =
      "fn main(n) { load n push 10 mod call f ret } "
      "fn f(n) { load n jumpif e push 0 ret e: load n push 1 sub call f push 1 add ret }";
  for (const unsigned threads : {1U, 2U}) {
    Made fuel(kDeep, with_fuel(5));
    const Result<Report> out = fuel.run({.tasks = 1000, .threads = threads});
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->by_status[static_cast<std::size_t>(Trap::OutOfFuel)], 500U);
    Made depth(kDeep, with_depth(6));
    const Result<Report> deep = depth.run({.tasks = 1000, .threads = threads});
    ASSERT_TRUE(deep) << deep.error().message;
    EXPECT_EQ(deep->by_status[static_cast<std::size_t>(Trap::CallDepthExceeded)], 500U);
  }
}

TEST(ParJobTest, FailFastEndsBehindTheFirstTrapOfAll) {
  for (const unsigned threads : {1U, 2U, 8U}) {
    Made made("fn main(n) { load n push 4321 ge jumpif bad load n ret bad: trap }");
    const Result<Report> report =
        made.run({.tasks = 100'000, .threads = threads, .fail_fast = true});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->done, 4322U);
    EXPECT_EQ(report->trapped(), 1U);
    EXPECT_EQ(report->first.front().task, 4321U);
    EXPECT_EQ(report->reduced.front(), 4320U * 4321 / 2);
    EXPECT_FALSE(report->stopped);
  }
}

TEST(ParJobTest, AnInterruptionLeavesWhatIsKnownSoFar) {
  // Task 3000 never ends by itself.
  constexpr std::string_view kEndless = "fn main(n) { l: load n push 3000 eq jumpif l load n ret }";
  for (const Machine::Make make : {Machine::Make(make_interpreter), Machine::Make(compiled)}) {
    if (make == Machine::Make(compiled) && !kInterruptible) continue;
    for (const unsigned threads : {1U, 2U}) {
      Made made(kEndless, {}, make);
      std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        made.machine.engine->interrupt();
      });
      const Result<Report> report = made.run({.tasks = 1'000'000'000, .threads = threads});
      stopper.join();
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_TRUE(report->stopped);
      EXPECT_EQ(report->done, 3000U);
      EXPECT_EQ(report->trapped(), 0U);
      EXPECT_EQ(report->reduced.front(), 2999U * 3000 / 2);
    }
  }
}

// Task 5000 cannot be read.
class Broken : public Input {
 public:
  Result<void> read(std::uint64_t first, std::size_t count,
                    std::span<Cell* const> columns) override {
    if (first <= 5000 && 5000 < first + count) {
      return std::unexpected(Error{Fault::Usage, "row 5000 is broken"});
    }
    for (std::size_t i = 0; i < count; ++i) columns[0][i] = first + i;
    return {};
  }
};

TEST(ParJobTest, WhatCannotBeReadEndsTheJobBehindTheTasksBeforeIt) {
  const Folder folder;
  for (const unsigned threads : {1U, 2U, 8U}) {
    Machine machine("fn main(n) { load n ret }");
    Broken broken;
    const std::unique_ptr<Format> format = csv_format(machine.program.entry().results);
    Result<ResultFile> file = ResultFile::open(folder.path("out.csv"), *format, 100'000);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(file->begin_anew());
    Job job(machine.program, *machine.engine, {{&broken, {0}}},
            {.tasks = 100'000, .threads = threads, .format = format.get(), .file = &*file});
    const Result<Report> report = job.run();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().message, "row 5000 is broken");
    EXPECT_TRUE(bytes_in(folder.path("out.csv")).ends_with("\n4999,ok,4999\n"));
  }
}

TEST(ParJobTest, ATrapBeforeWhatCannotBeReadIsWhatFailFastEndsWith) {
  for (int round = 0; round < 20; ++round) {
    for (const unsigned threads : {1U, 2U, 8U}) {
      Machine machine("fn main(n) { load n push 4990 eq jumpif bad load n ret bad: trap }");
      Broken broken;
      Job job(machine.program, *machine.engine, {{&broken, {0}}},
              {.tasks = 100'000, .threads = threads, .fail_fast = true});
      const Result<Report> report = job.run();
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_EQ(report->done, 4991U);
    }
  }
}

// Rows are in the file soon, even if nothing comes behind them for long.
TEST(ParJobTest, RowsDoNotWaitForASlowTask) {
  const Folder folder;
  Made made("fn main(n) { l: load n push 999 eq jumpif l load n ret }");
  const std::unique_ptr<Format> format = csv_format(made.machine.program.entry().results);
  Result<ResultFile> file = ResultFile::open(folder.path("out.csv"), *format, 1000);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->begin_anew());
  bool there = false;
  std::thread watcher([&] {
    for (int i = 0; i < 200 && !there; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      there = bytes_in(folder.path("out.csv")).ends_with("\n998,ok,998\n");
    }
    made.machine.engine->interrupt();
  });
  const Result<Report> report =
      made.run({.tasks = 1000, .threads = 2, .format = format.get(), .file = &*file});
  watcher.join();
  EXPECT_TRUE(there);
}

// Remembers everything.
class Remembering : public Memo {
 public:
  std::vector<Hash> find(const Columns& tasks, std::vector<std::uint8_t>& known) override {
    const std::lock_guard lock(mutex_);
    std::vector<Hash> keys;
    for (std::size_t i = 0; i < tasks.count; ++i) {
      keys.push_back(blake3(std::to_string(tasks.arguments[0][i])));
      const auto found = all.find(keys.back());
      known[i] = found == all.end() ? 0 : 1;
      if (found == all.end()) continue;
      tasks.statuses[i] = found->second.first;
      for (std::size_t k = 0; k < tasks.results.size(); ++k) {
        tasks.results[k][i] = found->second.second[k];
      }
    }
    return keys;
  }
  void keep(std::span<const Hash> keys, const Columns& tasks,
            std::span<const std::uint8_t> keep) override {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < tasks.count; ++i) {
      if (keep[i] == 0) continue;
      std::vector<Cell> cells;
      for (const Cell* const column : tasks.results) cells.push_back(column[i]);
      all.try_emplace(keys[i], tasks.statuses[i], cells);
    }
  }

  std::map<Hash, std::pair<std::uint8_t, std::vector<Cell>>> all;

 private:
  std::mutex mutex_;
};

TEST(ParJobTest, WhatTheMemoKnowsIsNotRunAndTheReportIsTheSame) {
  constexpr std::uint64_t kTasks = 3000;
  const std::string wanted = one_by_one(kUneven, kTasks);
  for (const unsigned threads : {1U, 2U}) {
    Remembering memo;
    for (const std::uint64_t known : {std::uint64_t{0}, std::uint64_t{1000}, kTasks}) {
      if (known == 1000) {
        while (memo.all.size() > known) memo.all.erase(memo.all.begin());
      }
      Made made(kUneven);
      const Result<Report> report = made.run({.tasks = kTasks, .threads = threads, .memo = &memo});
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_EQ(text_of(*report), wanted);
      EXPECT_EQ(report->reused, known);
    }
  }
  // Outcomes of a limit are nobody's business.
  Remembering memo;
  Made made("fn main(n) { l: load n jumpifnot d load n push 1 sub store n jump l d: push 1 ret }",
            with_fuel(10));
  ASSERT_TRUE(made.run({.tasks = 100, .threads = 2, .memo = &memo}));
  EXPECT_EQ(memo.all.size(), 11U);
}

// Knows everything, and so the engine is never asked; an interruption has to end the job all the
// same.
class Omniscient : public Memo {
 public:
  std::vector<Hash> find(const Columns& tasks, std::vector<std::uint8_t>& known) override {
    std::ranges::fill(known, std::uint8_t{1});
    std::fill_n(tasks.statuses, tasks.count, std::uint8_t{0});
    std::fill_n(tasks.results[0], tasks.count, Cell{1});
    return std::vector<Hash>(tasks.count);
  }
  void keep(std::span<const Hash> /*keys*/, const Columns& /*tasks*/,
            std::span<const std::uint8_t> /*keep*/) override {}
};

TEST(ParJobTest, AnInterruptionEndsAJobThatRunsNothing) {
  for (const unsigned threads : {1U, 2U}) {
    Made made("fn main(n) { load n ret }");
    Omniscient memo;
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      made.machine.engine->interrupt();
    });
    const Result<Report> report =
        made.run({.tasks = std::uint64_t{1} << 60, .threads = threads, .memo = &memo});
    stopper.join();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->stopped);
    EXPECT_LT(report->done, std::uint64_t{1} << 60);
    EXPECT_EQ(report->reduced.front(), report->done);
  }
}

// As npy, but memory runs out at the n-th chunk.
class Failing : public Format {
 public:
  explicit Failing(int at) : at_(at) {}
  std::string head(std::uint64_t rows) const override { return npy_->head(rows); }
  bool begins(std::string_view bytes) const override { return npy_->begins(bytes); }
  std::size_t longest_row() const override { return npy_->longest_row(); }
  void append(const Rows& rows, std::string& to) const override {
    if (++calls_ == at_) throw std::bad_alloc();
    npy_->append(rows, to);
  }
  Result<Read> read(std::string_view bytes, std::uint64_t first, std::size_t most,
                    std::span<Cell* const> results, std::uint8_t* statuses) const override {
    return npy_->read(bytes, first, most, results, statuses);
  }

 private:
  std::unique_ptr<Format> npy_ = npy_format(std::vector<Type>{Type::I64});
  int at_;
  mutable std::atomic<int> calls_ = 0;
};

TEST(ParJobTest, WhereMemoryRunsOutTheRowsBeforeStayAndTheJobGoesOnLater) {
  constexpr std::uint64_t kTasks = 100'000;
  Folder folder;
  const std::string path = folder.path("out.npy");
  for (const unsigned threads : {1U, 4U}) {
    std::filesystem::remove(path);
    std::uint64_t rows_before = 0;
    for (const int at : {5, 10, 0}) {
      Made made("fn main(n) { load n ret }");
      const Failing format(at);
      Result<ResultFile> file = ResultFile::open(path, format, kTasks);
      ASSERT_TRUE(file) << file.error().message;
      ASSERT_TRUE(rows_before == 0 ? file->begin_anew() : file->go_on());
      const Result<Report> report =
          made.run({.tasks = kTasks, .threads = threads, .format = &format, .file = &*file});
      ASSERT_EQ(report.has_value(), at == 0);
      rows_before = 1;
      if (!report) {
        EXPECT_EQ(report.error().message, "out of memory");
        continue;
      }
      EXPECT_EQ(report->done, kTasks);
      EXPECT_GT(report->resumed, 0U);
      EXPECT_EQ(report->reduced.front(), kTasks * (kTasks - 1) / 2);
    }
  }
}

// Chunks that wait for a slow first task have to fit into memory, however long their rows are.
TEST(ParJobTest, WhatWaitsIsBounded) {
  constexpr int kResults = 200;
  std::string text = "fn main(n) -> (i64";
  for (int i = 1; i < kResults; ++i) text += ", i64";
  text +=
      ") { local k load n jumpif light push 40000000 store k l: load k push 1 sub tee k "
      "jumpif l light: ";
  for (int i = 0; i < kResults; ++i) text += "load n ";
  text += "ret }";
  Folder folder;
  Made made(text, {}, compiled);
  const std::unique_ptr<Format> format = csv_format(made.machine.program.entry().results);
  Result<ResultFile> file = ResultFile::open(folder.path("out.csv"), *format, 20'000);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->begin_anew());
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  [[maybe_unused]] const long before = peak();
  const Result<Report> report =
      made.run({.tasks = 20'000, .threads = 2, .format = format.get(), .file = &*file});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->done, 20'000U);
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
  EXPECT_LT(peak() - before, 200 * 1024);
#endif
}

}  // namespace
}  // namespace rosetta::par
