// Arithmetic may leave any NaN; the language wants the canonical one wherever its bits are seen.
//
// Values are gathered into webs: a value and all it is moved to or from, through copies, selects
// and registers that outlive a block. A web with nothing but arithmetic in it (and constants that
// are no NaN) is made canonical where a bit of it is seen. A web that also has bits to keep
// (parameters, results of calls, reinterpreted or sign-changed values, NaN constants) must not be
// touched there, so its arithmetic is made canonical at once.
#include <bit>
#include <cmath>

#include "ir/lower.h"

namespace rosetta::ir {
namespace {

using Web = std::uint32_t;

class Canonical {
 public:
  Canonical(Function& function, std::span<const Function> program)
      : function_(function), program_(program) {}

  void run();

 private:
  struct Node {
    Web parent;
    bool keeps = false;       // it has bits to keep
    bool arithmetic = false;  // it has NaNs that are not canonical yet
  };
  struct Seen {
    std::uint32_t at;
    Register reg;
    Type type;
    Web web;
  };

  Web fresh() {
    nodes_.push_back({static_cast<Web>(nodes_.size())});
    return static_cast<Web>(nodes_.size() - 1);
  }
  Web find(Web web) {
    while (nodes_[web].parent != web) {
      nodes_[web].parent = nodes_[nodes_[web].parent].parent;
      web = nodes_[web].parent;
    }
    return web;
  }
  void unite(Web a, Web b) {
    a = find(a);
    b = find(b);
    if (a == b) return;
    nodes_[b].parent = a;
    nodes_[a].keeps = nodes_[a].keeps || nodes_[b].keeps;
    nodes_[a].arithmetic = nodes_[a].arithmetic || nodes_[b].arithmetic;
  }

  [[nodiscard]] bool needed() const;
  void block(BlockId id);
  void instruction(std::uint32_t at);
  Web value(Operand operand);
  void define(Register reg, Web web);
  void define_kept(Register reg);
  void see(std::uint32_t at, Operand operand, Type type);
  void see_range(std::uint32_t at, Register first, std::span<const Type> types);
  void insert();

  Function& function_;
  std::span<const Function> program_;
  std::vector<Node> nodes_;
  std::vector<Web> current_;       // by register: its value here
  std::vector<Register> written_;  // in this block
  std::vector<std::pair<std::uint32_t, Web>> arithmetic_;
  std::vector<Seen> seen_;
};

// Programs without float arithmetic are the most, and have nothing to do here.
bool Canonical::needed() const {
  for (const Instruction& instruction : function_.code) {
    if (instruction.op == Op::Regular && info(instruction.opcode).nan == Nan::Makes) return true;
  }
  return false;
}

Web Canonical::value(Operand operand) {
  if (!operand.is_constant()) return current_[operand.reg()];
  const Web web = fresh();
  const Cell cell = function_.constants[operand.index()];
  // What its type is, is not known here; a cell that is a NaN as either is one to keep.
  nodes_[web].keeps = std::isnan(std::bit_cast<double>(cell)) ||
                      std::isnan(std::bit_cast<float>(static_cast<std::uint32_t>(cell)));
  return web;
}

void Canonical::define(Register reg, Web web) {
  current_[reg] = web;
  written_.push_back(reg);
}

void Canonical::define_kept(Register reg) {
  const Web web = fresh();
  nodes_[web].keeps = true;
  define(reg, web);
}

void Canonical::see(std::uint32_t at, Operand operand, Type type) {
  if (is_integer(type) || operand.is_constant()) return;
  seen_.push_back({at, operand.reg(), type, current_[operand.reg()]});
}

void Canonical::see_range(std::uint32_t at, Register first, std::span<const Type> types) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    see(at, Operand::reg(first + static_cast<Register>(i)), types[i]);
  }
}

