// Ctrl-C and --timeout: signals that end what an engine runs.
#pragma once

#include <optional>

#include "engine/engine.h"

namespace rosetta {

// While it lives, SIGINT and the timer interrupt the engine, which has to outlive it. One at a time
// in a process.
class InterruptGuard {
 public:
  InterruptGuard(Engine& engine, std::optional<double> timeout_seconds);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // From now on they interrupt the other engine, which has to outlive the guard too, and the timer
  // does so after `at_most_seconds`, if not before. Where one came already, so is the other.
  void hand_over(Engine& other, double at_most_seconds);

  // Whether Ctrl-C came.
  [[nodiscard]] static bool stopped();
};

}  // namespace rosetta
