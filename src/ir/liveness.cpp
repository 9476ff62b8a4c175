// Parameters and locals, one after the other: from the blocks that read one before they write it,
// backwards to where it is written. Homes need no such search: at a block's end those below its
// height live, no others. The block's own code says the rest.
#include "ir/liveness.h"

#include <algorithm>

#include "ir/accesses.h"
#include "ir/edges.h"

namespace rosetta::ir {
namespace {

class Liveness {
 public:
  Liveness(const Function& function, const Program& program,
           std::span<const std::uint32_t> component, std::uint32_t mine)
      : function_(function),
        program_(program),
        component_(component),
        mine_(mine),
        at_end_(function.blocks.size()),
        saves_(function.blocks.size()),
        live_(function.registers) {}

  std::optional<LiveRegisters> run();

 private:
  // Of a parameter or local: the blocks that read it before they write it, and those that write it.
  struct Variable {
    std::vector<BlockId> read;
    std::vector<BlockId> written;
  };

  [[nodiscard]] bool is_saving(const Instruction& each) const {
    return each.op == Op::Call && component_[each.target] == mine_;
  }
  void look(BlockId block, std::vector<Variable>& variables);
  bool find_variables();
  bool search(Register reg, const Variable& variable);
  void set(Register reg, bool lives);
  bool walk(BlockId block);

  const Function& function_;
  const Program& program_;
  std::span<const std::uint32_t> component_;
  std::uint32_t mine_;
  std::vector<std::vector<BlockId>> from_;     // by block
  std::vector<std::vector<Register>> at_end_;  // by block that saves: variables that live there
  std::vector<bool> saves_;                    // by block
  std::vector<std::uint32_t> seen_, stops_;    // by block: 1 + the variable that was last there
  std::vector<BlockId> pending_;
  std::uint64_t steps_ = 0;
  // While a block is walked backwards: whether a register lives, and those that do or did.
  std::vector<bool> live_;
  std::vector<Register> list_;
  LiveRegisters found_;
  std::uint64_t live_count_ = 0;
};

void Liveness::look(BlockId block, std::vector<Variable>& variables) {
  const auto note = [&](std::vector<BlockId>& blocks) {
    if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
  };
  for (std::uint32_t at = function_.blocks[block].begin; at < function_.end(block); ++at) {
    const Instruction& each = function_.code[at];
    for_each_read(function_, program_, each, [&](Register reg) {
      if (reg >= variables.size()) return;
      const std::vector<BlockId>& written = variables[reg].written;
      if (written.empty() || written.back() != block) note(variables[reg].read);
    });
    for_each_write(program_, each, [&](Register reg) {
      if (reg < variables.size()) note(variables[reg].written);
    });
    if (is_saving(each)) saves_[block] = true;
  }
}

// From where the variable is read backwards. Whether that was not too much.
bool Liveness::search(Register reg, const Variable& variable) {
  const std::uint32_t mark = reg + 1;
  for (const BlockId block : variable.written) stops_[block] = mark;
  pending_ = variable.read;
  while (!pending_.empty()) {
    const BlockId block = pending_.back();
    pending_.pop_back();
    steps_ += 1 + from_[block].size();
    if (steps_ > kMostSteps) return false;
    for (const BlockId before : from_[block]) {
      if (seen_[before] == mark) continue;
      seen_[before] = mark;
      if (saves_[before]) at_end_[before].push_back(reg);
      if (stops_[before] != mark) pending_.push_back(before);
    }
  }
  return true;
}

bool Liveness::find_variables() {
  const std::size_t blocks = function_.blocks.size();
  std::vector<Variable> variables(function_.first_home());
  from_.resize(blocks);
  seen_.assign(blocks, 0);
  stops_.assign(blocks, 0);
  for (BlockId block = 0; block < blocks; ++block) {
    look(block, variables);
    for_each_edge(function_, block, [&](BlockId target, bool) {
      if (from_[target].empty() || from_[target].back() != block) from_[target].push_back(block);
    });
  }
  for (Register reg = 0; reg < variables.size(); ++reg) {
    if (!search(reg, variables[reg])) return false;
  }
  return true;
}

void Liveness::set(Register reg, bool lives) {
  if (live_[reg] == lives) return;
  live_[reg] = lives;
  if (lives) list_.push_back(reg);
}

// The calls of a block, the last one first.
bool Liveness::walk(BlockId block) {
  for (const Register reg : list_) live_[reg] = false;
  list_.clear();
  for (const Register reg : at_end_[block]) set(reg, true);
  bool goes_on = false;
  for_each_edge(function_, block, [&](BlockId, bool) { goes_on = true; });
  for (Register reg = function_.first_home(); goes_on && reg < function_.alive_behind(block);
       ++reg) {
    set(reg, true);
  }
  for (std::uint32_t at = function_.end(block); at-- > function_.blocks[block].begin;) {
    const Instruction& each = function_.code[at];
    for_each_write(program_, each, [&](Register reg) { set(reg, false); });
    if (is_saving(each)) {
      // A register may have come and gone and come again.
      std::ranges::sort(list_);
      list_.erase(std::ranges::unique(list_).begin(), list_.end());
      std::erase_if(list_, [&](Register reg) { return !live_[reg]; });
      live_count_ += list_.size();
      if (live_count_ > kMostLive) return false;
      found_.push_back(list_);
    }
    for_each_read(function_, program_, each, [&](Register reg) { set(reg, true); });
  }
  return true;
}

std::optional<LiveRegisters> Liveness::run() {
  if (!find_variables()) return std::nullopt;
  for (auto block = static_cast<BlockId>(function_.blocks.size()); block-- > 0;) {
    if (saves_[block] && !walk(block)) return std::nullopt;
  }
  std::ranges::reverse(found_);
  return std::move(found_);
}

}  // namespace

std::optional<LiveRegisters> live_across_calls(const Function& function, const Program& program,
                                               std::span<const std::uint32_t> component,
                                               std::uint32_t mine) {
  return Liveness(function, program, component, mine).run();
}

}  // namespace rosetta::ir
