// Ctrl-C and --timeout: signals that end what an engine runs.
#pragma once

#include <optional>

#include "engine/engine.h"

namespace rosetta {

// While it lives, SIGINT and the timer interrupt the engine. One at a time in a process.
class InterruptGuard {
 public:
  InterruptGuard(Engine& engine, std::optional<double> timeout_seconds);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // Whether Ctrl-C came.
  [[nodiscard]] static bool stopped();
};

}  // namespace rosetta
