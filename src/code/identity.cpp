// The definition of docs/identity.md step by step: bodies; sameness, over the whole call graph at
// once, so that copies fold into whatever they are copies of; the graph of the classes; and its
// components, callees first.
#include "code/identity.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "base/graph.h"
#include "base/refine.h"
#include "code/bytes.h"
#include "code/object.h"

namespace rosetta {
namespace {

// Byte sequences one behind the other.
struct Rows {
  std::string bytes;
  std::vector<std::size_t> first{0};

  void end_row() { first.push_back(bytes.size()); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(first.size() - 1); }
  [[nodiscard]] std::string_view row(std::uint32_t i) const {
    return std::string_view(bytes).substr(first[i], first[i + 1] - first[i]);
  }
};

// The place of each row among the different ones, in their order.
std::vector<std::uint32_t> ranks(const Rows& rows) {
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return rows.row(i); });
  std::vector<std::uint32_t> rank(rows.size());
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && rows.row(order[i]) != rows.row(order[i - 1])) ++next;
    rank[order[i]] = next;
  }
  return rank;
}

class Identifier {
 public:
  Identifier(std::span<const Function> functions, const KeepObject& keep)
      : functions_(functions), keep_(keep) {}

  std::vector<Hash> run();

 private:
  void put_references(std::string& to, std::uint32_t class_number, const auto& reference) const;
  void single(std::uint32_t class_number);
  void component(std::span<const std::uint32_t> members);
  Hash keep(std::string_view bytes) {
    const Hash hash = blake3(bytes);
    if (keep_) keep_(hash, bytes);
    return hash;
  }

  std::span<const Function> functions_;
  const KeepObject& keep_;
  Rows bodies_;                       // by class
  Graph calls_;                       // of the classes, an edge for each call site
  Components order_;                  // of calls_
  std::vector<Hash> hashes_;          // by class, once known
  std::vector<std::uint32_t> place_;  // by class: among its component's members
};

// The number of call sites and a reference for each.
void Identifier::put_references(std::string& to, std::uint32_t class_number,
                                const auto& reference) const {
  const std::span<const std::uint32_t> callees = calls_.from(class_number);
  put_number(to, callees.size());
  for (const std::uint32_t callee : callees) reference(callee);
}

void Identifier::single(std::uint32_t class_number) {
  std::string bytes;
  put_tag(bytes, ObjectKind::Function);
  bytes += bodies_.row(class_number);
  put_references(bytes, class_number,
                 [&](std::uint32_t callee) { put_reference(bytes, {.hash = hashes_[callee]}); });
  hashes_[class_number] = keep(bytes);
}

void Identifier::component(std::span<const std::uint32_t> members) {
  const auto inner = [&](std::uint32_t callee) {
    return order_.of[callee] == order_.of[members.front()];
  };
  for (std::size_t i = 0; i < members.size(); ++i) {
    place_[members[i]] = static_cast<std::uint32_t>(i);
  }
  // Nodes with the callees inside left blank, and the graph of those.
  Rows blank;
  Graph graph;
  std::vector<std::uint32_t> targets;
  for (const std::uint32_t member : members) {
    blank.bytes += bodies_.row(member);
    targets.clear();
    put_references(blank.bytes, member, [&](std::uint32_t callee) {
      if (inner(callee)) {
        targets.push_back(place_[callee]);
        put_byte(blank.bytes, 1);
      } else {
        put_reference(blank.bytes, {.hash = hashes_[callee]});
      }
    });
    blank.end_row();
    graph.add_node(targets);
  }
  const Partition refined = refine(graph, ranks(blank));
  assert(refined.count == members.size());  // the classes are different functions
  const std::vector<std::uint32_t> sorted = refined.representatives();
  for (std::size_t i = 0; i < members.size(); ++i) place_[members[i]] = refined.of[i];

  std::string bytes;
  put_tag(bytes, ObjectKind::Component);
  put_number(bytes, members.size());
  for (const std::uint32_t index : sorted) {
    const std::uint32_t member = members[index];
    bytes += bodies_.row(member);
    put_references(bytes, member, [&](std::uint32_t callee) {
      put_reference(bytes,
                    {.inner = inner(callee), .place = place_[callee], .hash = hashes_[callee]});
    });
  }
  const Hash hash = keep(bytes);
  for (const std::uint32_t index : sorted) {
    const std::uint32_t member = members[index];
    hashes_[member] = keep(member_object(hash, place_[member]));
  }
}

std::vector<Hash> Identifier::run() {
  Graph written;
  Rows bodies;
  for (const Function& function : functions_) {
    put_body(bodies.bytes, function);
    bodies.end_row();
    written.add_node(function.callees());
  }
  const Partition same = refine(written, ranks(bodies));
  std::vector<std::uint32_t> callees;
  for (const std::uint32_t function : same.representatives()) {
    bodies_.bytes += bodies.row(function);
    bodies_.end_row();
    callees.clear();
    for (const std::uint32_t callee : written.from(function)) callees.push_back(same.of[callee]);
    calls_.add_node(callees);
  }
  order_ = components(calls_);
  hashes_.resize(same.count);
  place_.resize(same.count);
  const Graph members = order_.members();
  for (std::uint32_t number = 0; number < order_.count; ++number) {
    if (order_.cyclic[number]) {
      component(members.from(number));
    } else {
      single(members.from(number).front());
    }
  }
  std::vector<Hash> hashes(functions_.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = hashes_[same.of[i]];
  return hashes;
}

}  // namespace

std::vector<Hash> identify(std::span<const Function> functions, const KeepObject& keep) {
  return Identifier(functions, keep).run();
}

}  // namespace rosetta
