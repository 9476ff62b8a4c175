// One draft with three kinds of functions: the file's; stored ones as they are; and a remade copy
// of each stored one that is a dependent. Only the callees are chosen anew, then the checker and
// identify() see the whole at once, cycles and all.
#include "store/relink.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/graph.h"
#include "check/check.h"
#include "code/identity.h"

namespace rosetta {
namespace {

// What each replaced function is replaced with, by the name that moved.
struct Replaced {
  struct By {
    std::string name;
    std::uint32_t function;
  };
  std::unordered_map<Hash, std::vector<By>> by;
  std::unordered_set<Hash> still_named;  // by a name that did not move

  [[nodiscard]] std::vector<Hash> hashes() const {
    std::vector<Hash> all;
    for (const auto& [hash, names] : by) all.push_back(hash);
    return all;
  }
};

Replaced find_replaced(Store& store, std::span<const Hash> hashes,
                       std::span<const Definition> definitions) {
  Replaced replaced;
  std::unordered_set<std::string_view> moving;
  for (const Definition& definition : definitions) {
    moving.insert(definition.name);
    const Hash& hash = hashes[definition.function];
    const std::optional<Name> now = find_name(store, definition.name);
    // Where the name has moved already, what it moved from.
    std::optional<Hash> old;
    if (now) old = now->hash == hash ? moved_from(store, definition.name, hash) : now->hash;
    if (old && store.has(*old)) {
      replaced.by[*old].push_back({definition.name, definition.function});
    }
  }
  for (const auto& [hash, names] : replaced.by) {
    for (const Name& name : names_of(store, hash)) {
      if (!moving.contains(name.name)) replaced.still_named.insert(hash);
    }
  }
  return replaced;
}

// The names, other than those that the file defines, of functions that reach a replaced one.
std::vector<Name> find_dependents(Store& store, const Replaced& replaced,
                                  std::span<const Definition> definitions) {
  std::unordered_set<std::string_view> defined;
  for (const Definition& definition : definitions) defined.insert(definition.name);
  std::vector<Name> found;
  for (const Hash& caller : store.all_callers(replaced.hashes())) {
    for (Name& name : names_of(store, caller)) {
      // An old version is not remade for a name that it keeps.
      if (!replaced.by.contains(caller) && !defined.contains(name.name)) {
        found.push_back(std::move(name));
      }
    }
  }
  std::ranges::sort(found, {}, &Name::name);
  return found;
}

// A stored function to be made anew, as one of its names has it written: what its callees are
// called there. Names that were written alike share one.
struct Remake {
  std::uint32_t stored;
  std::vector<std::string> spelled;
};

class Relinker {
 public:
  Relinker(Store& store, std::span<const Function> functions, std::span<const Hash> hashes,
           std::span<const Definition> definitions)
      : store_(store), functions_(functions), hashes_(hashes), definitions_(definitions) {}

  Result<Relinked> run();

 private:
  Result<void> load_stored();
  std::vector<bool> find_remade() const;
  Result<void> list_remakes();
  Result<std::uint32_t> add_remake(std::uint32_t stored, BindingId binding);
  void build();
  // Where a dependent's call of `callee`, written as `name`, goes now.
  std::uint32_t target(std::uint32_t callee, const std::string& name) const;
  [[nodiscard]] std::uint32_t kept(std::uint32_t stored) const {
    return static_cast<std::uint32_t>(definitions_.size()) + stored;
  }
  [[nodiscard]] std::uint32_t remade(std::uint32_t remake) const {
    return kept(static_cast<std::uint32_t>(stored_.functions.size())) + remake;
  }

  Store& store_;
  std::span<const Function> functions_;
  std::span<const Hash> hashes_;
  std::span<const Definition> definitions_;

