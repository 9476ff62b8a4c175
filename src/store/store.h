// The store: one SQLite file with objects by hash, names that point to functions, the history of
// the names, who calls whom, and caches. docs/store.md describes the file.
//
// What is read from it is not to be trusted: bytes are verified by whoever loads them
// (check/load.h) and everything else is checked against them by verify(). One thread at a time;
// other processes may use the file, each transaction sees and leaves a whole state.
//
// Functions that take a Store give nothing back where the database fails; the failure waits in the
// database and comes out of Transaction::commit() or Store::status().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "check/load.h"
#include "store/sqlite.h"

namespace rosetta {

class Store final : public Objects {
 public:
  using Mode = Database::Mode;
  using Waiting = Database::Waiting;

  // Makes the file and its tables where the mode says so; folders are the caller's.
  static Result<std::unique_ptr<Store>> open(const std::string& path, Mode mode, Waiting waiting);

  Result<std::optional<std::string>> find(const Hash& hash) override;
  // The one function whose hash begins with these digits; the error names the candidates.
  Result<Hash> resolve(std::string_view digits);

  // Whether it was not there before, or was there damaged. The bytes are those of the hash.
  bool put(const Hash& hash, std::string_view bytes);
  // Which functions a function calls; all are in the store.
  void put_calls(const Hash& caller, std::span<const Hash> callees);
  bool has(const Hash& hash);
  std::vector<Hash> callees(const Hash& hash);  // each once, in the order of their hashes
  std::vector<Hash> callers(const Hash& hash);
  // Everything that reaches one of `from` by calls, those themselves not unless a cycle leads back.
  std::vector<Hash> all_callers(std::span<const Hash> from);
  std::vector<Hash> all_functions();  // in the order of their hashes

  void pin(const Hash& hash);
  bool unpin(const Hash& hash);  // whether it was
  std::vector<Hash> pins();

  // The cache of one kind of answers. Keys say all that an answer depends on.
  enum class Cache : std::uint8_t { PassedCheck = 1, Outcome = 2 };
  bool cached(Cache cache, const Hash& key) { return cached_value(cache, key).has_value(); }
  std::optional<std::string> cached_value(Cache cache, const Hash& key);
  void put_cached(Cache cache, const Hash& key, std::string_view value = "");

  Database& database() { return *database_; }
  // The failure that waits in the database, if any.
  Result<void> status() { return database_->take(); }

 private:
  explicit Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}
  Result<void> prepare(Mode mode);

  std::unique_ptr<Database> database_;
};

// All or nothing: what is not committed when it ends never was. A reading one sees one state.
// Inside another one it is that other's business.
class Transaction {
 public:
  enum class Kind : std::uint8_t { Read, Write };

  Transaction(Store& store, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Result<void> commit();

 private:
  Store& store_;
  bool open_ = false;
};

}  // namespace rosetta
