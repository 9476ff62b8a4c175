// The names of the store and their history.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <limits>
#include <set>

#include "app/json.h"
#include "app/program.h"
#include "base/wording.h"
#include "store/names.h"
#include "text/lexer.h"

namespace rosetta {
namespace {

void say_name(std::string_view name, const Hash& hash, const Common& common) {
  const std::string text = common.json ? line({{"hash", to_hex(hash)}, {"name", std::string(name)}})
                                       : fmt::format("{}  {}\n", to_hex(hash), printable(name));
  std::fputs(text.c_str(), stdout);
}

constexpr std::uint64_t kMostChanges = std::numeric_limits<std::int64_t>::max();

std::string point(const std::optional<Hash>& hash) {
  return hash ? "#" + to_short_hex(*hash) : "nothing";
}

std::string utc(std::int64_t time) {
  constexpr std::int64_t kLatest = 253'402'300'799;  // 9999-12-31 23:59:59
  if (time < 0 || time > kLatest) return fmt::format("second {}", time);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(time)));
}

Json optional_json(const std::optional<Hash>& hash) {
  return hash ? Json(to_hex(*hash)) : Json(nullptr);
}

void say_entry(const HistoryEntry& entry, const Common& common) {
  if (common.json) {
    Json json{{"change", entry.id}, {"time", entry.time}, {"what", entry.what}};
    json["undoes"] = entry.undoes == 0 ? Json(nullptr) : Json(entry.undoes);
    json["undone_by"] = entry.undone_by == 0 ? Json(nullptr) : Json(entry.undone_by);
    json["moves"] = Json::array();
    for (const Move& move : entry.moves) {
      json["moves"].push_back({{"name", move.name},
                               {"before", optional_json(move.before)},
                               {"after", optional_json(move.after)}});
    }
    std::fputs(line(json).c_str(), stdout);
    return;
  }
  std::string text = fmt::format("{:>4}  {}  {}", entry.id, utc(entry.time), printable(entry.what));
  if (entry.undone_by != 0) text += fmt::format("  (taken back by {})", entry.undone_by);
  text += '\n';
  for (const Move& move : entry.moves) {
    text += move.before == move.after ? fmt::format("      {}: {}, written anew\n",
                                                    printable(move.name), point(move.after))
                                      : fmt::format("      {}: {} → {}\n", printable(move.name),
                                                    point(move.before), point(move.after));
  }
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int store_names(const StoreNamesOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> store = open.get();
  if (!store) return fail(store.error(), common);
  const std::vector<Name> names = all_names(**store);
  if (const Result<void> fine = (*store)->status(); !fine) return fail(fine.error(), common);
  for (const Name& name : names) {
    if (name.name.starts_with(options.prefix)) say_name(name.name, name.hash, common);
  }
  return kFine;
}

int store_rename(const StoreRenameOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> opened = open.get();
  if (!opened) return fail(opened.error(), common);
  Store& store = **opened;
  if (!is_name(options.to)) {
    return fail(
        {Fault::Usage, fmt::format("`{}` is no name: letters, digits, `_` and `.`, a letter "
                                   "or `_` first",
                                   printable(options.to))},
        common);
  }
  Transaction transaction(store, Transaction::Kind::Write);
  const Result<Target> target = find_target(store, options.from);
  if (!target) return fail(target.error(), common);
  if (target->name && target->name->name == options.to) {
    return fail({Fault::Usage, fmt::format("`{}` is its name already", options.to)}, common);
  }
  if (const std::optional<Name> taken = find_name(store, options.to)) {
    return fail(
        {Fault::Usage, fmt::format("`{}` is a name already, of #{}; `store forget {}` frees "
                                   "it",
                                   options.to, to_short_hex(taken->hash), options.to)},
        common);
  }
  std::vector<Move> moves;
  if (target->name) moves.push_back({.name = target->name->name});
  moves.push_back({.name = options.to,
                   .before = {},
                   .after = target->hash,
                   .after_binding = binding_of(store, target->hash, target->name)});
  const std::string what = fmt::format("rename {} {}", options.from, options.to);
  move_names(store, begin_change(store, what, std::time(nullptr)), std::move(moves));
  if (const Result<void> done = transaction.commit(); !done) return fail(done.error(), common);
  say_name(options.to, target->hash, common);
  return kFine;
}

int store_forget(const StoreTargetOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> opened = open.get();
  if (!opened) return fail(opened.error(), common);
  Store& store = **opened;
  Transaction transaction(store, Transaction::Kind::Write);
  std::vector<Move> moves;
  std::vector<Name> names;
  std::set<std::string> seen;
  std::string what = "forget";
  for (const std::string& word : options.targets) {
    if (word.starts_with('#')) {
      return fail(
          {Fault::Usage,
           fmt::format("`forget` takes names, and `{}` is a hash; `store pin --remove` lets "
                       "go of one that is pinned",
                       printable(word))},
          common);
    }
    const Result<Target> target = find_target(store, word);
    if (!target) return fail(target.error(), common);
    if (!seen.insert(word).second) continue;
    names.push_back(*target->name);
    moves.push_back({.name = word});
    what += " " + word;
  }
  move_names(store, begin_change(store, what, std::time(nullptr)), std::move(moves));
  if (const Result<void> done = transaction.commit(); !done) return fail(done.error(), common);
  for (const Name& name : names) say_name(name.name, name.hash, common);
  return kFine;
}

int store_log(const StoreLogOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> store = open.get();
  if (!store) return fail(store.error(), common);
  const Transaction transaction(**store, Transaction::Kind::Read);
  const std::vector<HistoryEntry> entries = history(
      **store, options.name, static_cast<std::int64_t>(std::min(options.most, kMostChanges)));
  if (const Result<void> fine = (*store)->status(); !fine) return fail(fine.error(), common);
  for (HistoryEntry entry : entries) {
    if (options.name) {
      std::erase_if(entry.moves, [&](const Move& move) { return move.name != *options.name; });
    }
    say_entry(entry, common);
  }
  return kFine;
}

int store_undo(const StoreUndoOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> store = open.get();
  if (!store) return fail(store.error(), common);
  Transaction transaction(**store, Transaction::Kind::Write);
  if (options.change && *options.change > kMostChanges) {
    return fail({Fault::Usage, fmt::format("there is no change {}", *options.change)}, common);
  }
  std::optional<std::int64_t> change;
  if (options.change) change = static_cast<std::int64_t>(*options.change);
  const Result<HistoryEntry> entry = undo(**store, change, std::time(nullptr));
  if (!entry) return fail(entry.error(), common);
  if (const Result<void> done = transaction.commit(); !done) return fail(done.error(), common);
  say_entry(*entry, common);
  return kFine;
}

}  // namespace rosetta