  Replaced replaced_;
  std::vector<Name> names_;  // the dependents'
  Loaded stored_;
  std::vector<Remake> remakes_;
  std::vector<std::vector<std::uint32_t>> remakes_of_;             // by stored function
  std::unordered_map<std::string, std::uint32_t> remake_by_name_;  // of the dependents
  Draft draft_;  // the file's functions, then the stored ones as they are, then the remade
};

Result<void> Relinker::load_stored() {
  std::vector<Hash> roots;
  for (const Name& name : names_) roots.push_back(name.hash);
  // The closure of a file holds what it calls by hash: those are in the store already.
  for (std::size_t i = definitions_.size(); i < functions_.size(); ++i) {
    roots.push_back(hashes_[i]);
  }
  if (const Result<void> fine = store_.status(); !fine) return fine;
  Result<Loaded> loaded = load(roots, store_);
  if (!loaded) return std::unexpected(loaded.error());
  stored_ = std::move(*loaded);
  return {};
}

// The functions that both reach a replaced one and are reached from a dependent's name: found
// backwards and forwards along the calls.
std::vector<bool> Relinker::find_remade() const {
  const auto size = static_cast<std::uint32_t>(stored_.functions.size());
  Graph callees;
  std::vector<std::vector<std::uint32_t>> callers(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    callees.add_node(stored_.functions[i].callees());
    for (const std::uint32_t callee : stored_.functions[i].callees()) callers[callee].push_back(i);
  }
  const auto reached = [size](std::vector<std::uint32_t> pending, const auto& next) {
    std::vector<bool> seen(size);
    while (!pending.empty()) {
      const std::uint32_t from = pending.back();
      pending.pop_back();
      for (const std::uint32_t to : next(from)) {
        if (seen[to]) continue;
        seen[to] = true;
        pending.push_back(to);
      }
    }
    return seen;
  };
  std::vector<std::uint32_t> replaced;
  std::vector<std::uint32_t> named;
  for (std::uint32_t i = 0; i < size; ++i) {
    if (replaced_.by.contains(stored_.hashes[i])) replaced.push_back(i);
  }
  for (const Name& name : names_) named.push_back(stored_.numbers.at(name.hash));
  const std::vector<bool> reaching =
      reached(replaced, [&](std::uint32_t i) { return std::span(callers[i]); });
  std::vector<bool> needed = reached(named, [&](std::uint32_t i) { return callees.from(i); });
  for (const std::uint32_t i : named) needed[i] = true;
  for (std::uint32_t i = 0; i < size; ++i) {
    needed[i] = reaching[i] && needed[i] && !replaced_.by.contains(stored_.hashes[i]);
  }
  return needed;
}

Result<std::uint32_t> Relinker::add_remake(std::uint32_t stored, BindingId binding) {
  Result<std::optional<Binding>> record = get_binding(store_, binding);
  if (!record) return std::unexpected(record.error());
  std::vector<std::string> spelled;
  if (*record) spelled = std::move((*record)->callees);
  spelled.resize(stored_.functions[stored].callees().size());
  for (const std::uint32_t remake : remakes_of_[stored]) {
    if (remakes_[remake].spelled == spelled) return remake;
  }
  const auto next = static_cast<std::uint32_t>(remakes_.size());
  remakes_.push_back({stored, std::move(spelled)});
  remakes_of_[stored].push_back(next);
  return next;
}

Result<void> Relinker::list_remakes() {
  const std::vector<bool> needed = find_remade();
  remakes_of_.resize(stored_.functions.size());
  for (const Name& name : names_) {
    const std::uint32_t stored = stored_.numbers.at(name.hash);
    if (!needed[stored]) continue;
    const Result<std::uint32_t> remake = add_remake(stored, binding_of(store_, name.hash, name));
    if (!remake) return std::unexpected(remake.error());
    remake_by_name_.emplace(name.name, *remake);
  }
  for (std::uint32_t i = 0; i < needed.size(); ++i) {
    if (!needed[i] || !remakes_of_[i].empty()) continue;
    const auto remake = add_remake(i, last_binding(store_, stored_.hashes[i]));
    if (!remake) return std::unexpected(remake.error());
  }
  return store_.status();
}

std::uint32_t Relinker::target(std::uint32_t callee, const std::string& name) const {
  const Hash& hash = stored_.hashes[callee];
  const auto replaced = replaced_.by.find(hash);
  if (replaced == replaced_.by.end()) {
    if (remakes_of_[callee].empty()) return kept(callee);
    const auto named = remake_by_name_.find(name);
    const bool meant = named != remake_by_name_.end() && remakes_[named->second].stored == callee;
    return remade(meant ? named->second : remakes_of_[callee].front());
  }
  const std::vector<Replaced::By>& by = replaced->second;
  for (const Replaced::By& each : by) {
    if (each.name == name) return each.function;
  }
  const bool one = std::ranges::all_of(by, [&](const Replaced::By& each) {
    return hashes_[each.function] == hashes_[by[0].function];
  });
  if (replaced_.still_named.contains(hash) || !one) return kept(callee);
  return by.front().function;
}

void Relinker::build() {
  const auto file = static_cast<std::uint32_t>(definitions_.size());
  std::vector<std::uint32_t> callees;
  const auto add = [&](const Function& function, std::string_view name) {
    draft_.functions.push_back(draft_of(function.parts(), callees));
    draft_.functions.back().name = name;
  };
  for (std::uint32_t i = 0; i < file; ++i) {
    callees.clear();
    for (const std::uint32_t callee : functions_[i].callees()) {
      callees.push_back(callee < file ? callee : kept(stored_.numbers.at(hashes_[callee])));
    }
    add(functions_[i], definitions_[i].name);
  }
  for (std::uint32_t i = 0; i < stored_.functions.size(); ++i) {
    callees.clear();
    for (const std::uint32_t callee : stored_.functions[i].callees()) {
      callees.push_back(kept(callee));
    }
    add(stored_.functions[i], "#" + to_short_hex(stored_.hashes[i]));
  }
  for (const Remake& remake : remakes_) {
    const Function& function = stored_.functions[remake.stored];
    callees.clear();
    for (std::size_t site = 0; site < function.callees().size(); ++site) {
      callees.push_back(target(function.callees()[site], remake.spelled[site]));
    }
    add(function, "#" + to_short_hex(stored_.hashes[remake.stored]));
  }
  for (const auto& [name, remake] : remake_by_name_) {
    draft_.functions[remade(remake)].name = name;
  }
}

Result<Relinked> Relinker::run() {
  replaced_ = find_replaced(store_, hashes_, definitions_);
  names_ = find_dependents(store_, replaced_, definitions_);
  if (const Result<void> loaded = load_stored(); !loaded) return std::unexpected(loaded.error());
  if (const Result<void> listed = list_remakes(); !listed) return std::unexpected(listed.error());
  build();

  Issues errors(1);
  Issues warnings(0);
  std::vector<Checked> checked = check(draft_, errors, warnings);
  if (errors.count() != 0) {
    const Issue& issue = errors.listed().front();
    return std::unexpected(Error{
        Fault::Program, fmt::format("`{}` does not fit what it calls any more: {}",
                                    draft_.functions[issue.place.function].name, issue.message)});
  }
  Relinked relinked;
  relinked.functions.reserve(checked.size());
  for (Checked& each : checked) relinked.functions.push_back(std::move(*each.function));
  for (const Name& name : names_) {
    const auto remake = remake_by_name_.find(name.name);
    if (remake == remake_by_name_.end()) continue;
    relinked.dependents.push_back({name.name, name.hash, name.binding, remade(remake->second)});
  }
  return relinked;
}

}  // namespace

Result<Relinked> relink(Store& store, std::span<const Function> functions,
                        std::span<const Hash> hashes, std::span<const Definition> definitions) {
  return Relinker(store, functions, hashes, definitions).run();
}

Result<std::vector<std::string>> stale_names(Store& store, std::span<const Function> functions,
                                             std::span<const Hash> hashes,
                                             std::span<const Definition> definitions) {
  std::vector<std::string> names;
  const Result<Relinked> relinked = relink(store, functions, hashes, definitions);
  if (!relinked && relinked.error().fault != Fault::Program) {
    return std::unexpected(relinked.error());
  }
  if (relinked) {
    const std::vector<Hash> now = identify(relinked->functions);
    for (const Dependent& dependent : relinked->dependents) {
      if (now[dependent.function] != dependent.before) names.push_back(dependent.name);
    }
    return names;
  }
  const Replaced replaced = find_replaced(store, hashes, definitions);
  for (const Name& name : find_dependents(store, replaced, definitions)) names.push_back(name.name);
  if (const Result<void> fine = store.status(); !fine) return std::unexpected(fine.error());
  return names;
}

}  // namespace rosetta
