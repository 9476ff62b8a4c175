// What went wrong outside the running program: bad input or a bad environment.
//
// A trap is not an Error (isa/trap.h: it is data, what the program did), and our own bugs are
// asserts. Foreign errors and exceptions become an Error in the one file that sees the library.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace rosetta {

// Whose fault it is. The values are the process's exit statuses.
enum class Fault : std::uint8_t {
  Usage = 2,    // the command line, or arguments that do not fit the entry function
  Program = 3,  // the program: syntax, types, an unresolved call
  Machine = 4,  // the machine: a file, memory, a device
};

// `message` says what was found, what was expected and where; lower case, no full stop.
struct [[nodiscard]] Error {
  Fault fault;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

}  // namespace rosetta