void Canonical::instruction(std::uint32_t at) {
  const Instruction& instruction = function_.code[at];
  switch (instruction.op) {
    case Op::Regular: {
      const OpcodeInfo& row = info(instruction.opcode);
      if (row.nan == Nan::Keeps) {
        see(at, instruction.a, row.operand_type);
        if (row.arity == 2) see(at, instruction.b, row.operand_type);
        return define_kept(instruction.dst);
      }
      const Web web = fresh();
      if (row.nan == Nan::Makes) {
        nodes_[web].arithmetic = true;
        arithmetic_.emplace_back(at, web);
      }
      return define(instruction.dst, web);
    }
    case Op::Copy: return define(instruction.dst, value(instruction.a));
    case Op::Swap: {
      const Web a = current_[instruction.a.reg()];
      define(instruction.a.reg(), current_[instruction.dst]);
      return define(instruction.dst, a);
    }
    case Op::Select: {
      const Web web = value(instruction.a);
      unite(web, value(instruction.b));
      return define(instruction.dst, web);
    }
    case Op::Print: return see(at, instruction.a, info(instruction.opcode).operand_type);
    case Op::Call: {
      const Function& callee = program_[instruction.target];
      see_range(at, instruction.dst, callee.params);
      for (std::size_t i = 0; i < callee.results.size(); ++i) {
        define_kept(instruction.dst + static_cast<Register>(i));
      }
      return;
    }
    case Op::TailCall: return see_range(at, instruction.dst, program_[instruction.target].params);
    case Op::Ret:
    case Op::Halt:
      if (function_.results.size() != 1) {
        return see_range(at, instruction.dst, function_.results);
      }
      return see(at, instruction.a, function_.results[0]);
    case Op::CanonF32:
    case Op::CanonF64:
    case Op::PrintText:
    case Op::Enter:
    case Op::Charge:
    case Op::Credit:
    case Op::Push:
    case Op::Pop:
    case Op::Save:
    case Op::Restore:
    case Op::Jump:
    case Op::Branch:
    case Op::Switch:
    case Op::Trap: return;
  }
}

// At its start a register's value is the one web that it carries between blocks (numbered as the
// register). What a block leaves in a register that lives on joins that web.
void Canonical::block(BlockId id) {
  written_.clear();
  for (std::uint32_t at = function_.blocks[id].begin; at < function_.end(id); ++at) {
    instruction(at);
  }
  const Register alive = function_.alive_behind(id);
  for (const Register reg : written_) {
    if (reg < alive) unite(reg, current_[reg]);
    current_[reg] = reg;
  }
}

// Rewrites the code with the canons in place: behind arithmetic, before what sees.
void Canonical::insert() {
  std::vector<Instruction> code;
  code.reserve(function_.code.size() + seen_.size());
  auto made = arithmetic_.begin();
  auto seen = seen_.begin();
  BlockId block = 0;
  const auto canon = [&](Register reg, Type type, std::uint32_t origin) {
    Instruction& instruction = code.emplace_back();
    instruction.op = type == Type::F64 ? Op::CanonF64 : Op::CanonF32;
    instruction.dst = reg;
    instruction.a = Operand::reg(reg);
    instruction.origin = origin;
  };
  for (std::uint32_t at = 0; at < function_.code.size(); ++at) {
    if (block < function_.blocks.size() && function_.blocks[block].begin == at) {
      function_.blocks[block++].begin = static_cast<std::uint32_t>(code.size());
    }
    const Instruction& instruction = function_.code[at];
    for (; seen != seen_.end() && seen->at == at; ++seen) {
      const Web web = find(seen->web);
      if (!nodes_[web].keeps && nodes_[web].arithmetic) {
        canon(seen->reg, seen->type, instruction.origin);
      }
    }
    code.push_back(instruction);
    if (made == arithmetic_.end() || made->first != at) continue;
    if (nodes_[find(made->second)].keeps) {
      canon(instruction.dst, info(instruction.opcode).result_type, instruction.origin);
    }
    ++made;
  }
  function_.code = std::move(code);
}

void Canonical::run() {
  if (!needed()) return;
  current_.resize(function_.registers);
  for (Register reg = 0; reg < function_.registers; ++reg) current_[reg] = fresh();
  for (std::size_t i = 0; i < function_.params.size(); ++i) nodes_[i].keeps = true;
  for (BlockId id = 0; id < function_.blocks.size(); ++id) block(id);
  insert();
}

}  // namespace

void canonicalize(Function& function, std::span<const Function> program) {
  Canonical(function, program).run();
}

}  // namespace rosetta::ir
