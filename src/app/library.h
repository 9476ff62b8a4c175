// The store of this process: found by option and environment, opened when it is first needed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "store/names.h"
#include "store/store.h"
#include "text/assemble.h"
#include "text/names.h"

namespace rosetta {

// One for a process; not thread-safe.
class OpenStore final : public Library {
 public:
  explicit OpenStore(const Common& common, bool in_memory = false)
      : common_(common), in_memory_(in_memory) {}

  // The store, opened now if it was not yet. Without `create` an absent one is an error.
  Result<Store*> get(bool create = false);
  // Nothing where there is no store, which is no error.
  Result<Store*> get_existing();

  Result<std::optional<std::string>> find(const Hash& hash) override;
  Result<Hash> resolve(std::string_view digits) override;

  // From here to there all reading sees one state of the store, whatever others write.
  void begin_reading();
  void end_reading() { reading_.reset(); }

  // How long another process may keep the store from being written; a minute where nobody says.
  void wait_at_most(double seconds) { patience_ = seconds; }

 private:
  bool wait(double seconds);

  const Common& common_;
  bool in_memory_;  // a store that nobody else sees and that is gone with the process
  double patience_ = 60;
  bool said_ = false;
  std::unique_ptr<Store> store_;
  std::optional<Transaction> reading_;
};

// Where the store is: --store, ROSETTAVM_STORE, or rosettavm/store.db in the user's data folder.
Result<std::string> store_path(const Common& common);

// A function as a command line names it: `#` and digits of its hash, or a name.
struct Target {
  Hash hash;
  std::optional<Name> name;  // where it was given by one
};
Result<Target> find_target(Store& store, const std::string& word);

// What the store knows of how a function is written: under `name` if that is given and points to
// it, else under any of its names, past ones too. Without a name now, it is called `#` and its
// hash.
FunctionNames stored_names(Store& store, const Hash& hash, const std::optional<Name>& name = {});

// A name for the text of a function that has none, made of `#` and its hash.
inline std::string made_up_name(std::string_view hash) {
  return "f_" + std::string(hash.substr(1, kFewestHashDigits));
}

}  // namespace rosetta
