#include "store/store.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <unordered_set>

#include "code/object.h"
#include "store/schema.h"

namespace rosetta {
namespace {

// The byte that tells an object's kind, where SQL counts from 1.
constexpr char kFindFunctions[] =
    "SELECT hash FROM object WHERE hash BETWEEN ?1 AND ?2 AND substr(bytes, 4, 1) <> x'01' LIMIT "
    "?3";

constexpr std::int64_t kMostCandidates = 10;

// The first column of all rows.
std::vector<Hash> all_hashes(Query& query) {
  std::vector<Hash> found;
  while (query.next()) found.push_back(query.hash(0));
  return found;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path, Mode mode, Waiting waiting) {
  auto database = Database::open(path, mode, std::move(waiting));
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<Store> store(new Store(std::move(*database)));
  const Result<void> prepared = store->prepare(mode);
  if (!prepared) return std::unexpected(prepared.error());
  return store;
}

// Looks whether the file is a store, and makes it one where it is empty. Several processes may be
// doing the same: what is decided is decided with the file locked.
Result<void> Store::prepare(Mode mode) {
  Database& database = *database_;
  const auto number = [&](const char* sql) {
    Query query = database.query(sql);
    return query.next() ? query.integer(0) : 0;
  };
  const auto wrong = [&](std::string message) {
    return std::unexpected(Error{Fault::Machine, std::move(message)});
  };
  // Whether it is a store; an error where it is something else.
  const auto look = [&]() -> Result<bool> {
    const std::int64_t application = number("PRAGMA application_id");
    const std::int64_t version = number("PRAGMA user_version");
    const std::int64_t tables = number("SELECT count(*) FROM sqlite_schema");
    if (Result<void> fine = database.take(); !fine) return std::unexpected(fine.error());
    if (application == kApplicationId && version == kSchemaVersion) return true;
    if (application == kApplicationId) {
      return wrong(fmt::format("the store `{}` has version {} of its tables; this program knows {}",
                               database.path(), version, kSchemaVersion));
    }
    if (application == 0 && tables == 0) return false;
    return wrong(fmt::format("`{}` is a database, but not a store of RosettaVM", database.path()));
  };
  if (mode != Mode::Create) {
    Result<bool> is_store{false};
    {
      Transaction transaction(*this, Transaction::Kind::Read);
      is_store = look();
    }
    if (!is_store) return std::unexpected(is_store.error());
    if (*is_store) return {};
    return wrong(fmt::format("`{}` is empty, not a store of RosettaVM", database.path()));
  }
  {
    Transaction transaction(*this, Transaction::Kind::Read);
    const Result<bool> is_store = look();
    if (!is_store) return std::unexpected(is_store.error());
    if (*is_store) return {};
  }
  {
    Transaction transaction(*this, Transaction::Kind::Write);
    const Result<bool> is_store = look();
    if (!is_store) return std::unexpected(is_store.error());
    if (*is_store) return {};
    database.execute(kSchema);
    database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                 kApplicationId, kSchemaVersion)
                         .c_str());
    if (const Result<void> made = transaction.commit(); !made) return made;
  }
  // Readers and a writer at once. Where others are at it, one of them gets through in the end; the
  // store is as sound without.
  constexpr int kMostTries = 100;
  for (int i = 0; i < kMostTries; ++i) {
    database.execute("PRAGMA journal_mode = WAL");
    if (database.take()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

Result<std::optional<std::string>> Store::find(const Hash& hash) {
  std::optional<std::string> bytes;
  {
    Query query = database_->query("SELECT bytes FROM object WHERE hash = ?1");
    query << hash;
    if (query.next()) bytes = query.bytes(0);
  }
  const Result<void> fine = database_->take();
  if (!fine) return std::unexpected(fine.error());
  return bytes;
}

Result<Hash> Store::resolve(std::string_view digits) {
  const HashRange range = hash_range(digits);
  std::vector<Hash> found;
  {
    Query query = database_->query(kFindFunctions);
    query << range.first << range.last << kMostCandidates + 1;
    while (query.next()) found.push_back(query.hash(0));
  }
  std::string candidates;
  for (std::size_t i = 0; found.size() > 1 && i < found.size(); ++i) {
    if (i == static_cast<std::size_t>(kMostCandidates)) {
      candidates += "\n  …";
      break;
    }
    candidates += fmt::format("\n  #{}", to_hex(found[i]));
    Query names = database_->query(
        "SELECT name FROM name WHERE object = (SELECT id FROM object WHERE hash = ?1) LIMIT 3");
    names << found[i];
    while (names.next()) candidates += "  " + names.bytes(0);
  }
  const Result<void> fine = database_->take();
  if (!fine) return std::unexpected(fine.error());
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return std::unexpected(
        Error{Fault::Program, fmt::format("the store has no function #{}{}", digits,
                                          digits.size() < kHashDigits ? "…" : "")});
  }
  return std::unexpected(
      Error{Fault::Program,
            fmt::format("#{} begins the hashes of several functions:{}", digits, candidates)});
}

bool Store::put(const Hash& hash, std::string_view bytes) {
  Query query = database_->query(
      "INSERT INTO object(hash, bytes, component) VALUES(?1, ?2, (SELECT id FROM object WHERE hash "
      "= ?3)) ON CONFLICT(hash) DO UPDATE SET bytes = excluded.bytes, component = "
      "excluded.component WHERE bytes <> excluded.bytes OR component IS NOT excluded.component");
  query << hash;
  query.blob(bytes);
  // A member's component stands behind its tag; anything else has none, whatever stands there.
  if (kind_of(bytes) == ObjectKind::Member) {
    query.blob(bytes.substr(5, sizeof hash.bytes));
  } else {
    query.null();
  }
  query.run();
  return database_->changed() > 0;
}

void Store::put_calls(const Hash& caller, std::span<const Hash> callees) {
  for (const Hash& callee : callees) {
    Query query = database_->query(
        "INSERT INTO call SELECT a.id, b.id FROM object a, object b WHERE a.hash = ?1 AND b.hash = "
        "?2 ON CONFLICT DO NOTHING");
    query << caller << callee;
    query.run();
  }
}

bool Store::has(const Hash& hash) {
  Query query = database_->query("SELECT 1 FROM object WHERE hash = ?1");
  query << hash;
  return query.next();
}

std::vector<Hash> Store::callees(const Hash& hash) {
  Query query = database_->query(
      "SELECT b.hash FROM object a JOIN call ON caller = a.id JOIN object b ON b.id = callee WHERE "
      "a.hash = ?1 ORDER BY b.hash");
  query << hash;
  return all_hashes(query);
}

std::vector<Hash> Store::callers(const Hash& hash) {
  Query query = database_->query(
      "SELECT a.hash FROM object b JOIN call ON callee = b.id JOIN object a ON a.id = caller WHERE "
      "b.hash = ?1 ORDER BY a.hash");
  query << hash;
  return all_hashes(query);
}

std::vector<Hash> Store::all_callers(std::span<const Hash> from) {
  std::vector<Hash> found(from.begin(), from.end());
  std::unordered_set<Hash> seen;
  std::vector<Hash> result;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const Hash& caller : callers(found[i])) {
      if (!seen.insert(caller).second) continue;
      found.push_back(caller);
      result.push_back(caller);
    }
  }
  return result;
}

