// Two programs held against each other: which functions changed themselves, and which only call
// something that changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/program.h"

namespace rosetta {

struct Difference {
  enum class Kind : std::uint8_t {
    Itself,   // its own code, or what it calls from where
    Callees,  // only what its callees are
    Added,
    Removed,
    Renamed,  // the same code under another name
  };
  // A line of the function's text: in both (' '), only before ('-') or only after ('+').
  struct Line {
    char mark;
    std::string text;
  };
  Kind kind{};
  std::string name;
  std::string new_name;  // where it has another now
  std::optional<Hash> before;
  std::optional<Hash> after;
  std::vector<Line> lines;  // of what changed itself
};

// Two files are compared name by name; two stored functions (Module::entry) from those on down; a
// stored function with the function of its name in a file. Equal functions are left out.
Result<std::vector<Difference>> compare(Listings& before, Listings& after);

}  // namespace rosetta
