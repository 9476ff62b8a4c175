#include "app/memo.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/render.h"
#include "code/bytes.h"
#include "code/object.h"

namespace rosetta {
namespace {

constexpr std::string_view kContext = "RosettaVM 2026-11-24 outcome";
// So many are written at once, or those of so long a time.
constexpr std::size_t kBatch = 4096;
constexpr std::chrono::seconds kPatience{1};

// The first bytes of a digest of key and value: one damaged bit, and it is no outcome.
constexpr std::size_t kSeal = 8;
std::string seal(const Hash& key, std::string_view value) {
  std::string bytes(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  bytes += value;
  const Hash digest = blake3(bytes);
  return {reinterpret_cast<const char*>(digest.bytes.data()), kSeal};
}

// A status, the results as cells in little-endian bytes, and the seal.
std::string encode(const Hash& key, const par::Columns& tasks, std::size_t task) {
  std::string value;
  put_byte(value, tasks.statuses[task]);
  if (tasks.statuses[task] == 0) {
    for (const Cell* const column : tasks.results) put_little(value, column[task], 8);
  }
  return value + seal(key, value);
}

// Whether the value is an outcome of a function with these results; what a store says is not to be
// trusted.
bool decode(const Hash& key, std::string_view value, std::span<const Type> types,
            const par::Columns& tasks, std::size_t task) {
  if (value.size() <= kSeal) return false;
  const std::string_view sealed = value.substr(value.size() - kSeal);
  value.remove_suffix(kSeal);
  if (sealed != seal(key, value)) return false;
  const auto status = static_cast<std::uint8_t>(value[0]);
  const std::size_t results = status == 0 ? types.size() : 0;
  if (status >= kTrapNames.size() || is_of_a_limit(static_cast<Trap>(status))) return false;
  if (value.size() != 1 + 8 * results) return false;
  tasks.statuses[task] = status;
  for (std::size_t k = 0; k < results; ++k) {
    Cell cell = 0;
    for (std::size_t byte = 8; byte-- > 0;) {
      cell = cell << 8 | static_cast<std::uint8_t>(value[1 + 8 * k + byte]);
    }
    if (!is_wide(types[k]) && cell >> 32 != 0) return false;
    tasks.results[k][task] = cell;
  }
  return true;
}

}  // namespace

StoredOutcomes::StoredOutcomes(OpenStore& store, const ir::Program& program, const Hash& function,
                               const Limits& limits)
    : open_(store), types_(program.entry().results) {
  put_byte(prefix_, kLanguageVersion);
  prefix_.append(reinterpret_cast<const char*>(function.bytes.data()), function.bytes.size());
  put_little(prefix_, limits.max_depth, 8);
  put_byte(prefix_, limits.fuel ? 1 : 0);
  put_little(prefix_, limits.fuel.value_or(0), 8);
  put_number(prefix_, program.entry().params.size());
}

Hash StoredOutcomes::key(const par::Columns& tasks, std::size_t task) const {
  std::string bytes = prefix_;
  for (const Cell* const column : tasks.arguments) put_little(bytes, column[task], 8);
  Hasher hasher(kContext);
  hasher.update(std::as_bytes(std::span(bytes)));
  return hasher.digest();
}

Store* StoredOutcomes::store() {
  if (failure_) return nullptr;
  const Result<Store*> opened = open_.get(true);
  if (opened) return *opened;
  failure_ = opened.error();
  return nullptr;
}

std::optional<std::string> StoredOutcomes::look_up(const Hash& key) {
  if (const auto found = pending_.find(key); found != pending_.end()) return found->second;
  Store* const kept = store();
  if (kept == nullptr) return std::nullopt;
  std::optional<std::string> value = kept->cached_value(Store::Cache::Outcome, key);
  if (const Result<void> fine = kept->status(); !fine) failure_ = fine.error();
  return value;
}

std::vector<Hash> StoredOutcomes::find(const par::Columns& tasks,
                                       std::vector<std::uint8_t>& known) {
  std::vector<Hash> keys;
  keys.reserve(tasks.count);
  for (std::size_t task = 0; task < tasks.count; ++task) keys.push_back(key(tasks, task));
  const std::lock_guard lock(mutex_);
  for (std::size_t task = 0; task < tasks.count; ++task) {
    const std::optional<std::string> value = look_up(keys[task]);
    known[task] = value && decode(keys[task], *value, types_, tasks, task) ? 1 : 0;
  }
  return keys;
}

void StoredOutcomes::keep(std::span<const Hash> keys, const par::Columns& tasks,
                          std::span<const std::uint8_t> keep) {
  const std::lock_guard lock(mutex_);
  for (std::size_t task = 0; task < tasks.count; ++task) {
    if (keep[task] != 0) pending_.try_emplace(keys[task], encode(keys[task], tasks, task));
  }
  const bool late = std::chrono::steady_clock::now() - flushed_ > kPatience;
  if (late || pending_.size() >= kBatch) flush();
}

void StoredOutcomes::flush() {
  Store* const kept = pending_.empty() ? nullptr : store();
  if (kept != nullptr) {
    open_.wait_at_most(1);  // a cache is not worth more
    Transaction transaction(*kept, Transaction::Kind::Write);
    for (const auto& [key, value] : pending_) {
      kept->put_cached(Store::Cache::Outcome, key, value);
    }
    const Result<void> done = transaction.commit();
    if (done) {
      kept_ += pending_.size();
    } else {
      failure_ = done.error();
    }
  }
  pending_.clear();
  flushed_ = std::chrono::steady_clock::now();
}

void StoredOutcomes::finish() {
  const std::lock_guard lock(mutex_);
  flush();
}

void warn_of_memo(const Error& why) {
  std::fputs(fmt::format("rosettavm: --memo: {}\n", printable_lines(why.message)).c_str(), stderr);
}

}  // namespace rosetta
