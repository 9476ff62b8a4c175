// Objects are read as a graph, a list of those still to be read instead of recursion. Their code
// becomes draft functions with every type written down, so the checker that judges text judges
// them; and identify() over the whole closure sees what no single object shows: a component that is
// not minimal, not strongly connected, wrongly ordered, or a copy of a cycle that it calls.
#include "check/load.h"

#include <fmt/format.h>

#include <utility>

#include "code/identity.h"
#include "code/object.h"

namespace rosetta {
namespace {

Error damaged(const Hash& hash, std::string_view what) {
  return {Fault::Machine, fmt::format("the object #{} is damaged: {}", to_hex(hash), what)};
}

class Reader {
 public:
  Reader(Draft& draft, Objects& objects) : draft_(draft), objects_(objects) {
    stored_.first = static_cast<std::uint32_t>(draft.functions.size());
  }

  Result<StoredFunctions> read(std::span<const Hash> roots);

 private:
  // Its function's number, a new one for a hash not met before.
  std::uint32_t number(const Hash& hash, const Hash& needed_by);
  Result<Object> object(const Hash& hash, const Hash& needed_by);
  Result<void> function(std::uint32_t index);
  Result<void> component(const Hash& hash, const Hash& member);
  void fill(std::uint32_t index, const Node& node, std::span<const Hash> members);

  Draft& draft_;
  Objects& objects_;
  StoredFunctions stored_;
  std::vector<Hash> needed_by_;                         // as stored_.hashes
  std::unordered_map<Hash, std::uint32_t> components_;  // how many members
};

std::uint32_t Reader::number(const Hash& hash, const Hash& needed_by) {
  const auto next = stored_.first + static_cast<std::uint32_t>(stored_.hashes.size());
  const auto [found, fresh] = stored_.numbers.emplace(hash, next);
  if (fresh) {
    stored_.hashes.push_back(hash);
    needed_by_.push_back(needed_by);
    draft_.functions.emplace_back();
  }
  return found->second;
}

Result<Object> Reader::object(const Hash& hash, const Hash& needed_by) {
  Result<std::optional<std::string>> bytes = objects_.find(hash);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) {
    std::string message = fmt::format("there is no object #{}", to_hex(hash));
    if (needed_by != hash) message += fmt::format(", which #{} needs", to_hex(needed_by));
    return std::unexpected(Error{Fault::Machine, std::move(message)});
  }
  if (blake3(**bytes) != hash) {
    return std::unexpected(damaged(hash, "its bytes have another hash"));
  }
  auto decoded = decode_object(**bytes);
  if (!decoded) return std::unexpected(damaged(hash, decoded.error()));
  return std::move(*decoded);
}

void Reader::fill(std::uint32_t index, const Node& node, std::span<const Hash> members) {
  const Hash mine = stored_.hashes[index];
  std::vector<std::uint32_t> callees;
  for (const Reference& callee : node.callees) {
    callees.push_back(number(callee.inner ? members[callee.place] : callee.hash, mine));
  }
  DraftFunction function = draft_of(node.parts, callees);
  function.name = "#" + to_short_hex(mine);
  draft_.functions[stored_.first + index] = std::move(function);
}

// Reads a component and with it all its members, whose hashes follow from its own.
Result<void> Reader::component(const Hash& hash, const Hash& member) {
  Result<Object> read = object(hash, member);
  if (!read) return std::unexpected(read.error());
  if (read->kind != ObjectKind::Component) {
    return std::unexpected(damaged(member, fmt::format("#{} is no component", to_hex(hash))));
  }
  const auto count = static_cast<std::uint32_t>(read->nodes.size());
  components_.emplace(hash, count);
  std::vector<Hash> members;
  for (std::uint32_t place = 0; place < count; ++place) {
    members.push_back(blake3(member_object(hash, place)));
    number(members.back(), hash);
  }
  for (std::uint32_t place = 0; place < count; ++place) {
    const std::uint32_t index = stored_.numbers.at(members[place]) - stored_.first;
    fill(index, read->nodes[place], members);
  }
  return {};
}

Result<void> Reader::function(std::uint32_t index) {
  const Hash hash = stored_.hashes[index];
  Result<Object> read = object(hash, needed_by_[index]);
  if (!read) return std::unexpected(read.error());
  switch (read->kind) {
    case ObjectKind::Function: fill(index, read->nodes.front(), {}); return {};
    case ObjectKind::Component: {
      std::string what = fmt::format("#{} is a component, not a function", to_hex(hash));
      if (needed_by_[index] != hash) return std::unexpected(damaged(needed_by_[index], what));
      return std::unexpected(Error{Fault::Program, std::move(what)});
    }
    case ObjectKind::Member: break;
  }
  if (!components_.contains(read->component)) {
    const Result<void> done = component(read->component, hash);
    if (!done) return done;
  }
  if (read->place >= components_.at(read->component)) {
    return std::unexpected(damaged(hash, "its component has no such member"));
  }
  return {};
}

Result<StoredFunctions> Reader::read(std::span<const Hash> roots) {
  for (const Hash& root : roots) number(root, root);
  for (std::uint32_t index = 0; index < stored_.hashes.size(); ++index) {
    // A member's own object is read too, though its component has filled it.
    const Result<void> done = function(index);
    if (!done) return std::unexpected(done.error());
  }
  return std::move(stored_);
}

}  // namespace

