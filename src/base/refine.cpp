// Rounds in which only what changed is looked at. When a class splits, its largest part keeps the
// class's id and the others get new ones, so a node changes its id at most log n times. A round
// looks at the sources of edges whose target changed in the round before. Nodes of one class agreed
// on the ids of all targets until then, so it is enough to compare them by the changed ones.
//
// As in Hopcroft's algorithm nodes lie in one array, class by class; a class's rank is where it
// begins there.
#include "base/refine.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace rosetta {
namespace {

// A target of `source`, along its edge number `edge`, left the class `from` for the class `to`.
struct Change {
  std::uint32_t source;
  std::uint32_t edge;
  std::uint32_t from;
  std::uint32_t to;
};

// A node that left a class for another.
struct Moved {
  std::uint32_t node;
  std::uint32_t from;
};

// Nodes of a class that stay together: those of `nodes` from `begin` on.
struct Part {
  std::uint32_t begin;
  std::uint32_t size;
};

class Refinement {
 public:
  Refinement(const Graph& graph, const std::vector<std::uint32_t>& rank);

  Partition run() {
    while (!moved_.empty()) round();
    return result();
  }

 private:
  using Changes = std::span<const Change>;

  void collect_incoming();
  void split_by_rank(const std::vector<std::uint32_t>& rank);
  void round();
  void collect_changes();
  void split(std::uint32_t id, std::span<Changes> touched);
  int compare(Changes a, Changes b) const;
  void place(std::uint32_t node, std::uint32_t position);
  Partition result() const;

  const Graph& graph_;
  Graph incoming_;                      // by target: its edges as numbers in graph_.targets
  std::vector<std::uint32_t> sources_;  // by edge

  std::vector<std::uint32_t> nodes_;     // class by class
  std::vector<std::uint32_t> position_;  // by node: in nodes_
  std::vector<std::uint32_t> class_;     // by node: its class's id
  std::vector<std::uint32_t> begin_;     // by id
  std::vector<std::uint32_t> size_;      // by id
  std::vector<Moved> moved_;             // in the last round

