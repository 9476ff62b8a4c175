#include "app/library.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "app/render.h"
#include "base/nearest.h"
#include "base/wording.h"
#include "text/lexer.h"

namespace rosetta {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::string> store_path(const Common& common) {
  if (!common.store.empty()) return common.store;
  if (std::string path = variable("ROSETTAVM_STORE"); !path.empty()) return path;
  if (const std::string data = variable("XDG_DATA_HOME"); data.starts_with('/')) {
    return data + "/rosettavm/store.db";
  }
  if (const std::string home = variable("HOME"); !home.empty()) {
    return home + "/.local/share/rosettavm/store.db";
  }
  return std::unexpected(Error{
      Fault::Machine, "no place for the store: give --store PATH, or set ROSETTAVM_STORE or HOME"});
}

// Says once that it waits, for whoever wonders; gives up in the end.
bool OpenStore::wait(double seconds) {
  if (seconds >= 1 && seconds < patience_ && !said_) {
    std::fputs("rosettavm: waiting for another process that is writing to the store\n", stderr);
    said_ = true;
  }
  return seconds < patience_;
}

Result<Store*> OpenStore::get(bool create) {
  if (store_) return store_.get();
  const Result<std::string> path = store_path(common_);
  if (!path) return std::unexpected(path.error());
  std::error_code failure;
  const bool exists = fs::exists(*path, failure);
  if (!exists && !create) {
    return std::unexpected(
        Error{Fault::Machine,
              fmt::format("there is no store at `{}`; `rosettavm store add FILE` makes one",
                          printable(*path))});
  }
  fs::path folder = fs::path(*path).parent_path();
  if (folder.empty()) folder = ".";
  const bool chosen = !common_.store.empty() || !variable("ROSETTAVM_STORE").empty();
  if (!exists && !chosen && !in_memory_) fs::create_directories(folder, failure);
  const bool open_folder = access(folder.c_str(), W_OK) == 0;
  if (!exists && !open_folder && !in_memory_) {
    return std::unexpected(Error{Fault::Machine, fmt::format("cannot make the store `{}`: {}",
                                                             printable(*path), strerror(errno))});
  }
  // Whoever may write neither file nor folder reads the file as it is, unless a log lies beside it.
  const bool frozen = exists && !open_folder && access(path->c_str(), W_OK) != 0 &&
                      !fs::exists(*path + "-wal", failure);
  // A name that means something to SQLite is a file's name here.
  const std::string name = in_memory_ ? ":memory:" : path->starts_with(':') ? "./" + *path : *path;
  Result<std::unique_ptr<Store>> store =
      Store::open(name,
                  frozen   ? Store::Mode::Frozen
                  : create ? Store::Mode::Create
                           : Store::Mode::Existing,
                  [this](double seconds) { return wait(seconds); });
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  return store_.get();
}

void OpenStore::begin_reading() {
  if (store_ && !reading_) reading_.emplace(*store_, Transaction::Kind::Read);
}

Result<Store*> OpenStore::get_existing() {
  if (store_) return store_.get();
  const Result<std::string> path = store_path(common_);
  std::error_code failure;
  if (!path || !fs::exists(*path, failure)) return nullptr;
  return get();
}

Result<std::optional<std::string>> OpenStore::find(const Hash& hash) {
  const Result<Store*> store = get();
  if (!store) return std::unexpected(store.error());
  return (*store)->find(hash);
}

Result<Hash> OpenStore::resolve(std::string_view digits) {
  const Result<Store*> store = get_existing();
  if (!store) return std::unexpected(store.error());
  begin_reading();
  if (*store != nullptr) return (*store)->resolve(digits);
  const Result<std::string> path = store_path(common_);
  return std::unexpected(Error{
      Fault::Program, path ? fmt::format("a call by hash needs a store, and there is none at `{}`",
                                         printable(*path))
                           : path.error().message});
}

Result<Target> find_target(Store& store, const std::string& word) {
  if (word.starts_with('#')) {
    const std::string digits = word.substr(1);
    if (!is_hash_prefix(digits)) {
      return std::unexpected(
          Error{Fault::Usage, fmt::format("`{}` is no hash: it is `#` and {} to {} hexadecimal "
                                          "digits",
                                          printable(word), kFewestHashDigits, kHashDigits)});
    }
    const Result<Hash> hash = store.resolve(digits);
    if (!hash) return std::unexpected(hash.error());
    return Target{*hash, {}};
  }
  std::optional<Name> name = find_name(store, word);
  if (const Result<void> fine = store.status(); !fine) return std::unexpected(fine.error());
  if (name) return Target{name->hash, std::move(name)};
  const std::vector<std::string> all = names_like(store, word);
  if (const Result<void> fine = store.status(); !fine) return std::unexpected(fine.error());
  const std::vector<std::string_view> known(all.begin(), all.end());
  const std::string_view near = nearest(word, known);
  std::string hint;
  if (!near.empty()) {
    hint = fmt::format(": did you mean `{}`?", near);
  } else if (is_hash_prefix(word)) {
    hint = fmt::format(": a hash is written `#{}`", printable(word));
  }
  return std::unexpected(Error{Fault::Program, fmt::format("the store has no name `{}`{}",
                                                           shortened(printable(word)), hint)});
}

FunctionNames stored_names(Store& store, const Hash& hash, const std::optional<Name>& name) {
  FunctionNames names;
  names.name = "#" + to_hex(hash);
  std::optional<Name> known = name;
  if (!known || known->hash != hash) {
    std::vector<Name> all = names_of(store, hash);
    known = all.empty() ? std::nullopt : std::optional(std::move(all.front()));
  }
  const auto legal = [](std::string text) { return is_name(text) ? std::move(text) : ""; };
  if (known && is_name(known->name)) names.name = known->name;
  // Names are for the eye: where the record of them is damaged, code runs without.
  const Result<std::optional<Binding>> binding = get_binding(store, binding_of(store, hash, known));
  if (!binding || !*binding) return names;
  for (const std::string& param : (*binding)->params) names.params.push_back(legal(param));
  for (const std::string& local : (*binding)->locals) names.locals.push_back(legal(local));
  for (const auto& [at, label] : (*binding)->labels) {
    if (is_name(label)) names.labels.emplace_back(at, label);
  }
  for (const std::string& callee : (*binding)->callees) names.callees.push_back(legal(callee));
  return names;
}

}  // namespace rosetta
