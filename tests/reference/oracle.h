// The oracle: a slow, obvious stack interpreter for the exact form of the text, which every engine
// is compared with. It shares nothing with the product but the specification, so it has its own
// assembler, number parsing, arithmetic and weights, and includes nothing from src/.
//
// A Program is immutable once made: threads may share it and run it at the same time. A cell is 64
// bits, the upper half of an i32 or f32 zero. Text that is not valid, and arguments that do not fit
// the entry, throw std::runtime_error; what a running program does is never an exception.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

enum class Type : std::uint8_t { I64, I32, F64, F32 };

struct Signature {
  std::vector<Type> parameters;
  std::vector<Type> results;
};

struct Outcome {
  std::string trap;  // empty: it ended well; "gave-up": Limits::max_steps, which is no trap
  std::vector<std::uint64_t> results;
  std::string function;         // of the trap
  std::size_t instruction = 0;  // of the trap, an index in the function's body
  std::string printed;          // a line for each print
  std::uint64_t steps = 0;      // instructions executed, the one that trapped too
  std::uint64_t fuel_used = 0;  // events paid for; counted without a limit as well
  std::uint64_t deepest = 0;    // greatest call depth
};

struct Limits {
  std::uint64_t max_depth = 1'000'000;
  std::optional<std::uint64_t> fuel = std::nullopt;
  std::uint64_t max_steps = 10'000'000;
};

class Program {
 public:
  explicit Program(std::string_view text);

  Outcome run(std::string_view entry, std::span<const std::uint64_t> arguments,
              const Limits& limits = {}) const;

  std::vector<std::string> functions() const;  // in the order of the text
  const Signature& signature(std::string_view function) const;
  // What a frame of this function adds to the call depth; 0 where no cycle of calls can be reached.
  std::uint64_t weight(std::string_view function) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace reference