DraftFunction draft_of(const FunctionParts& parts, std::span<const std::uint32_t> callees) {
  DraftFunction draft;
  draft.stored = true;
  draft.params.assign(parts.params.begin(), parts.params.end());
  draft.results.assign(parts.results.begin(), parts.results.end());
  draft.locals.assign(parts.locals.begin(), parts.locals.end());
  draft.code.reserve(parts.code.size());
  for (const Instruction& instruction : parts.code) {
    DraftInstruction to{mnemonic_of(instruction.opcode), instruction.operand};
    const OpcodeInfo& row = info(instruction.opcode);
    if (row.operand == OperandKind::Literal) {
      to.operand = static_cast<std::uint32_t>(draft.literals.size());
      draft.literals.push_back(literal_of(instruction.constant, row.operand_type));
    } else if (row.operand == OperandKind::Callee) {
      to.operand = callees[instruction.operand];
    }
    draft.code.push_back(to);
  }
  draft.tables = parts.tables;
  draft.texts = parts.texts;
  return draft;
}

Result<StoredFunctions> append_stored(Draft& draft, std::span<const Hash> roots, Objects& objects) {
  return Reader(draft, objects).read(roots);
}

Error damaged(const StoredFunctions& stored, const Issue& issue) {
  return damaged(stored.hashes[issue.place.function - stored.first], issue.message);
}

Result<void> confirm(const StoredFunctions& stored, std::span<const Hash> identified) {
  for (std::size_t i = 0; i < stored.hashes.size(); ++i) {
    const Hash& is = identified[stored.first + i];
    if (is == stored.hashes[i]) continue;
    return std::unexpected(damaged(
        stored.hashes[i],
        fmt::format("it is not in canonical form; its function has the hash #{}", to_hex(is))));
  }
  return {};
}

Result<Loaded> load(std::span<const Hash> roots, Objects& objects) {
  Draft draft;
  Result<StoredFunctions> stored = append_stored(draft, roots, objects);
  if (!stored) return std::unexpected(stored.error());
  Issues errors(1);
  Issues warnings(0);
  std::vector<Checked> checked = check(draft, errors, warnings);
  if (errors.count() != 0) {
    return std::unexpected(damaged(*stored, errors.listed().front()));
  }
  Loaded loaded;
  loaded.functions.reserve(checked.size());
  for (Checked& each : checked) loaded.functions.push_back(std::move(*each.function));
  const Result<void> confirmed = confirm(*stored, identify(loaded.functions));
  if (!confirmed) return std::unexpected(confirmed.error());
  loaded.hashes = std::move(stored->hashes);
  loaded.numbers = std::move(stored->numbers);
  return loaded;
}

}  // namespace rosetta
