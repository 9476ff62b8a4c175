// The reduction of a column of results to one value.
//
// Its shape is the balanced binary tree over the tasks' indices: a node covers the tasks
// [k * 2^l, (k + 1) * 2^l), and combines its two halves, left with right, by the language's own
// operation. Tasks that trapped, and those behind the last one, are absent: a node with one half is
// that half. So the value depends on the tasks alone: not on how they were cut into chunks, in what
// order those ran, or on how many threads, devices or machines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "isa/type.h"

namespace rosetta::par {

enum class Operation : std::uint8_t { Sum, Min, Max };  // the language's add, min and max

class Reduction {
 public:
  using Value = std::optional<Cell>;  // nothing: all of its tasks are absent

  Reduction(Operation operation, Type type);

  // The values of the largest nodes that make up the tasks [first, first + values.size()), in their
  // order. A task with a status other than 0 is absent; without statuses none is. May be called by
  // any thread. Time linear in the tasks.
  [[nodiscard]] std::vector<Value> nodes(std::uint64_t first, std::span<const Cell> values,
                                         const std::uint8_t* statuses) const;
  // Takes the nodes of the next `count` tasks, in the tasks' order, from 0.
  void add(std::uint64_t count, std::span<const Value> nodes);
  // The whole tree's so far. A sum of no tasks is 0; a NaN is the canonical one.
  [[nodiscard]] Value total() const;

 private:
  using Tree = Value(const Cell* values, const std::uint8_t* statuses, unsigned level);
  using Combine = Cell(Cell a, Cell b);
  struct Meaning {
    Tree* tree;
    Combine* combine;
  };
  static const Meaning kMeanings[kTypes][3];

  [[nodiscard]] Value combine(Value left, Value right) const;

  Operation operation_;
  Type type_;
  const Meaning& meaning_;
  std::uint64_t end_ = 0;            // of the tasks that were added
  std::array<Value, 64> pending_{};  // where bit l of end_ is set: the node of 2^l tasks there
};

// How many of the next `count` tasks behind `first` the largest node that begins there has:
// 2^level.
unsigned node_level(std::uint64_t first, std::uint64_t count);

}  // namespace rosetta::par
