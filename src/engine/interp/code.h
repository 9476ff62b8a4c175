// The interpreter's own code: an array of 8-byte words. An instruction is its handler's address, a
// word of operands, and further words as the handler's form says. Register operands are 16 bits
// wide, relative to the frame pointer.
//
// A frame is the function's registers with one cell between parameters and the rest: the link,
// where the caller goes on. A callee's frame begins at its first argument, in the caller's stack,
// so arguments and results never move.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "engine/engine.h"
#include "isa/opcode.h"

// ASan of clang 19 miscompiles preserve_none; without it the handlers are as right, but slower.
// ThreadSanitizer's calls have not been tried with it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RV_PRESERVE_NONE
#endif
#endif
#ifndef RV_PRESERVE_NONE
#define RV_PRESERVE_NONE __attribute__((preserve_none))
#endif

namespace rosetta::interp {

using Word = std::uint64_t;

class Takeover;

struct Context {
  const Word* pc = nullptr;  // where it stopped; null: nowhere in this code
  Cell* fp = nullptr;
  Cell* results = nullptr;  // where the task's results are, if it did not trap
  Cell* base = nullptr;     // the entry's frame
  Trap trap = Trap::None;
  const EngineOptions* options = nullptr;
  const ir::Program* program = nullptr;
  std::uint64_t steps = 0;
  std::uint64_t least_depth = 0;  // the least depth that was left
  Cell* top = nullptr;            // of the explicit stack, behind its top cell
  Cell* stack_end = nullptr;      // behind the last that it can have
  Takeover* takeover = nullptr;
  void* takeover_state = nullptr;  // of this run
  bool taken_over = false;         // the task ended in its hands
  std::optional<Error> failure{};  // of the machine, in its hands: the run ends with it
};

// What travels from handler to handler in machine registers: `depth` and `fuel` are what is left.
#define RV_STATE                                                                    \
  const Word *pc, Cell *fp, Context *context, [[maybe_unused]] std::uint64_t depth, \
      [[maybe_unused]] std::uint64_t fuel
using Handler = RV_PRESERVE_NONE void(RV_STATE);

// Operand words. The first field of each is at byte 8 of its instruction.
struct Registers {  // dst = a op b
  std::uint16_t dst, a, b, c;
};
struct Near {  // a branch on a, or on a against b; the offset is in words, from the instruction
  std::uint16_t a, b;
  std::int32_t offset;
};
struct CallOperands {    // then a word with the callee's code
  std::uint32_t base;    // where its frame begins
  std::uint16_t link;    // in its frame
  std::uint16_t weight;  // of its frame
};
struct TailOperands {   // then a word with the callee's code, and a CallOperands with its frame
  std::uint16_t first;  // of its arguments
  std::uint16_t count;
  std::uint16_t link;    // in this frame
  std::uint16_t weight;  // of this frame
};
struct RetOperands {  // then a word with a constant or the number of results, where the form says
  std::uint16_t a;
  std::uint16_t link;
  std::uint16_t weight;
  std::uint16_t unused;
};
struct SwitchOperands {  // then count + 1 SwitchEntry
  std::uint16_t a;
  std::uint16_t unused;
  std::uint32_t count;
};
struct SwitchEntry {
  std::int32_t offset;
  std::uint32_t costs;
};
struct PrintOperands {  // then a word with the constant
  std::uint16_t a;
  std::uint8_t type;
  bool constant;
  std::uint32_t unused;
};
struct ChargeOperands {
  std::uint32_t takes;
  std::uint32_t gives;
};
struct StackOperands {  // then a word with the constant, where the form says
  std::uint16_t reg;
  std::uint16_t unused;
  std::uint32_t count;
};
struct CountOperands {
  std::uint32_t steps;
  std::uint32_t unused;
};
struct ObserveOperands {
  std::uint32_t function;
  std::uint32_t instruction;  // in the register code
};

inline constexpr int kCallWords = 3;

template <class T>
T load(const Word* at) {
  static_assert(sizeof(T) == sizeof(Word));
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
Word word(const T& value) {
  static_assert(sizeof(T) == sizeof(Word));
  Word result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

// Where a regular instruction's operands are.
enum class Form : std::uint8_t {
  Registers,  // Registers
  Right,      // Registers without b; then a word with the constant
  Left,       // Registers without a; then a word with the constant
};
inline constexpr int kForms = 3;

// What comes behind a regular instruction, as one with it.
enum class Then : std::uint8_t {
  Next,    // nothing
  Return,  // its result is returned: a RetOperands
  Call,    // a call: a CallOperands and the callee's code
  If,      // a branch on its result, an integer that nobody else reads, not being zero: a Near
  IfNot,   // on its being zero
  Jump,    // a jump: a Near
};
inline constexpr int kThens = 6;

// The handlers of a regular opcode; null where a form does not exist.
struct RegularHandlers {
  using Forms = std::array<Handler*, kForms>;
  // By [canon][what comes then]. Canon, of floats that may make a NaN: it is made canonical.
  Forms forms[2][kThens]{};
  // Of tests: the test and a branch in one, on its being 1 or 0, by [goes on 1][costs fuel].
  Handler* branch[2][2] = {};        // Near
  Handler* branch_right[2][2] = {};  // Near without b; then a word with the constant
};

struct Handlers {
  std::array<RegularHandlers, 256> regular{};
  Handler* copy = nullptr;       // Registers dst a
  Handler* copies = nullptr;     // Registers dst a, then b c
  Handler* constant = nullptr;   // Registers dst; constant
  Handler* swap = nullptr;       // Registers dst a
  Handler* select[2][2] = {};    // [a constant][b constant]: Registers; constants
  Handler* canon_f32 = nullptr;  // Registers dst
  Handler* canon_f64 = nullptr;
  Handler* print = nullptr;         // PrintOperands
  Handler* print_text = nullptr;    // a word with the std::string's address
  Handler* jump[2] = {};            // [costs]: Near
  Handler* branch[2][2] = {};       // [goes on nonzero][costs]: Near
  Handler* jump_table[2] = {};      // [fuel]: SwitchOperands
  Handler* call[2] = {};            // [fuel]: CallOperands
  Handler* tail_call[2] = {};       // [fuel]: TailOperands
  Handler* ret = nullptr;           // RetOperands
  Handler* ret_constant = nullptr;  // RetOperands; constant
  Handler* ret_many = nullptr;      // RetOperands; count
  Handler* halt = nullptr;          // as the three above
  Handler* halt_constant = nullptr;
  Handler* halt_many = nullptr;
  Handler* trap = nullptr;
  Handler* charge[2] = {};    // [fuel]: ChargeOperands
  Handler* credit = nullptr;  // StackOperands, as the five below
  Handler* push = nullptr;
  Handler* pop = nullptr;
  Handler* save = nullptr;
  Handler* save_constant = nullptr;
  Handler* restore = nullptr;
  Handler* finish = nullptr;       // where the entry's frame returns to
  Handler* interrupted = nullptr;  // put in place of Code::events, when the engine is interrupted
  // Put in place of others by Interpreter::ask and take_over.
  Handler* ask = nullptr;
  Handler* take_loop = nullptr;
  Handler* take_function = nullptr;
  Handler* count = nullptr;    // CountOperands
  Handler* observe = nullptr;  // ObserveOperands
};

extern const Handlers kHandlers;

// Runs from `pc` until the task ends; what happened is in the context.
void enter(const Word* pc, Cell* fp, Context* context, std::uint64_t depth, std::uint64_t fuel);

}  // namespace rosetta::interp
