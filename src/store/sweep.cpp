#include "store/sweep.h"

#include <unordered_set>

#include "code/identity.h"
#include "code/object.h"
#include "store/names.h"

namespace rosetta {
namespace {

// The records that no name has, and no change of names between functions that are kept.
std::vector<BindingId> unused_bindings(Store& store, const std::unordered_set<Hash>& kept) {
  std::unordered_set<BindingId> used;
  {
    Query names = store.database().query("SELECT binding FROM name WHERE binding IS NOT NULL");
    while (names.next()) used.insert(names.integer(0));
    Query moves = store.database().query(
        "SELECT before, before_binding FROM move WHERE before_binding IS NOT NULL UNION SELECT "
        "after, after_binding FROM move WHERE after_binding IS NOT NULL");
    while (moves.next()) {
      if (kept.contains(moves.hash(0))) used.insert(moves.integer(1));
    }
  }
  std::vector<BindingId> unused;
  Query all = store.database().query("SELECT id FROM binding ORDER BY id");
  while (all.next()) {
    if (!used.contains(all.integer(0))) unused.push_back(all.integer(0));
  }
  return unused;
}

std::uint64_t count(Store& store, const char* sql) {
  Query query = store.database().query(sql);
  return query.next() ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

}  // namespace

Result<Sweep> plan_sweep(Store& store) {
  std::vector<Hash> roots = store.pins();
  for (const Name& name : all_names(store)) roots.push_back(name.hash);
  const Result<Loaded> loaded = load(roots, store);
  if (!loaded) return std::unexpected(loaded.error());
  std::unordered_set<Hash> kept;
  identify(loaded->functions, [&](const Hash& hash, std::string_view) { kept.insert(hash); });
  Sweep plan;
  {
    Query query = store.database().query(
        "SELECT hash, length(bytes), substr(bytes, 4, 1) = x'01' FROM object ORDER BY hash");
    while (query.next()) {
      const Hash hash = query.hash(0);
      if (kept.contains(hash)) continue;
      plan.objects.push_back(hash);
      plan.object_bytes += static_cast<std::uint64_t>(query.integer(1));
      if (query.integer(2) == 0) plan.functions.push_back(hash);
    }
  }
  plan.bindings = unused_bindings(store, kept);
  plan.cached = count(store, "SELECT count(*) FROM cache");
  if (const Result<void> fine = store.status(); !fine) return std::unexpected(fine.error());
  return plan;
}

void sweep(Store& store, const Sweep& plan) {
  Database& database = store.database();
  for (const Hash& hash : plan.objects) {
    {
      Query calls =
          database.query("DELETE FROM call WHERE caller = (SELECT id FROM object WHERE hash = ?1)");
      calls << hash;
      calls.run();
    }
    Query object = database.query("DELETE FROM object WHERE hash = ?1");
    object << hash;
    object.run();
  }
  for (const BindingId binding : plan.bindings) {
    for (const char* const sql : {"UPDATE move SET before_binding = NULL WHERE before_binding = ?1",
                                  "UPDATE move SET after_binding = NULL WHERE after_binding = ?1",
                                  "DELETE FROM binding WHERE id = ?1"}) {
      Query query = database.query(sql);
      query << binding;
      query.run();
    }
  }
  database.execute("DELETE FROM cache");
}

}  // namespace rosetta
