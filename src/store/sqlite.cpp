#include "store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace rosetta {
namespace {

std::string what_failed(const std::string& path, int result, sqlite3* handle) {
  const char* const detail = handle == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(handle);
  const int system = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  const std::string because =
      system == 0 ? std::string(detail) : fmt::format("{} ({})", detail, std::strerror(system));
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format("the store `{}` is in use by another process, which did not finish", path);
    case SQLITE_NOTADB: return fmt::format("`{}` is not a store of RosettaVM", path);
    case SQLITE_CORRUPT:
      return fmt::format("the store `{}` is damaged: {}; `store verify` says what is left of it",
                         path, because);
    case SQLITE_FULL: return fmt::format("the disk of the store `{}` is full", path);
    case SQLITE_READONLY: return fmt::format("the store `{}` may not be written", path);
    case SQLITE_CANTOPEN: return fmt::format("cannot open the store `{}`: {}", path, because);
    default: return fmt::format("the store `{}` failed: {}", path, because);
  }
}

// A path as part of a URI.
std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    text += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

}  // namespace

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      parameter_(other.parameter_) {}

void Query::bound(int result) {
  if (result != SQLITE_OK) database_->fail(result);
}

Query& Query::operator<<(std::int64_t value) {
  if (statement_ != nullptr) bound(sqlite3_bind_int64(statement_, ++parameter_, value));
  return *this;
}

Query& Query::operator<<(std::string_view text) {
  if (statement_ != nullptr) {
    bound(sqlite3_bind_text64(statement_, ++parameter_, text.data(), text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  }
  return *this;
}

Query& Query::operator<<(const Hash& hash) {
  return blob({reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()});
}

Query& Query::blob(std::string_view bytes) {
  if (statement_ != nullptr) {
    bound(sqlite3_bind_blob64(statement_, ++parameter_, bytes.empty() ? "" : bytes.data(),
                              bytes.size(), SQLITE_TRANSIENT));
  }
  return *this;
}

Query& Query::null() {
  if (statement_ != nullptr) bound(sqlite3_bind_null(statement_, ++parameter_));
  return *this;
}

bool Query::next() {
  if (statement_ == nullptr || database_->failed()) return false;
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) database_->fail(result);
  return false;
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::bytes(int column) const {
  const void* const data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

Hash Query::hash(int column) const {
  Hash hash;
  const void* const data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size != static_cast<int>(hash.bytes.size())) {
    database_->fail(
        Error{Fault::Machine, fmt::format("the store `{}` is damaged: a hash has {} bytes",
                                          database_->path(), data == nullptr ? 0 : size)});
    return hash;
  }
  std::memcpy(hash.bytes.data(), data, hash.bytes.size());
  return hash;
}

// Waits in small steps that grow. SQLite does not ask where waiting would never help.
int Database::busy(void* self, int count) {
  auto& database = *static_cast<Database*>(self);
  if (count == 0) database.waited_ = 0;
  const int milliseconds = std::min(1 + count, 50);
  if (database.waiting_ && !database.waiting_(database.waited_)) return 0;
  sqlite3_sleep(milliseconds);
  database.waited_ += milliseconds / 1e3;
  return 1;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode,
                                                 Waiting waiting) {
  std::unique_ptr<Database> database(new Database(path, std::move(waiting)));
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  std::string name = path;
  switch (mode) {
    case Mode::Existing: flags |= SQLITE_OPEN_READWRITE; break;
    case Mode::Create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE; break;
    case Mode::Frozen:
      // Without the files beside it that a log needs, which could not be made.
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
      name = "file:" + escaped(path) + "?immutable=1";
      break;
  }
  const int result = sqlite3_open_v2(name.c_str(), &database->handle_, flags, nullptr);
  if (result != SQLITE_OK) {
    return std::unexpected(Error{Fault::Machine, what_failed(path, result, database->handle_)});
  }
  sqlite3_busy_handler(database->handle_, &Database::busy, database.get());
  // A file may come from anywhere: nothing in its schema may do more than hold data.
  sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void Database::fail(int result) {
  fail(Error{Fault::Machine, what_failed(path_, result, handle_)});
}

void Database::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
}

Result<void> Database::take() {
  if (!failure_) return {};
  Error error = std::move(*failure_);
  failure_.reset();
  return std::unexpected(std::move(error));
}

Query Database::query(const char* sql) {
  if (failed()) return {*this, nullptr};
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int result =
        sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) {
      fail(result);
      return {*this, nullptr};
    }
  }
  return {*this, statement};
}

void Database::execute(const char* sql) {
  if (failed()) return;
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(result);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Database::changed() const { return sqlite3_changes64(handle_); }

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

}  // namespace rosetta
