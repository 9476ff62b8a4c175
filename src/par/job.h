// A job: one program on many tasks.
//
//   inputs ──next──▶ arguments ──work──▶ results, statuses ──▶ nodes of the reduction, rows as text
//                                                                   │ in the tasks' order
//                                                                 finish ──▶ tally, total, file
//
// The tasks are cut into chunks, as large as the time that they take suggests and not smaller than
// what keeps the engine busy; what comes out does not depend on how. Memory does not grow with the
// number of tasks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "ir/program.h"
#include "par/format.h"
#include "par/input.h"
#include "par/memo.h"
#include "par/reduce.h"
#include "par/result_file.h"

namespace rosetta::par {

// Parameters of the entry, and what gives them their values: each parameter has one.
struct Source {
  Input* input = nullptr;
  std::vector<std::uint32_t> parameters;  // in the order of the input's columns
};

struct JobOptions {
  std::uint64_t tasks = 0;
  unsigned threads = 1;
  bool fail_fast = false;  // end behind the first task that traps
  std::optional<Operation> reduce{};
  // Rows are written there; the file may already have those of the first tasks.
  const Format* format = nullptr;
  ResultFile* file = nullptr;
  Memo* memo = nullptr;
};

struct Trapped {
  std::uint64_t task = 0;
  Trap trap = Trap::None;
  std::vector<Cell> arguments;  // none where they could not be read again

  static constexpr std::size_t kMostNamed = 5;
};

// What is known of the tasks [0, done).
struct Report {
  std::uint64_t done = 0;
  std::array<std::uint64_t, kTrapNames.size()> by_status{};
  std::vector<Trapped> first;              // that trapped, at most Trapped::kMostNamed
  std::optional<TrapReport> first_report;  // of the very first, as far as the engine knows it
  std::vector<Reduction::Value> reduced;   // for each result, where there is a reduction
  bool stopped = false;                    // the engine was interrupted
  std::uint64_t resumed = 0;               // tasks whose rows the file had
  std::uint64_t reused = 0;                // tasks that the memo knew
  std::uint64_t chunks = 0;

  [[nodiscard]] std::uint64_t trapped() const { return done - by_status[0]; }
};

class Job {
 public:
  // All of it outlives the job. The engine runs the program, and is interrupted for good where the
  // job ends early.
  Job(const ir::Program& program, Engine& engine, std::vector<Source> sources,
      const JobOptions& options);

  // Once. The error is of an input, of the file, or the engine's. What an input cannot give ends
  // the job behind the tasks before it.
  Result<Report> run();

  // Tasks that have ended, of all; may be asked by another thread at any time.
  [[nodiscard]] std::uint64_t ended() const { return ended_.load(std::memory_order_relaxed); }
  // Those of them whose rows the file had.
  [[nodiscard]] std::uint64_t resumed() const { return resumed_.load(std::memory_order_relaxed); }

 private:
  class Stages;
  class Flusher;
  Result<bool> resume(Report& report, std::vector<Reduction>& reductions);
  void name_arguments(Report& report);
  Result<void> work(Report& report, std::vector<Reduction>& reductions);

  const ir::Program& program_;
  Engine& engine_;
  std::vector<Source> sources_;
  JobOptions options_;
  std::atomic<std::uint64_t> ended_ = 0;
  std::atomic<std::uint64_t> resumed_ = 0;
  std::mutex file_mutex_;  // of the file while the job works
};

}  // namespace rosetta::par
