// The printer: a function as text again, inverse to the assembler.
#pragma once

#include <span>
#include <string>

#include "code/function.h"
#include "text/names.h"

namespace rosetta {

enum class Style : std::uint8_t {
  Readable,  // bare mnemonics wherever they mean the same again
  Exact,     // every opcode and literal by its exact name and type
};

// `names` is the function's, `module` those of all functions that its callees are numbered in.
// Names that are missing are made up; no two in one namespace are the same. Assembling the text
// of all functions of a module gives the module again.
std::string print(const Function& function, const FunctionNames& names,
                  std::span<const FunctionNames> module, Style style);

// The same with the places of the function in that text.
struct Printed {
  std::string text;
  FunctionPlaces places;
};
Printed print_placed(const Function& function, const FunctionNames& names,
                     std::span<const FunctionNames> module, Style style);

}  // namespace rosetta
