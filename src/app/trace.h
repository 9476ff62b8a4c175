// --trace: what an engine executes, as lines for a person.
#pragma once

#include "app/program.h"
#include "engine/engine.h"

namespace rosetta {

// A line for each register instruction, on standard error: call depth, function and instruction,
// line, mnemonic and the operands' values.
class Tracer final : public Observer {
 public:
  Tracer(Listings& listings, const ir::Program& program) : listings_(listings), program_(program) {}

  void step(std::uint32_t function, const ir::Instruction& instruction, std::uint64_t depth,
            std::span<const Cell, 3> values) override;

 private:
  Listings& listings_;
  const ir::Program& program_;
};

}  // namespace rosetta
