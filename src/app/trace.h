// --trace: what an engine executes, as lines for a person.
#pragma once

#include "app/program.h"
#include "engine/engine.h"

namespace rosetta {

// A line for each register instruction, on standard error: call depth, function and instruction,
// line, mnemonic and the operands' values.
class Tracer final : public Observer {
 public:
  Tracer(const Module& module, const ir::Program& program)
      : module_(module), program_(program), lines_(module.source.text) {}

  void step(std::uint32_t function, const ir::Instruction& instruction, std::uint64_t depth,
            std::span<const Cell, 3> values) override;

 private:
  const Module& module_;
  const ir::Program& program_;
  Lines lines_;
};

}  // namespace rosetta
