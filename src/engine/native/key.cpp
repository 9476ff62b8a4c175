#include "engine/native/key.h"

#include "engine/native/processor.h"
#include "engine/stamp.h"

namespace rosetta::native {
namespace {

constexpr std::string_view kContext = "RosettaVM 2026-11-24 compiled code";

// Collects numbers and hands them on in pieces.
class Digest {
 public:
  void add(std::uint64_t number) {
    buffer_[used_++] = number;
    if (used_ == std::size(buffer_)) flush();
  }
  void add(std::string_view text) {
    add(text.size());
    flush();
    hasher_.update(std::as_bytes(std::span(text)));
  }
  Hash result() {
    flush();
    return hasher_.digest();
  }

 private:
  void flush() {
    hasher_.update(std::as_bytes(std::span(buffer_).first(used_)));
    used_ = 0;
  }

  Hasher hasher_{kContext};
  std::array<std::uint64_t, 512> buffer_{};
  std::size_t used_ = 0;
};

std::uint64_t number(ir::Operand operand) {
  return operand.is_constant() ? std::uint64_t{operand.index()} << 32 | 0xffff'ffff : operand.reg();
}

void add(Digest& digest, const ir::Instruction& instruction) {
  digest.add(static_cast<std::uint64_t>(instruction.op) |
             static_cast<std::uint64_t>(instruction.opcode) << 8 |
             static_cast<std::uint64_t>(instruction.costs) << 16 |
             std::uint64_t{instruction.origin} << 32);
  digest.add(instruction.dst | std::uint64_t{instruction.other} << 32);
  digest.add(number(instruction.a));
  digest.add(number(instruction.b));
  digest.add(instruction.op == ir::Op::Select ? number(instruction.c) : instruction.target);
}

void add(Digest& digest, const std::vector<Type>& types) {
  digest.add(types.size());
  for (const Type type : types) digest.add(static_cast<std::uint64_t>(type));
}

void add(Digest& digest, const ir::Function& function) {
  add(digest, function.params);
  add(digest, function.results);
  add(digest, function.locals);
  digest.add(function.registers);
  digest.add(function.weight);
  digest.add(function.code.size());
  for (const ir::Instruction& instruction : function.code) add(digest, instruction);
  digest.add(function.blocks.size());
  for (const ir::Block& block : function.blocks) {
    digest.add(block.begin | std::uint64_t{block.height} << 32);
  }
  digest.add(function.targets.size());
  for (const ir::SwitchTarget& target : function.targets) {
    digest.add(target.block | std::uint64_t{target.costs} << 32);
  }
  digest.add(function.constants.size());
  for (const Cell constant : function.constants) digest.add(constant);
}

}  // namespace

Hash code_key(const ir::Program& program, const CompileOptions& options) {
  Digest digest;
  digest.add(std::string_view(kStamp));
  digest.add(processor_text());
  digest.add(options.fuel);
  digest.add(program.functions.size());
  for (const ir::Function& function : program.functions) add(digest, function);
  return digest.result();
}

}  // namespace rosetta::native
