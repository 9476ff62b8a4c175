// Outcomes of tasks that are known from before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.h"
#include "isa/trap.h"
#include "isa/type.h"

namespace rosetta::par {

// Tasks in columns, numbered from 0.
struct Columns {
  std::size_t count = 0;
  std::span<const Cell* const> arguments;
  std::span<Cell* const> results;
  std::uint8_t* statuses = nullptr;
};

// A cache: what it does not find is computed, and what it cannot keep is computed again next time.
class Memo {
 public:
  virtual ~Memo() = default;

  // The keys of the tasks. Where an outcome is known, known[i] is set, and the results and the
  // status are written. May be called by any thread.
  virtual std::vector<Hash> find(const Columns& tasks, std::vector<std::uint8_t>& known) = 0;

  // Keeps outcomes: those of the tasks i with keep[i]. One thread at a time.
  virtual void keep(std::span<const Hash> keys, const Columns& tasks,
                    std::span<const std::uint8_t> keep) = 0;
};

}  // namespace rosetta::par
