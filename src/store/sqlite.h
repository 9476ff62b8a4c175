// SQLite, as the store uses it. The one file that sees it is sqlite.cpp.
//
// The first failure on a database is kept; until it is taken, every query does nothing and gives no
// rows. So a function that makes many queries asks once, at its end, whether all went well.
// One thread at a time; several processes may have one file open.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/hash.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rosetta {

class Database;

// One use of a prepared statement. Parameters are bound in their order; columns count from 0.
class Query {
 public:
  ~Query();
  Query(Query&& other) noexcept;
  Query(const Query&) = delete;

  Query& operator<<(std::int64_t value);
  Query& operator<<(std::string_view text);
  Query& operator<<(const Hash& hash);  // a blob
  Query& blob(std::string_view bytes);
  Query& null();

  // To the next row; false behind the last one, and after a failure.
  bool next();
  // Runs a statement that gives no rows.
  void run() { next(); }

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string bytes(int column) const;  // of a text or blob
  // A blob of 32 bytes; anything else is a failure.
  [[nodiscard]] Hash hash(int column) const;

 private:
  friend class Database;
  Query(Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}
  void bound(int result);

  Database* database_;
  sqlite3_stmt* statement_;  // null: after a failure
  int parameter_ = 0;
};

class Database {
 public:
  enum class Mode : std::uint8_t {
    Existing,  // to be read and written where it exists already; read alone where that is allowed
    Create,    // made where it is not there
    Frozen,    // read alone, from a place where nobody can write
  };
  // Called again and again while another process is waited for, `seconds` so far; false ends that.
  using Waiting = std::function<bool(double seconds)>;

  static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode,
                                                Waiting waiting);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` is one statement and lives as long as the database: it is prepared once. A statement is
  // in one use at a time.
  Query query(const char* sql);
  // Several statements, of which none has parameters or gives rows.
  void execute(const char* sql);

  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  // The failure so far, and none from now on.
  Result<void> take();
  void fail(Error error);
  [[nodiscard]] bool in_transaction() const;
  // How many rows the last statement changed.
  [[nodiscard]] std::int64_t changed() const;
  [[nodiscard]] std::int64_t last_row() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class Query;
  Database(std::string path, Waiting waiting)
      : path_(std::move(path)), waiting_(std::move(waiting)) {}
  void fail(int result);
  static int busy(void* self, int count);

  std::string path_;
  Waiting waiting_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::optional<Error> failure_;
  double waited_ = 0;  // seconds, in the wait that goes on
};

}  // namespace rosetta
