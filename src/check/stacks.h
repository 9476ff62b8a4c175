// Operand stacks as terms: a stack is a value upon a stack. Pushing makes a node, so a snapshot at
// a jump costs nothing; stacks that met are merged node by node (union-find), so that meeting again
// costs nothing either, and the whole of inference stays linear however deep the stacks are.
#pragma once

#include <cstdint>
#include <vector>

#include "check/types.h"

namespace rosetta {

class Stacks {
 public:
  using Ref = std::uint32_t;
  static constexpr Ref kEmpty = 0;

  struct Value {
    TypeVar type;
    std::uint32_t origin;  // the instruction that pushed it
  };

  Stacks() : nodes_{Node{.parent = kEmpty, .below = kEmpty, .height = 0, .value = {0, 0}}} {}

  Ref push(Ref below, Value value) {
    const Ref ref = static_cast<Ref>(nodes_.size());
    nodes_.push_back({ref, below, nodes_[below].height + 1, value});
    return ref;
  }
  [[nodiscard]] std::uint32_t height(Ref ref) const { return nodes_[ref].height; }
  [[nodiscard]] Value top(Ref ref) const { return nodes_[ref].value; }
  [[nodiscard]] Ref below(Ref ref) const { return nodes_[ref].below; }

  // Merges two stacks of one height and calls meet(a, b) for each pair of values that had not met
  // before, from the top down.
  template <class Meet>
  void merge(Ref a, Ref b, Meet meet) {
    for (a = find(a), b = find(b); a != b; a = find(nodes_[a].below), b = find(nodes_[b].below)) {
      meet(nodes_[a].value, nodes_[b].value);
      nodes_[b].parent = a;
    }
  }

 private:
  struct Node {
    Ref parent;
    Ref below;
    std::uint32_t height;
    Value value;
  };

  Ref find(Ref ref) {
    while (nodes_[ref].parent != ref) {
      nodes_[ref].parent = nodes_[nodes_[ref].parent].parent;
      ref = nodes_[ref].parent;
    }
    return ref;
  }

  std::vector<Node> nodes_;
};

}  // namespace rosetta
