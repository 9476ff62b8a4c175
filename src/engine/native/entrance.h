// Threads in compiled code: what each needs to be there, and how they are all made to leave.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <vector>

#include "engine/engine.h"
#include "engine/native/mapping.h"
#include "engine/native/processor.h"
#include "engine/region.h"

namespace rosetta::native {

// One thread's: its context, its stack. Used by one thread at a time.
class Entrance {
 public:
  // Makes it large enough for the code and this call depth, and for explicit stacks of so many
  // cells. The error is the machine's: not enough memory for the depth.
  Result<void> prepare(const Mapping& code, std::uint64_t max_depth, std::uint64_t cells);

  // Runs the code that was prepared for; see context() for how it ended.
  std::uint64_t run(const Mapping& code, const Arguments& arguments);

  [[nodiscard]] Context& context() { return shared_.context; }
  [[nodiscard]] Cell* results() { return results_.data(); }
  // The trap that ended it, as far as that is known: its call chain is not.
  [[nodiscard]] TrapReport report(std::uint64_t task) const;

  // What signals and calls from compiled code find; the context comes first, so that its address
  // is the whole's.
  struct Shared {
    Context context;
    const Mapping* code = nullptr;
    std::uint64_t left_at = 0;
    const ir::Program* program = nullptr;
    Output* output = nullptr;
  };

 private:
  friend class Entrances;

  [[nodiscard]] Frame place() const;

  Shared shared_;
  std::optional<Region> stack_;
  std::optional<Region> cells_;
  std::vector<Cell> results_;
  std::atomic<pid_t> thread_ = 0;  // who is in it; 0: nobody
  Entrance* next_ = nullptr;
};

// All entrances of an engine. They are made as threads come, and kept until the engine goes.
class Entrances {
 public:
  Entrances(const ir::Program& program, Output* output);
  ~Entrances();
  Entrances(const Entrances&) = delete;
  Entrances& operator=(const Entrances&) = delete;

  // One for the calling thread, until it is given back.
  Entrance& take();
  void give_back(Entrance& entrance);

  // Has all threads leave compiled code, those that come later at once. May be called from any
  // thread and from a signal handler. (It sends them the signal SIGURG, which is this class's
  // then.)
  void interrupt() noexcept;
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_.load(); }

 private:
  const ir::Program& program_;
  Output* output_;
  std::atomic<Entrance*> first_ = nullptr;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace rosetta::native
