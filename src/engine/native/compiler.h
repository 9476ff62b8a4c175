// What a compiler is asked for, and what it gives. There is one, in engine/llvm, in a library of
// its own that is loaded when it is first needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/native/image.h"
#include "ir/program.h"

namespace rosetta::native {

// Names and lines for people and tools, by the function's number in the program.
struct Symbols {
  std::string file;                               // of all functions
  std::vector<std::string> names;                 // of each function
  std::vector<std::vector<std::uint32_t>> lines;  // of each of its instructions; none at all: names
};

// Where compiled code is entered.
struct Start {
  enum class Kind : std::uint8_t { Tasks, Function, Loop, Lane };
  Kind kind = Kind::Tasks;     // RunTasks, RunFunction, RunLoop or RunLane
  std::uint32_t function = 0;  // of the program; 0 for Tasks and Lane
  // Loop: the loop's first block, whether it lies in no other loop, and the register instructions
  // where the interpreter may be. An outermost loop's code goes on to the end of the function, any
  // other's to the end of the loop.
  ir::BlockId loop = 0;
  bool outermost = false;
  std::vector<std::uint32_t> from{};
};

struct CompileOptions {
  bool fuel = false;                 // calls and marked jumps are counted; on devices always
  const Symbols* symbols = nullptr;  // code gets them as names and, where there are some, lines
  // Several of LLVM's passes take time quadratic in a function's size: those of more instructions
  // than this are translated, and not optimised.
  std::size_t most_optimised = 5'000;

  [[nodiscard]] bool lines() const { return symbols != nullptr && !symbols->lines.empty(); }
};

// Ptx is the kernel (engine/kernel.h) of a program with explicit stacks (ir/explicit.h).
enum class Listing : std::uint8_t { Llvm, Assembly, Ptx };

// May be used from several threads at once.
class Compiler {
 public:
  virtual ~Compiler() = default;
  virtual Result<Image> compile(const ir::Program& program, const Start& start,
                                const CompileOptions& options) const = 0;
  // What would be compiled, as text.
  virtual Result<std::string> list(const ir::Program& program, const CompileOptions& options,
                                   Listing listing) const = 0;
};

}  // namespace rosetta::native
