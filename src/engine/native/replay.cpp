#include "engine/native/replay.h"

#include <chrono>
#include <condition_variable>
#include <thread>

#include "engine/interp/interp.h"

namespace rosetta::native {
namespace {

// Ends an engine's run when it takes too long.
class Watchdog {
 public:
  Watchdog(Engine& engine, std::chrono::seconds limit)
      : thread_([this, &engine, limit] {
          std::unique_lock lock(mutex_);
          if (!ended_.wait_for(lock, limit, [this] { return done_; })) engine.interrupt();
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    ended_.notify_one();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace

Replay::Replay(const ir::Program& program, const EngineOptions& options)
    : program_(program), options_(options) {
  options_.output = nullptr;
}

void Replay::fill_in(TrapReport& report, const Tasks& tasks) {
  const std::lock_guard lock(mutex_);
  Engine& engine = *made_.emplace_back(make_interpreter(program_, options_));
  running_.store(&engine);
  if (interrupted_.load()) return;
  std::vector<Cell> cells(program_.entry().results.size());
  std::vector<Cell*> results;
  for (Cell& cell : cells) results.push_back(&cell - report.task);
  std::uint8_t status = 0;
  const Tasks task{report.task, report.task + 1, tasks.arguments, results, &status - report.task};
  const Result<Outcome> outcome = [&] {
    const Watchdog watchdog(engine, std::chrono::seconds(kMostSeconds));
    return engine.run(task);
  }();
  running_.store(nullptr);
  if (!outcome || !outcome->trap) return;
  const TrapReport& again = *outcome->trap;
  const bool same = again.trap == report.trap && again.place.function == report.place.function &&
                    again.place.instruction == report.place.instruction;
  if (same) report = again;
}

void Replay::interrupt() noexcept {
  interrupted_.store(true);
  if (Engine* const engine = running_.load()) engine->interrupt();
}

}  // namespace rosetta::native
