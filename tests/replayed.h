// An engine whose traps come with their call chains, found as the command line finds them.
#pragma once

#include <memory>
#include <utility>

#include "engine/replay.h"

namespace rosetta {

// The program has to outlive it.
class Replayed final : public Engine {
 public:
  Replayed(std::unique_ptr<Engine> engine, const ir::Program& program, const EngineOptions& options)
      : engine_(std::move(engine)), program_(program), options_(options) {}

  Result<Outcome> run(const Tasks& tasks) override {
    Result<Outcome> outcome = engine_->run(tasks);
    if (outcome && outcome->trap) {
      const auto replayer = make_replayer(program_, options_);
      outcome->trap = replay(*replayer, program_, tasks, *outcome->trap);
    }
    return outcome;
  }
  void interrupt() noexcept override { engine_->interrupt(); }
  bool interrupted() const noexcept override { return engine_->interrupted(); }

 private:
  std::unique_ptr<Engine> engine_;
  const ir::Program& program_;
  const EngineOptions options_;
};

}  // namespace rosetta
