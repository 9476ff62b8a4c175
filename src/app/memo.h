// Outcomes of functions on arguments, kept in the store from run to run.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/library.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "ir/program.h"
#include "par/memo.h"

namespace rosetta {

// The key of an outcome is a digest (BLAKE3, derive_key) of the function's hash, the arguments'
// cells and the limits it ran under; what ended by a limit is never kept. Where the store cannot be
// used, nothing is found or kept, and failure() says why.
class StoredOutcomes final : public par::Memo {
 public:
  StoredOutcomes(OpenStore& store, const ir::Program& program, const Hash& function,
                 const Limits& limits);

  std::vector<Hash> find(const par::Columns& tasks, std::vector<std::uint8_t>& known) override;
  void keep(std::span<const Hash> keys, const par::Columns& tasks,
            std::span<const std::uint8_t> keep) override;
  // Writes what is still to be kept.
  void finish();

  [[nodiscard]] std::uint64_t kept() const { return kept_; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  Hash key(const par::Columns& tasks, std::size_t task) const;
  std::optional<std::string> look_up(const Hash& key);
  Store* store();
  void flush();

  OpenStore& open_;
  std::vector<Type> types_;  // of the results
  std::string prefix_;       // of what is hashed
  std::mutex mutex_;         // of all below: the store is for one thread at a time
  std::optional<Error> failure_;
  std::unordered_map<Hash, std::string> pending_;  // to be written
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
  std::uint64_t kept_ = 0;
};

// Says on standard error why --memo was of no use.
void warn_of_memo(const Error& why);

}  // namespace rosetta
