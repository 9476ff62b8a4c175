#include "store/names.h"

#include <fmt/format.h>

#include <utility>

namespace rosetta {
namespace {

Name read_name(Query& query) {
  return {query.bytes(0), query.hash(1), query.is_null(2) ? 0 : query.integer(2)};
}

std::vector<Name> read_names(Query& query) {
  std::vector<Name> found;
  while (query.next()) found.push_back(read_name(query));
  return found;
}

void put_optional(Query& query, const std::optional<Hash>& hash, BindingId binding) {
  if (hash) {
    query << *hash;
  } else {
    query.null();
  }
  if (binding != 0) {
    query << binding;
  } else {
    query.null();
  }
}

std::string as_bytes(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

std::vector<Move> moves_of(Store& store, std::int64_t change) {
  std::vector<Move> moves;
  Query query = store.database().query(
      "SELECT name, before, before_binding, after, after_binding FROM move WHERE change = ?1");
  query << change;
  while (query.next()) {
    Move& move = moves.emplace_back();
    move.name = query.bytes(0);
    if (!query.is_null(1)) move.before = query.hash(1);
    move.before_binding = query.is_null(2) ? 0 : query.integer(2);
    if (!query.is_null(3)) move.after = query.hash(3);
    move.after_binding = query.is_null(4) ? 0 : query.integer(4);
  }
  return moves;
}

HistoryEntry read_entry(Query& query) {
  HistoryEntry entry;
  entry.id = query.integer(0);
  entry.time = query.integer(1);
  entry.what = query.bytes(2);
  entry.undoes = query.is_null(3) ? 0 : query.integer(3);
  entry.undone_by = query.is_null(4) ? 0 : query.integer(4);
  return entry;
}

Hash digest_of(std::string_view record) {
  Hasher hasher("RosettaVM 2026-11-24 record of what was written");
  hasher.update(std::as_bytes(std::span(record)));
  return hasher.digest();
}

void mark_undone(Store& store, std::int64_t change, std::int64_t by) {
  Query query = store.database().query("UPDATE change SET undone_by = nullif(?2, 0) WHERE id = ?1");
  query << change << by;
  query.run();
}

// The change that this one takes back; 0 for none. Changes only take back earlier ones.
std::int64_t undone_by_it(Store& store, std::int64_t change) {
  Query query = store.database().query("SELECT undoes FROM change WHERE id = ?1 AND undoes < ?1");
  query << change;
  return query.next() ? query.integer(0) : 0;
}

// Whether a later change that stands moved the name.
bool moved_since(Store& store, const std::string& name, std::int64_t change) {
  Query query = store.database().query(
      "SELECT 1 FROM move JOIN change ON id = change WHERE name = ?1 AND id > ?2 AND undone_by IS "
      "NULL AND undoes IS NULL LIMIT 1");
  query << name << change;
  return query.next();
}

// Sets or removes a name.
void point(Store& store, const Move& move) {
  if (!move.after) {
    Query query = store.database().query("DELETE FROM name WHERE name = ?1");
    query << move.name;
    query.run();
    return;
  }
  Query query = store.database().query(
      "INSERT INTO name SELECT ?1, id, ?3 FROM object WHERE hash = ?2 ON CONFLICT(name) DO UPDATE "
      "SET object = excluded.object, binding = excluded.binding");
  query << move.name;
  put_optional(query, move.after, move.after_binding);
  query.run();
}

}  // namespace

std::optional<Name> find_name(Store& store, std::string_view name) {
  Query query = store.database().query(
      "SELECT name, hash, binding FROM name JOIN object ON id = object WHERE name = ?1");
  query << name;
  if (!query.next()) return std::nullopt;
  return read_name(query);
}

std::optional<Hash> moved_from(Store& store, std::string_view name, const Hash& hash) {
  Query query = store.database().query(
      "SELECT before FROM move WHERE name = ?1 AND after = ?2 AND before IS NOT NULL AND before <> "
      "?2 "
      "ORDER BY change DESC LIMIT 1");
  query << name << hash;
  if (!query.next()) return std::nullopt;
  return query.hash(0);
}

std::vector<Name> all_names(Store& store) {
  Query query = store.database().query(
      "SELECT name, hash, binding FROM name JOIN object ON id = object ORDER BY name");
  return read_names(query);
}

std::vector<std::string> names_like(Store& store, std::string_view name) {
  std::vector<std::string> found;
  const std::string_view first = name.substr(0, 1);
  for (const std::string_view begin : {first, std::string_view()}) {
    Query query = store.database().query(
        "SELECT name FROM name WHERE name >= ?1 AND name < ?1 || char(127) ORDER BY name LIMIT "
        "4096");
    query << begin;
    while (query.next()) found.push_back(query.bytes(0));
    if (!found.empty()) break;
  }
  return found;
}

std::vector<Name> names_of(Store& store, const Hash& hash) {
  Query query = store.database().query(
      "SELECT name, hash, binding FROM object JOIN name ON object = id WHERE hash = ?1 ORDER BY "
      "name");
  query << hash;
  return read_names(query);
}

BindingId last_binding(Store& store, const Hash& hash) {
  for (const Name& name : names_of(store, hash)) {
    if (name.binding != 0) return name.binding;
  }
  Query query = store.database().query(
      "SELECT after_binding FROM move WHERE after = ?1 AND after_binding IS NOT NULL ORDER BY "
      "change "
      "DESC LIMIT 1");
  query << hash;
  return query.next() ? query.integer(0) : 0;
}

BindingId binding_of(Store& store, const Hash& hash, const std::optional<Name>& name) {
  const bool known = name && name->hash == hash && name->binding != 0;
  return known ? name->binding : last_binding(store, hash);
}

BindingId put_binding(Store& store, const Binding& binding) {
  const std::string record = encode_binding(binding);
  const Hash digest = digest_of(record);
  {
    Query query = store.database().query(
        "INSERT INTO binding(digest, record) VALUES(?1, ?2) ON CONFLICT DO NOTHING");
    query << digest;
    query.blob(record);
    query.run();
  }
  if (store.database().changed() > 0) return store.database().last_row();
  Query query = store.database().query("SELECT id FROM binding WHERE digest = ?1");
  query << digest;
  return query.next() ? query.integer(0) : 0;
}

Result<std::optional<Binding>> get_binding(Store& store, BindingId id) {
  if (id == 0) return std::nullopt;
  Query query = store.database().query("SELECT digest, record FROM binding WHERE id = ?1");
  query << id;
  if (!query.next()) return std::nullopt;
  const std::string record = query.bytes(1);
  auto binding = decode_binding(record);
  if (query.bytes(0) == as_bytes(digest_of(record)) && binding) return std::move(*binding);
  return std::unexpected(
      Error{Fault::Machine,
            fmt::format("the store `{}` is damaged: the record {} of what was written has "
                        "another digest",
                        store.database().path(), id)});
}

std::int64_t begin_change(Store& store, const std::string& what, std::int64_t time,
                          std::int64_t undoes) {
  Query query = store.database().query(
      "INSERT INTO change(time, what, undoes) VALUES(?1, ?2, nullif(?3, 0))");
  query << time << what << undoes;
  query.run();
  return store.database().last_row();
}

void move_names(Store& store, std::int64_t change, std::vector<Move> moves) {
  for (Move& move : moves) {
    const std::optional<Name> now = find_name(store, move.name);
    move.before = now ? std::optional(now->hash) : std::nullopt;
    move.before_binding = now ? now->binding : 0;
    point(store, move);
    // A name that moves twice in one change has moved once.
    Query query = store.database().query(
        "INSERT INTO move VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET after = "
        "excluded.after, after_binding = excluded.after_binding");
    query << change << move.name;
    put_optional(query, move.before, move.before_binding);
    put_optional(query, move.after, move.after_binding);
    query.run();
  }
}

std::vector<HistoryEntry> history(Store& store, std::optional<std::string_view> name,
                                  std::int64_t most) {
  std::vector<HistoryEntry> entries;
  {
    Query query = store.database().query(
        name
            ? "SELECT id, time, what, undoes, undone_by FROM change JOIN move ON change = id WHERE "
              "name = ?2 ORDER BY id DESC LIMIT ?1"
            : "SELECT id, time, what, undoes, undone_by FROM change ORDER BY id DESC LIMIT ?1");
    query << most;
    if (name) query << *name;
    while (query.next()) entries.push_back(read_entry(query));
  }
  for (HistoryEntry& entry : entries) entry.moves = moves_of(store, entry.id);
  return entries;
}

Result<HistoryEntry> undo(Store& store, std::optional<std::int64_t> id, std::int64_t time) {
  const auto wrong = [](std::string message) {
    return std::unexpected(Error{Fault::Usage, std::move(message)});
  };
  std::optional<HistoryEntry> entry;
  {
    Query query = store.database().query(
        id ? "SELECT id, time, what, undoes, undone_by FROM change WHERE id = ?1"
           : "SELECT id, time, what, undoes, undone_by FROM change WHERE undone_by IS NULL AND "
             "undoes "
             "IS NULL ORDER BY id DESC LIMIT 1");
    if (id) query << *id;
    if (query.next()) entry = read_entry(query);
  }
  if (const Result<void> fine = store.status(); !fine) return std::unexpected(fine.error());
  if (!entry) {
    return wrong(id ? fmt::format("there is no change {}: `store log` lists them", *id)
                    : "there is no change to take back");
  }
  if (entry->undone_by != 0) {
    return wrong(
        fmt::format("change {} was taken back already, by change {}", entry->id, entry->undone_by));
  }
  std::vector<Move> back;
  for (const Move& move : moves_of(store, entry->id)) {
    const std::optional<Name> now = find_name(store, move.name);
    const bool same = now ? now->hash == move.after && now->binding == move.after_binding
                          : !move.after.has_value();
    if (!same || moved_since(store, move.name, entry->id)) {
      return wrong(
          fmt::format("change {} cannot be taken back: `{}` was moved again since, see "
                      "`store log {}`",
                      entry->id, move.name, move.name));
    }
    if (move.before && !store.has(*move.before)) {
      return wrong(
          fmt::format("change {} cannot be taken back: `{}` was #{}, which is no longer in "
                      "the store",
                      entry->id, move.name, to_hex(*move.before)));
    }
    back.push_back({.name = move.name, .after = move.before, .after_binding = move.before_binding});
  }
  const std::int64_t by = begin_change(store, fmt::format("undo {}", entry->id), time, entry->id);
  move_names(store, by, std::move(back));
  // What it took back stands again, and if that was an undo, what that took back does not; and so
  // on.
  mark_undone(store, entry->id, by);
  bool stands = true;
  for (std::int64_t last = entry->id, change = entry->undoes; change != 0;) {
    mark_undone(store, change, stands ? 0 : last);
    stands = !stands;
    last = change;
    change = undone_by_it(store, change);
  }
  const std::vector<HistoryEntry> newest = history(store, std::nullopt, 1);
  if (const Result<void> fine = store.status(); !fine) return std::unexpected(fine.error());
  return newest.front();
}

}  // namespace rosetta
