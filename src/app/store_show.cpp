// Single functions of the store: what was written, what they call, who calls them, which are
// pinned.
#include <fmt/format.h>

#include <cstdio>
#include <unordered_set>

#include "app/json.h"
#include "app/program.h"
#include "app/written.h"
#include "base/wording.h"
#include "store/names.h"
#include "text/print.h"

namespace rosetta {
namespace {

std::vector<std::string> name_list(Store& store, const Hash& hash) {
  std::vector<std::string> names;
  for (Name& name : names_of(store, hash)) names.push_back(std::move(name.name));
  return names;
}

void say_function(Store& store, const Hash& hash, const Common& common) {
  const std::vector<std::string> names = name_list(store, hash);
  if (common.json) {
    std::fputs(line({{"hash", to_hex(hash)}, {"names", names}}).c_str(), stdout);
    return;
  }
  std::string text = to_hex(hash);
  for (const std::string& name : names) text += "  " + printable(name);
  std::fputs((text + "\n").c_str(), stdout);
}

Json types_json(std::span<const Type> types) {
  Json json = Json::array();
  for (const Type type : types) json.push_back(std::string(name(type)));
  return json;
}

// The writer's own text, of the function that was asked for; where there is none, what `show` says.
Result<void> show_one(Store& store, const Target& target, const Common& common, bool first) {
  Result<Loaded> loaded = load({&target.hash, 1}, store);
  if (!loaded) return std::unexpected(loaded.error());
  std::vector<FunctionNames> module;
  for (const Hash& hash : loaded->hashes) module.push_back({.name = "#" + to_hex(hash)});
  const Function& function = loaded->functions[loaded->numbers.at(target.hash)];
  FunctionNames names = stored_names(store, target.hash, target.name);
  if (names.name.starts_with('#')) names.name = made_up_name(names.name);
  const Result<std::optional<Binding>> record =
      get_binding(store, binding_of(store, target.hash, target.name));
  if (!record) return std::unexpected(record.error());
  const std::optional<Binding>& binding = *record;
  const std::uint32_t number = loaded->numbers.at(target.hash);
  const bool written = binding && !binding->text.empty() && defines(*binding, *loaded, number);
  if (binding && !binding->text.empty() && !written) {
    std::fputs("rosettavm: the store has a text for it that is not its text; this is its code\n",
               stderr);
  }
  const std::string text =
      written ? binding->text : print(function, names, module, Style::Readable);
  if (common.json) {
    std::fputs(line({{"hash", to_hex(target.hash)},
                     {"names", name_list(store, target.hash)},
                     {"params", types_json(function.params())},
                     {"results", types_json(function.results())},
                     {"as_written", written},
                     {"text", text}})
                   .c_str(),
               stdout);
  } else {
    put_text(first ? text : "\n" + text);
  }
  return store.status();
}

enum class Direction : std::uint8_t { Callees, Callers };

int relations(const StoreTargetOptions& options, const Common& common, Direction direction) {
  OpenStore open(common);
  const Result<Store*> opened = open.get();
  if (!opened) return fail(opened.error(), common);
  Store& store = **opened;
  const Transaction transaction(store, Transaction::Kind::Read);
  std::vector<Hash> pending;
  for (const std::string& word : options.targets) {
    const Result<Target> target = find_target(store, word);
    if (!target) return fail(target.error(), common);
    pending.push_back(target->hash);
  }
  std::unordered_set<Hash> seen;
  std::vector<Hash> found;
  for (std::size_t i = 0, own = pending.size(); i < (options.all ? pending.size() : own); ++i) {
    const Hash hash = pending[i];
    for (const Hash& next :
         direction == Direction::Callees ? store.callees(hash) : store.callers(hash)) {
      if (!seen.insert(next).second) continue;
      found.push_back(next);
      pending.push_back(next);
    }
  }
  if (const Result<void> fine = store.status(); !fine) return fail(fine.error(), common);
  for (const Hash& hash : found) say_function(store, hash, common);
  if (const Result<void> fine = store.status(); !fine) return fail(fine.error(), common);
  return kFine;
}

}  // namespace

int store_show(const StoreTargetOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> store = open.get();
  if (!store) return fail(store.error(), common);
  const Transaction transaction(**store, Transaction::Kind::Read);
  int status = kFine;
  bool first = true;
  for (const std::string& word : options.targets) {
    const Result<Target> target = find_target(**store, word);
    const Result<void> shown =
        target ? show_one(**store, *target, common, first) : std::unexpected(target.error());
    first = first && !shown;
    if (!shown) status = fail(shown.error(), common);
  }
  return status;
}

int store_deps(const StoreTargetOptions& options, const Common& common) {
  return relations(options, common, Direction::Callees);
}

int store_dependents(const StoreTargetOptions& options, const Common& common) {
  return relations(options, common, Direction::Callers);
}

int store_pin(const StoreTargetOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> opened = open.get();
  if (!opened) return fail(opened.error(), common);
  Store& store = **opened;
  if (options.targets.empty()) {
    for (const Hash& hash : store.pins()) say_function(store, hash, common);
    const Result<void> fine = store.status();
    return fine ? kFine : fail(fine.error(), common);
  }
  Transaction transaction(store, Transaction::Kind::Write);
  std::vector<Hash> hashes;
  for (const std::string& word : options.targets) {
    const Result<Target> target = find_target(store, word);
    if (!target) return fail(target.error(), common);
    hashes.push_back(target->hash);
    if (!options.remove) {
      store.pin(target->hash);
    } else if (!store.unpin(target->hash)) {
      return fail({Fault::Usage, fmt::format("`{}` is not pinned", printable(word))}, common);
    }
  }
  if (const Result<void> done = transaction.commit(); !done) return fail(done.error(), common);
  for (const Hash& hash : hashes) say_function(store, hash, common);
  return kFine;
}

}  // namespace rosetta
