// The engine that interprets at once and goes on in compiled code where that is worth it: in the
// middle of a task that takes long, and with whole tasks where there are many.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/native/compiler.h"

namespace rosetta {

struct AutoOptions {
  // Finds the compiler; called when something is to be compiled, on a thread of its own.
  std::function<Result<const native::Compiler*>()> compiler;
  // Called on that thread with the code of the whole program, for runs to come; may be empty.
  std::function<void(const native::Image&)> keep;
  // How long runs have to have taken, from the first one's start, before anything is compiled.
  std::chrono::microseconds patience{1000};
  // Where given, the loops and functions that it says yes to are compiled before the first run, and
  // nothing later: for tests, which cannot wait for chance.
  std::function<bool(const native::Start&)> eagerly;
};

class AutoEngine : public Engine {
 public:
  // What has happened so far, in words.
  [[nodiscard]] virtual std::string story() const = 0;
};

// Only for what can be compiled: nothing is counted or observed. The engine may go while something
// is still being compiled; that thread then ends by itself.
std::unique_ptr<AutoEngine> make_auto(std::shared_ptr<const ir::Program> program,
                                      const EngineOptions& options, AutoOptions how);

}  // namespace rosetta
