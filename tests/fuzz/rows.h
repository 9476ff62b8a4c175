// The arithmetic opcodes of the table, as the generator needs them. Read once, never changed.
#pragma once

#include <string>
#include <vector>

#include "fuzz/values.h"
#include "fuzz/writer.h"

namespace fuzz {

struct Row {
  std::string mnemonic;
  Type result;
  Types operands;
  bool traps;
};

// A row stands several times in it where it is to be picked more often.
const std::vector<Row>& rows();

// One for which `wanted` holds, if there is one.
template <class Wanted>
const Row* pick_row(Random& random, Wanted wanted) {
  std::vector<const Row*> found;
  for (const Row& row : rows()) {
    if (wanted(row)) found.push_back(&row);
  }
  return found.empty() ? nullptr : random.pick(found);
}

}  // namespace fuzz
