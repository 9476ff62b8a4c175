// The call chain of a trap, which compiled code does not keep: the interpreter runs the task again.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/engine.h"

namespace rosetta::native {

class Replay {
 public:
  Replay(const ir::Program& program, const EngineOptions& options);

  // Fills in the report's chain, where running the task again takes at most kMostSeconds and it
  // traps there again.
  void fill_in(TrapReport& report, const Tasks& tasks);

  // Ends what fill_in() does. As Engine::interrupt().
  void interrupt() noexcept;

  static constexpr int kMostSeconds = 10;

 private:
  const ir::Program& program_;
  EngineOptions options_;
  std::mutex mutex_;  // one at a time
  std::atomic<bool> interrupted_ = false;
  std::atomic<Engine*> running_ = nullptr;
  std::vector<std::unique_ptr<Engine>> made_;  // a signal handler may still hold one
};

}  // namespace rosetta::native
