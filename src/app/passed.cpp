#include "app/passed.h"

#include "app/build_id.h"
#include "code/bytes.h"
#include "code/object.h"

namespace rosetta {
namespace {

constexpr std::string_view kContext = "RosettaVM 2026-11-24 passed check";

void put_cells(std::string& to, const std::vector<Cell>& cells) {
  put_number(to, cells.size());
  for (const Cell cell : cells) put_little(to, cell, 8);
}

}  // namespace

PassedChecks::PassedChecks(OpenStore& store, std::string engine, bool fresh)
    : open_(store), engine_(std::move(engine)), fresh_(fresh) {
  // A build that does not know itself cannot say that it passed anything.
  const std::string id = build_id();
  fresh_ = fresh_ || id.empty();
  engine_ += '\0';
  engine_ += id;
}

std::optional<Hash> PassedChecks::key(const Check& check, const Hash& function) const {
  if (fresh_ || check.fuel || check.depth || is_of_a_limit(check.trap)) return std::nullopt;
  std::string bytes;
  put_byte(bytes, kLanguageVersion);
  put_number(bytes, engine_.size());
  bytes += engine_;
  bytes.append(reinterpret_cast<const char*>(function.bytes.data()), function.bytes.size());
  put_cells(bytes, check.arguments);
  put_byte(bytes, static_cast<std::uint8_t>(check.trap));
  put_cells(bytes, check.results);
  Hasher hasher(kContext);
  hasher.update(std::as_bytes(std::span(bytes)));
  return hasher.digest();
}

Store* PassedChecks::store() {
  if (failure_) return nullptr;
  const Result<Store*> opened = open_.get(true);
  if (opened) return *opened;
  failure_ = opened.error();
  return nullptr;
}

bool PassedChecks::has(const Hash& key) {
  Store* const kept = store();
  if (kept == nullptr) return false;
  const bool found = kept->cached(Store::Cache::PassedCheck, key);
  if (const Result<void> fine = kept->status(); !fine) failure_ = fine.error();
  return found && !failure_;
}

Result<void> PassedChecks::keep() {
  if (!passed_.empty()) {
    if (Store* const kept = store()) {
      open_.wait_at_most(1);  // a cache is not worth more
      Transaction transaction(*kept, Transaction::Kind::Write);
      for (const Hash& key : passed_) kept->put_cached(Store::Cache::PassedCheck, key);
      if (const Result<void> done = transaction.commit(); !done) failure_ = done.error();
    }
    passed_.clear();
  }
  if (failure_) return std::unexpected(*failure_);
  return {};
}

}  // namespace rosetta