std::vector<Hash> Store::all_functions() {
  Query query =
      database_->query("SELECT hash FROM object WHERE substr(bytes, 4, 1) <> x'01' ORDER BY hash");
  return all_hashes(query);
}

void Store::pin(const Hash& hash) {
  Query query = database_->query(
      "INSERT INTO pin SELECT id FROM object WHERE hash = ?1 ON CONFLICT DO NOTHING");
  query << hash;
  query.run();
}

bool Store::unpin(const Hash& hash) {
  Query query =
      database_->query("DELETE FROM pin WHERE object = (SELECT id FROM object WHERE hash = ?1)");
  query << hash;
  query.run();
  return database_->changed() > 0;
}

std::vector<Hash> Store::pins() {
  Query query =
      database_->query("SELECT hash FROM pin JOIN object ON id = pin.object ORDER BY hash");
  return all_hashes(query);
}

std::optional<std::string> Store::cached_value(Cache cache, const Hash& key) {
  Query query = database_->query("SELECT value FROM cache WHERE kind = ?1 AND key = ?2");
  query << static_cast<std::int64_t>(cache) << key;
  if (!query.next()) return std::nullopt;
  return query.bytes(0);
}

void Store::put_cached(Cache cache, const Hash& key, std::string_view value) {
  Query query = database_->query("INSERT OR REPLACE INTO cache VALUES(?1, ?2, ?3)");
  (query << static_cast<std::int64_t>(cache) << key).blob(value);
  query.run();
}

Transaction::Transaction(Store& store, Kind kind) : store_(store) {
  if (store_.database().in_transaction()) return;
  // Pages that a large change touches again and again would else be written again and again.
  if (kind == Kind::Write) store_.database().execute("PRAGMA cache_size = -65536");
  store_.database().execute(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN");
  open_ = !store_.database().failed();
}

Transaction::~Transaction() {
  if (!open_) return;
  // A failure of what was done is nobody's business any more.
  const Result<void> done = store_.database().take();
  store_.database().execute("ROLLBACK");
  const Result<void> back = store_.database().take();
}

Result<void> Transaction::commit() {
  if (open_) store_.database().execute("COMMIT");
  Result<void> done = store_.database().take();
  if (done) open_ = false;
  return done;
}

}  // namespace rosetta
