#include "store/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "code/object.h"
#include "store/names.h"

namespace rosetta {
namespace {

class Verifier {
 public:
  explicit Verifier(Store& store) : store_(store) {}

  Result<Verified> run();

 private:
  void find(std::string what) {
    if (verified_.findings.size() < Verified::kMostFindings) {
      verified_.findings.push_back(std::move(what));
    }
  }
  // A query whose rows are findings.
  void rows(const char* sql, std::string_view what);
  void file();
  void objects();
  Result<void> code();
  void calls(const Loaded& loaded);
  void bindings();

  Store& store_;
  Verified verified_;
  std::vector<Hash> functions_;
};

void Verifier::rows(const char* sql, std::string_view what) {
  Query query = store_.database().query(sql);
  while (query.next()) find(fmt::format("{}: {}", what, query.bytes(0)));
}

void Verifier::file() {
  Query query = store_.database().query("PRAGMA integrity_check");
  while (query.next()) {
    const std::string line = query.bytes(0);
    if (line != "ok") find(fmt::format("the file: {}", line));
  }
}

void Verifier::objects() {
  Query query = store_.database().query(
      "SELECT o.hash, o.bytes, c.hash FROM object o LEFT JOIN object c ON c.id = o.component ORDER "
      "BY o.hash");
  while (query.next()) {
    ++verified_.objects;
    const Hash hash = query.hash(0);
    const std::string bytes = query.bytes(1);
    if (blake3(bytes) != hash) {
      find(fmt::format("the object #{} is damaged: its bytes have another hash", to_hex(hash)));
      continue;
    }
    const auto object = decode_object(bytes);
    if (!object) {
      find(fmt::format("the object #{} is damaged: {}", to_hex(hash), object.error()));
      continue;
    }
    if (object->kind != ObjectKind::Component) functions_.push_back(hash);
    const bool member = object->kind == ObjectKind::Member;
    if (member == query.is_null(2) || (member && query.hash(2) != object->component)) {
      find(fmt::format("#{} has another component in the table of objects", to_hex(hash)));
    }
  }
  verified_.functions = functions_.size();
}

Result<void> Verifier::code() {
  const Result<Loaded> loaded = load(functions_, store_);
  if (!loaded) {
    find(loaded.error().message);
    return {};
  }
  calls(*loaded);
  return store_.status();
}

void Verifier::calls(const Loaded& loaded) {
  for (std::size_t i = 0; i < loaded.functions.size(); ++i) {
    std::vector<Hash> wanted;
    for (const std::uint32_t callee : loaded.functions[i].callees()) {
      wanted.push_back(loaded.hashes[callee]);
    }
    std::ranges::sort(wanted);
    const auto repeated = std::ranges::unique(wanted);
    wanted.erase(repeated.begin(), repeated.end());
    if (store_.callees(loaded.hashes[i]) != wanted) {
      find(fmt::format("#{} has other callees in the table of calls", to_hex(loaded.hashes[i])));
    }
  }
  rows(
      "SELECT caller || ' to ' || callee FROM call WHERE caller NOT IN (SELECT id FROM object "
      "WHERE substr(bytes, 4, 1) <> x'01') OR callee NOT IN (SELECT id FROM object WHERE "
      "substr(bytes, 4, 1) <> x'01')",
      "a call without a function");
}

void Verifier::bindings() {
  Query query = store_.database().query("SELECT id FROM binding ORDER BY id");
  while (query.next()) {
    if (get_binding(store_, query.integer(0))) continue;
    find(fmt::format("the record {} of what was written is damaged", query.integer(0)));
  }
}

Result<Verified> Verifier::run() {
  file();
  objects();
  const bool sound = verified_.findings.empty();
  if (Result<void> fine = store_.status(); !fine) return std::unexpected(fine.error());
  // Where an object is damaged, loading would only say so again.
  if (sound) {
    if (Result<void> fine = code(); !fine) return std::unexpected(fine.error());
  }
  bindings();
  rows(
      "SELECT name FROM name WHERE object NOT IN (SELECT id FROM object WHERE substr(bytes, 4, 1) "
      "<> x'01')",
      "a name without a function");
  rows("SELECT name FROM name WHERE name NOT GLOB '[A-Za-z_]*' OR name GLOB '*[^A-Za-z0-9_.]*'",
       "what is no name");
  rows(
      "SELECT object FROM pin WHERE object NOT IN (SELECT id FROM object WHERE substr(bytes, 4, 1) "
      "<> x'01')",
      "a pin without a function");
  rows(
      "SELECT name FROM name WHERE binding IS NOT NULL AND binding NOT IN (SELECT id FROM binding)",
      "a name without the record of what was written");
  rows("SELECT name FROM move WHERE change NOT IN (SELECT id FROM change)",
       "a move of a name without its change");
  rows(
      "SELECT id FROM change WHERE undoes NOT IN (SELECT id FROM change) OR undone_by NOT IN "
      "(SELECT id FROM change)",
      "a change that refers to none");
  rows("SELECT name FROM move WHERE length(before) <> 32 OR length(after) <> 32",
       "a move of a name to what is no hash");
  rows("SELECT hex(key) FROM cache WHERE length(key) <> 32", "a cached answer without a key");
  {
    Query query = store_.database().query("SELECT count(*) FROM name");
    if (query.next()) verified_.names = static_cast<std::uint64_t>(query.integer(0));
  }
  if (Result<void> fine = store_.status(); !fine) return std::unexpected(fine.error());
  return std::move(verified_);
}

}  // namespace

Result<Verified> verify(Store& store) { return Verifier(store).run(); }

}  // namespace rosetta
