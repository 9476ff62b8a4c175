// One draft with three kinds of functions: the file's; stored ones as they are; and a remade copy
// of each stored one that is a dependent. Only the callees are chosen anew, then the checker and
// identify() see the whole at once, cycles and all.
#include "store/relink.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

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
    const std::optional<Name> now = find_name(store, definition.name);
    if (!now || now->hash == hashes[definition.function]) continue;
    replaced.by[now->hash].push_back({definition.name, definition.function});
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

class Relinker {
 public:
  Relinker(Store& store, std::span<const Function> functions, std::span<const Hash> hashes,
           std::span<const Definition> definitions)
      : store_(store), functions_(functions), hashes_(hashes), definitions_(definitions) {}

  Result<Relinked> run();

 private:
  Result<void> load_stored();
  void find_remade();
  void build();
  // Where a dependent's call of `callee`, written as `name`, goes now.
  std::uint32_t target(const Hash& callee, std::string_view name) const;

  Store& store_;
  std::span<const Function> functions_;
  std::span<const Hash> hashes_;
  std::span<const Definition> definitions_;

  Replaced replaced_;
  std::vector<Name> names_;  // the dependents'
  Loaded stored_;
  std::vector<bool> reaches_;  // by stored function: a replaced one
  Draft draft_;
  std::vector<std::uint32_t> kept_;    // by stored function: as it is, in the draft
  std::vector<std::uint32_t> remade_;  // and made anew, where it is
};

constexpr std::uint32_t kNone = 0xffff'ffff;

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

// Backwards from the replaced functions along the calls.
void Relinker::find_remade() {
  const auto size = static_cast<std::uint32_t>(stored_.functions.size());
  std::vector<std::vector<std::uint32_t>> callers(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    for (const std::uint32_t callee : stored_.functions[i].callees()) callers[callee].push_back(i);
  }
  reaches_.assign(size, false);
  std::vector<std::uint32_t> pending;
  for (std::uint32_t i = 0; i < size; ++i) {
    if (replaced_.by.contains(stored_.hashes[i])) pending.push_back(i);
  }
  while (!pending.empty()) {
    const std::uint32_t callee = pending.back();
    pending.pop_back();
    for (const std::uint32_t caller : callers[callee]) {
      if (reaches_[caller]) continue;
      reaches_[caller] = true;
      pending.push_back(caller);
    }
  }
}

std::uint32_t Relinker::target(const Hash& callee, std::string_view name) const {
  const std::uint32_t stored = stored_.numbers.at(callee);
  const auto replaced = replaced_.by.find(callee);
  if (replaced == replaced_.by.end()) {
    return remade_[stored] == kNone ? kept_[stored] : remade_[stored];
  }
  const std::vector<Replaced::By>& by = replaced->second;
  for (const Replaced::By& each : by) {
    if (each.name == name) return each.function;
  }
  const bool one = std::ranges::all_of(by, [&](const Replaced::By& each) {
    return hashes_[each.function] == hashes_[by[0].function];
  });
  if (replaced_.still_named.contains(callee) || !one) return kept_[stored];
  return by.front().function;
}

void Relinker::build() {
  const auto stored = static_cast<std::uint32_t>(stored_.functions.size());
  const auto file = static_cast<std::uint32_t>(definitions_.size());
  std::uint32_t next = file;
  for (std::uint32_t i = 0; i < stored; ++i) kept_.push_back(next++);
  for (std::uint32_t i = 0; i < stored; ++i) {
    const bool remake = reaches_[i] && !replaced_.by.contains(stored_.hashes[i]);
    remade_.push_back(remake ? next++ : kNone);
  }
  std::unordered_map<Hash, std::string> named;
  for (const Name& name : names_) named.emplace(name.hash, name.name);
  std::vector<std::uint32_t> callees;
  for (std::uint32_t i = 0; i < file; ++i) {
    callees.clear();
    for (const std::uint32_t callee : functions_[i].callees()) {
      callees.push_back(callee < file ? callee : kept_[stored_.numbers.at(hashes_[callee])]);
    }
    draft_.functions.push_back(draft_of(functions_[i].parts(), callees));
  }
  for (std::uint32_t i = 0; i < stored; ++i) {
    callees.clear();
    for (const std::uint32_t callee : stored_.functions[i].callees()) {
      callees.push_back(kept_[callee]);
    }
    draft_.functions.push_back(draft_of(stored_.functions[i].parts(), callees));
  }
  for (std::uint32_t i = 0; i < stored; ++i) {
    if (remade_[i] == kNone) continue;
    // What its writer called its callees, where the store still knows.
    const auto record = get_binding(store_, last_binding(store_, stored_.hashes[i]));
    if (!record) return store_.database().fail(record.error());
    const std::span<const std::uint32_t> sites = stored_.functions[i].callees();
    callees.clear();
    for (std::size_t site = 0; site < sites.size(); ++site) {
      const bool known = *record && site < (*record)->callees.size();
      callees.push_back(target(stored_.hashes[sites[site]],
                               known ? std::string_view((*record)->callees[site]) : ""));
    }
    draft_.functions.push_back(draft_of(stored_.functions[i].parts(), callees));
  }
  for (const Definition& definition : definitions_) {
    draft_.functions[definition.function].name = definition.name;
  }
  for (std::uint32_t i = 0; i < stored; ++i) {
    const auto found = named.find(stored_.hashes[i]);
    const std::string name =
        found != named.end() ? found->second : "#" + to_short_hex(stored_.hashes[i]);
    draft_.functions[kept_[i]].name = name;
    if (remade_[i] != kNone) draft_.functions[remade_[i]].name = name;
  }
}

Result<Relinked> Relinker::run() {
  replaced_ = find_replaced(store_, hashes_, definitions_);
  names_ = find_dependents(store_, replaced_, definitions_);
  if (const Result<void> loaded = load_stored(); !loaded) return std::unexpected(loaded.error());
  find_remade();
  build();
  if (const Result<void> fine = store_.status(); !fine) return std::unexpected(fine.error());

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
    const std::uint32_t stored = stored_.numbers.at(name.hash);
    if (remade_[stored] == kNone) continue;
    relinked.dependents.push_back({name.name, name.hash, name.binding, remade_[stored]});
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
