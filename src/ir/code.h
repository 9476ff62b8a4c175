// Register code: what every engine reads, and the only thing it reads.
//
// A function is a control-flow graph of blocks of three-address instructions over 64-bit registers.
// Register r < params is a parameter; then come the locals, then a home for each height of the
// operand stack. Registers hold cells: narrow values with their upper half zero. Parameters and
// locals have one type each; a home may have another at each use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/opcode.h"
#include "isa/type.h"

namespace rosetta::ir {

using Register = std::uint32_t;
using BlockId = std::uint32_t;

// What an instruction reads: a register, or a constant of the function.
class Operand {
 public:
  constexpr Operand() = default;
  static constexpr Operand reg(Register r) { return Operand(r); }
  static constexpr Operand constant(std::uint32_t index) { return Operand(index | kConstant); }

  [[nodiscard]] constexpr bool is_constant() const { return (raw_ & kConstant) != 0; }
  [[nodiscard]] constexpr Register reg() const { return raw_; }
  [[nodiscard]] constexpr std::uint32_t index() const { return raw_ & ~kConstant; }
  friend constexpr bool operator==(Operand, Operand) = default;

 private:
  static constexpr std::uint32_t kConstant = 0x8000'0000;
  constexpr explicit Operand(std::uint32_t raw) : raw_(raw) {}
  std::uint32_t raw_ = 0;
};

enum class Op : std::uint8_t {
  // In a block.
  Regular,   // dst = opcode(a, b)
  Copy,      // dst = a
  Swap,      // dst <-> a, both registers
  Select,    // dst = c is not zero ? a : b
  CanonF32,  // dst = a, any NaN made canonical; dst and a are one register
  CanonF64,
  Print,      // prints a; opcode is the print, with its type
  PrintText,  // prints text `target`
  Call,       // calls function `target`: arguments in dst, dst + 1, …, and results there too;
              // all other registers from dst on are undefined afterwards
  // On explicit stacks (ir/explicit.h). A stack is of cells, a task's own, and empty at its start.
  Enter,    // as Call, but no event of the program: no fuel, no depth. The callee is a machine; see
            // Function::enters
  Charge,   // what a call costs: 1 of fuel, then of the call depth `target`, of which a frame that
            // goes gives `other` back; traps where one of them is not there
  Credit,   // gives `target` of the call depth back
  Push,     // `target` more cells on the stack, of any value: what a frame of weight `other` saves,
            // or where that is 0 a machine's own
  Pop,      // `target` fewer
  Save,     // the cell `target` below the top one = a
  Restore,  // dst = the cell `target` below the top one
  // At its end.
  Jump,      // to block `target`; Costs as below
  Branch,    // a is not zero: to block `target`, else to block `other`
  Switch,    // a < count: to targets[target + a], else to targets[target + count]; count in `other`
  TailCall,  // calls function `target` in place of this frame; arguments in dst, dst + 1, …
  Ret,       // one result: a. Otherwise the results are in dst, dst + 1, …
  Halt,      // as Ret, for the whole task
  Trap,      // `unreachable`
};

constexpr bool ends_block(Op op) { return op >= Op::Jump; }

// Which edges of a Jump or Branch cost fuel: taken backward jumps, and the self tail calls that
// lowering made into jumps. (A Switch has it with each target. Calls always cost.)
enum class Costs : std::uint8_t { Nothing, Target, Other };

struct Instruction {
  Op op = Op::Copy;
  Opcode opcode = Opcode::Nop;
  Costs costs = Costs::Nothing;
  Register dst = 0;
  Operand a;
  Operand b;
  union {
    Operand c;
    std::uint32_t target;
  };
  std::uint32_t other = 0;
  std::uint32_t origin = 0;  // the instruction of the checked function that it comes from

  constexpr Instruction() : target(0) {}
};

struct SwitchTarget {
  BlockId block;
  bool costs;
};

struct Block {
  std::uint32_t begin;   // in Function::code; ends with the next block's
  std::uint32_t height;  // values on the operand stack at its end, in their homes
  std::uint32_t first;   // the instructions of the checked function that it stands for: the first
  std::uint32_t steps;   // and how many; none in the entry block, which zeroes the locals, and in
                         // blocks that passes add
};

struct Function {
  std::vector<Type> params;
  std::vector<Type> results;
  std::vector<Type> locals;
  std::uint32_t registers = 0;  // all of them
  std::uint32_t weight = 0;     // of a frame in the call depth; 0 where no cycle can be reached
  bool machine = false;         // works on the task's explicit stack, and counts the call depth by
                                // itself; its weight is 0
  bool enters = false;          // is but the way into a machine, which gives its weight back
  std::vector<Instruction> code;
  std::vector<Block> blocks;  // the first is the entry; each ends in one terminator
  std::vector<SwitchTarget> targets;
  std::vector<Cell> constants;
  std::vector<std::string> texts;

  // The register of the lowest value on the operand stack.
  [[nodiscard]] Register first_home() const {
    return static_cast<Register>(params.size() + locals.size());
  }
  // Registers from this one on hold nothing that anyone reads behind the block.
  [[nodiscard]] Register alive_behind(BlockId block) const {
    return first_home() + blocks[block].height;
  }
  [[nodiscard]] std::uint32_t end(BlockId block) const {
    return block + 1 < blocks.size() ? blocks[block + 1].begin
                                     : static_cast<std::uint32_t>(code.size());
  }
};

}  // namespace rosetta::ir
