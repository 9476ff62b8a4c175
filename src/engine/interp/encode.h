// From register code to the interpreter's words.
#pragma once

#include <vector>

#include "engine/interp/code.h"

namespace rosetta::interp {

// A program's code, and the way back from a word to where it came from.
struct Code {
  std::vector<Word> words;
  std::vector<std::uint32_t> begin;  // of each function, in words; one more for the end
  // Of each instruction of each function's register code: its first word.
  std::vector<std::vector<std::uint32_t>> offsets;
  // Handlers' words, of which every loop and every recursion comes by one: those of calls and jumps
  // and of what is one with them.
  std::vector<std::uint32_t> events;
  const Word* finish = nullptr;  // the entry frame's link

  [[nodiscard]] const Word* entry() const { return words.data() + begin[0]; }
  // The function, and the instruction of its register code, that a word belongs to.
  struct Place {
    std::uint32_t function;
    std::uint32_t instruction;
  };
  [[nodiscard]] Place place(const Word* pc) const;
};

// A register's place in a frame: the link stands behind the parameters.
inline std::uint32_t slot(const ir::Function& function, ir::Register reg) {
  return reg < function.params.size() ? reg : reg + 1;
}

// Words hold addresses of other words and of the program's texts, so neither may move afterwards.
Code encode(const ir::Program& program, const EngineOptions& options);

}  // namespace rosetta::interp