  // Of a round, kept for their memory.
  std::vector<Change> changes_;
  std::vector<Changes> touched_;
  std::vector<Part> parts_;
  struct Split {
    std::uint32_t id;
    std::uint32_t begin;
    std::uint32_t end;
  };
  std::vector<Split> splits_;
};

Refinement::Refinement(const Graph& graph, const std::vector<std::uint32_t>& rank)
    : graph_(graph), nodes_(graph.size()), position_(graph.size()), class_(graph.size(), 0) {
  collect_incoming();
  split_by_rank(rank);
}

void Refinement::collect_incoming() {
  const auto edges = static_cast<std::uint32_t>(graph_.targets.size());
  sources_.resize(edges);
  for (std::uint32_t node = 0; node < graph_.size(); ++node) {
    std::fill(sources_.begin() + graph_.first[node], sources_.begin() + graph_.first[node + 1],
              node);
  }
  incoming_.first.assign(graph_.size() + std::size_t{1}, 0);
  for (const std::uint32_t target : graph_.targets) ++incoming_.first[target + 1];
  std::partial_sum(incoming_.first.begin(), incoming_.first.end(), incoming_.first.begin());
  incoming_.targets.resize(edges);
  std::vector<std::uint32_t> next(incoming_.first.begin(), incoming_.first.end() - 1);
  for (std::uint32_t edge = 0; edge < edges; ++edge) {
    incoming_.targets[next[graph_.targets[edge]]++] = edge;
  }
}

// The first ranks are a split of one class that holds all nodes.
void Refinement::split_by_rank(const std::vector<std::uint32_t>& rank) {
  const std::uint32_t size = graph_.size();
  std::vector<std::uint32_t> next(size + std::size_t{1}, 0);
  for (const std::uint32_t r : rank) ++next[r + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::uint32_t node = 0; node < size; ++node) {
    position_[node] = next[rank[node]]++;
    nodes_[position_[node]] = node;
  }
  parts_.clear();
  for (std::uint32_t i = 0; i < size; ++i) {
    if (i == 0 || rank[nodes_[i]] != rank[nodes_[i - 1]]) parts_.push_back({i, 0});
    ++parts_.back().size;
  }
  begin_.assign(1, 0);
  size_.assign(1, size);
  if (parts_.empty()) return;
  const auto largest = std::ranges::max_element(parts_, {}, &Part::size);
  begin_[0] = largest->begin;
  size_[0] = largest->size;
  for (const Part& part : parts_) {
    if (part.begin == largest->begin) continue;
    const auto id = static_cast<std::uint32_t>(begin_.size());
    begin_.push_back(part.begin);
    size_.push_back(part.size);
    for (std::uint32_t i = part.begin; i < part.begin + part.size; ++i) {
      class_[nodes_[i]] = id;
      moved_.push_back({nodes_[i], 0});
    }
  }
}

// All changed targets, by the class of their source, then by source and edge.
void Refinement::collect_changes() {
  changes_.clear();
  for (const Moved& moved : moved_) {
    for (const std::uint32_t edge : incoming_.from(moved.node)) {
      const std::uint32_t source = sources_[edge];
      if (size_[class_[source]] == 1) continue;
      changes_.push_back({source, edge, moved.from, class_[moved.node]});
    }
  }
  std::ranges::sort(changes_, [this](const Change& a, const Change& b) {
    if (class_[a.source] != class_[b.source]) return class_[a.source] < class_[b.source];
    return a.edge < b.edge;  // edges of one source are neighbours
  });
}

// By the ranks of targets, first edge first. Where only one of the two has a changed target, the
// other's is still in the class that both were in.
int Refinement::compare(Changes a, Changes b) const {
  const auto number = [this](const Change& change) {
    return change.edge - graph_.first[change.source];
  };
  const auto order = [this](std::uint32_t x, std::uint32_t y) {
    return begin_[x] < begin_[y] ? -1 : begin_[x] > begin_[y] ? 1 : 0;
  };
  while (!a.empty() || !b.empty()) {
    const bool in_a = !a.empty() && (b.empty() || number(a.front()) <= number(b.front()));
    const bool in_b = !b.empty() && (a.empty() || number(b.front()) <= number(a.front()));
    const std::uint32_t from = in_a ? a.front().from : b.front().from;
    const int found = order(in_a ? a.front().to : from, in_b ? b.front().to : from);
    if (found != 0) return found;
    if (in_a) a = a.subspan(1);
    if (in_b) b = b.subspan(1);
  }
  return 0;
}

void Refinement::place(std::uint32_t node, std::uint32_t position) {
  const std::uint32_t other = nodes_[position];
  nodes_[position_[node]] = other;
  position_[other] = position_[node];
  nodes_[position] = node;
  position_[node] = position;
}

// Splits a class by what changed for the `touched` of its nodes, which are sorted; the others are
// one part.
void Refinement::split(std::uint32_t id, std::span<Changes> touched) {
  const std::uint32_t begin = begin_[id];
  const std::uint32_t end = begin + size_[id];
  const auto rest = size_[id] - static_cast<std::uint32_t>(touched.size());
  const auto before = static_cast<std::size_t>(
      std::ranges::partition_point(touched, [this](Changes c) { return compare(c, {}) < 0; }) -
      touched.begin());
  // Only touched nodes move: to the front and to the back of the class, around the rest.
  for (std::size_t i = 0; i < before; ++i) {
    place(touched[i].front().source, begin + static_cast<std::uint32_t>(i));
  }
  for (std::size_t i = touched.size(); i-- > before;) {
    const auto behind = static_cast<std::uint32_t>(touched.size() - i);
    place(touched[i].front().source, end - behind);
  }
  parts_.clear();
  const auto add = [this](std::uint32_t at, std::uint32_t count) {
    if (count > 0) parts_.push_back({at, count});
  };
  const auto add_equal = [&](std::size_t first, std::size_t last, std::uint32_t at) {
    while (first < last) {
      std::size_t next = first + 1;
      while (next < last && compare(touched[first], touched[next]) == 0) ++next;
      add(at, static_cast<std::uint32_t>(next - first));
      at += static_cast<std::uint32_t>(next - first);
      first = next;
    }
  };
  add_equal(0, before, begin);
  add(begin + static_cast<std::uint32_t>(before), rest);
  add_equal(before, touched.size(), begin + static_cast<std::uint32_t>(before) + rest);
}

void Refinement::round() {
  collect_changes();
  moved_.clear();
  touched_.clear();
  for (std::size_t i = 0; i < changes_.size();) {
    std::size_t next = i;
    while (next < changes_.size() && changes_[next].source == changes_[i].source) ++next;
    touched_.push_back(Changes(changes_).subspan(i, next - i));
    i = next;
  }
  // Every class is sorted by the ranks from before this round, so none splits before all are.
  splits_.clear();
  const auto count = static_cast<std::uint32_t>(touched_.size());
  for (std::uint32_t i = 0; i < count;) {
    const std::uint32_t id = class_[touched_[i].front().source];
    std::uint32_t next = i;
    while (next < count && class_[touched_[next].front().source] == id) ++next;
    std::sort(touched_.begin() + i, touched_.begin() + next,
              [this](Changes a, Changes b) { return compare(a, b) < 0; });
    splits_.push_back({id, i, next});
    i = next;
  }
  std::vector<Part> all;
  std::vector<std::uint32_t> ends;
  for (const Split& each : splits_) {
    split(each.id, std::span(touched_).subspan(each.begin, each.end - each.begin));
    all.insert(all.end(), parts_.begin(), parts_.end());
    ends.push_back(static_cast<std::uint32_t>(all.size()));
  }
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < splits_.size(); ++i) {
    const std::span<const Part> parts = std::span(all).subspan(first, ends[i] - first);
    first = ends[i];
    if (parts.size() == 1) continue;
    const std::uint32_t old = splits_[i].id;
    const auto largest = std::ranges::max_element(parts, {}, &Part::size);
    for (const Part& part : parts) {
      if (part.begin == largest->begin) {
        begin_[old] = part.begin;
        size_[old] = part.size;
        continue;
      }
      const auto id = static_cast<std::uint32_t>(begin_.size());
      begin_.push_back(part.begin);
      size_.push_back(part.size);
      for (std::uint32_t at = part.begin; at < part.begin + part.size; ++at) {
        class_[nodes_[at]] = id;
        moved_.push_back({nodes_[at], old});
      }
    }
  }
}

Partition Refinement::result() const {
  Partition partition;
  partition.of.resize(graph_.size());
  for (std::uint32_t i = 0; i < graph_.size(); ++i) {
    if (begin_[class_[nodes_[i]]] == i) ++partition.count;
    partition.of[nodes_[i]] = partition.count - 1;
  }
  return partition;
}

}  // namespace

std::vector<std::uint32_t> Partition::representatives() const {
  std::vector<std::uint32_t> first(count);
  for (std::size_t node = of.size(); node-- > 0;)
    first[of[node]] = static_cast<std::uint32_t>(node);
  return first;
}

Partition refine(const Graph& graph, const std::vector<std::uint32_t>& rank) {
  return Refinement(graph, rank).run();
}

}  // namespace rosetta
