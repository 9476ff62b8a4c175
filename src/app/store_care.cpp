// The store as a whole: is it sound, what can go, what leaves it and what comes in.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <unordered_set>

#include "app/files.h"
#include "app/json.h"
#include "app/program.h"
#include "base/wording.h"
#include "store/archive.h"
#include "store/insert.h"
#include "store/names.h"
#include "store/sweep.h"
#include "store/verify.h"

namespace rosetta {
namespace {

constexpr std::uint64_t kMostImported = std::uint64_t{1} << 29;  // bytes of an export file

// The bytes of one object, a component too; by its whole hash, or as any function is named.
Result<std::string> one_object(Store& store, const std::string& word) {
  std::optional<Hash> hash = word.starts_with('#') ? hash_from_hex(word.substr(1)) : std::nullopt;
  if (!hash) {
    const Result<Target> target = find_target(store, word);
    if (!target) return std::unexpected(target.error());
    hash = target->hash;
  }
  const Result<std::optional<std::string>> bytes = store.find(*hash);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) {
    return std::unexpected(
        Error{Fault::Program, fmt::format("the store has no object #{}", to_hex(*hash))});
  }
  if (blake3(**bytes) != *hash) {
    return std::unexpected(Error{
        Fault::Machine,
        fmt::format("the object #{} is damaged: its bytes have another hash", to_hex(*hash))});
  }
  return **bytes;
}

Result<std::string> exported(Store& store, const StoreExportOptions& options) {
  if (options.object) return one_object(store, options.targets.front());
  std::vector<Hash> roots;
  for (const std::string& word : options.targets) {
    const Result<Target> target = find_target(store, word);
    if (!target) return std::unexpected(target.error());
    roots.push_back(target->hash);
  }
  if (options.targets.empty()) {
    roots = store.pins();
    for (const Name& name : all_names(store)) roots.push_back(name.hash);
    if (const Result<void> fine = store.status(); !fine) return std::unexpected(fine.error());
  }
  const Result<Archive> archive = gather(roots, store);
  if (!archive) return std::unexpected(archive.error());
  return write_archive(*archive);
}

}  // namespace

int store_verify(const Common& common) {
  OpenStore open(common);
  const Result<Store*> store = open.get();
  if (!store) return fail(store.error(), common);
  const Transaction transaction(**store, Transaction::Kind::Read);
  const Result<Verified> verified = verify(**store);
  if (!verified) return fail(verified.error(), common);
  if (common.json) {
    std::fputs(line({{"objects", verified->objects},
                     {"functions", verified->functions},
                     {"names", verified->names},
                     {"findings", verified->findings}})
                   .c_str(),
               stdout);
  } else {
    for (const std::string& finding : verified->findings) {
      std::fputs((printable(finding) + "\n").c_str(), stdout);
    }
    std::fputs(
        fmt::format("{}, {}, {}: {}\n", counted(verified->objects, "object"),
                    counted(verified->functions, "function"), counted(verified->names, "name"),
                    verified->findings.empty() ? "all is well"
                                               : counted(verified->findings.size(), "finding"))
            .c_str(),
        stdout);
  }
  return verified->findings.empty() ? kFine : static_cast<int>(Fault::Machine);
}

int store_gc(const StoreGcOptions& options, const Common& common) {
  OpenStore open(common);
  const Result<Store*> opened = open.get();
  if (!opened) return fail(opened.error(), common);
  Store& store = **opened;
  Transaction transaction(store,
                          options.dry_run ? Transaction::Kind::Read : Transaction::Kind::Write);
  const Result<Sweep> plan = plan_sweep(store);
  if (!plan) return fail(plan.error(), common);
  if (!options.dry_run) {
    sweep(store, *plan);
    if (const Result<void> done = transaction.commit(); !done) return fail(done.error(), common);
    // The file gives back what was freed. If it is in use, that can wait for the next time.
    store.database().execute("VACUUM");
    [[maybe_unused]] const Result<void> ignored = store.status();
  }
  if (common.json) {
    Json functions = Json::array();
    for (const Hash& hash : plan->functions) functions.push_back(to_hex(hash));
    std::fputs(line({{"freed", !options.dry_run},
                     {"functions", std::move(functions)},
                     {"objects", plan->objects.size()},
                     {"bytes", plan->object_bytes},
                     {"records", plan->bindings.size()},
                     {"cached", plan->cached}})
                   .c_str(),
               stdout);
    return kFine;
  }
  for (const Hash& hash : plan->functions) {
    std::fputs(fmt::format("{}\n", to_hex(hash)).c_str(), stdout);
  }
  std::fputs(
      fmt::format("{}{}, {} in {}, {} of what was written, {}\n",
                  options.dry_run ? "would free " : "freed ",
                  counted(plan->functions.size(), "function"), counted(plan->object_bytes, "byte"),
                  counted(plan->objects.size(), "object"), counted(plan->bindings.size(), "record"),
                  counted(plan->cached, "cached answer"))
          .c_str(),
      stdout);
  return kFine;
}

int store_export(const StoreExportOptions& options, const Common& common) {
  if (options.object && options.targets.size() != 1) {
    return fail({Fault::Usage, "--object takes one function or one whole hash"}, common);
  }
  const bool to_stdout = options.output.empty() || options.output == "-";
  if (to_stdout && isatty(STDOUT_FILENO) != 0) {
    return fail({Fault::Usage, "what is exported is no text: give -o FILE"}, common);
  }
  if (to_stdout && common.json) {
    return fail({Fault::Usage, "--json needs -o FILE: both would be standard output"}, common);
  }
  OpenStore open(common);
  const Result<Store*> store = open.get();
  if (!store) return fail(store.error(), common);
  std::string bytes;
  {
    const Transaction transaction(**store, Transaction::Kind::Read);
    Result<std::string> made = exported(**store, options);
    if (!made) return fail(made.error(), common);
    bytes = std::move(*made);
  }
  const Result<void> written = write_file(to_stdout ? "-" : options.output, bytes);
  if (!written) return fail(written.error(), common);
  if (common.json) {
    std::fputs(
        line({{"file", options.output}, {"bytes", bytes.size()}, {"hash", to_hex(blake3(bytes))}})
            .c_str(),
        stdout);
  }
  return kFine;
}

int store_import(const StoreImportOptions& options, const Common& common) {
  std::vector<Imported> all;
  for (const std::string& file : options.files) {
    const Result<std::string> bytes = read_file(file, kMostImported);
    if (!bytes) return fail(bytes.error(), common);
    Result<Imported> imported = read_archive(*bytes);
    if (!imported) {
      return fail({imported.error().fault,
                   fmt::format("{}: {}", printable(file), imported.error().message)},
                  common);
    }
    all.push_back(std::move(*imported));
  }
  OpenStore open(common);
  const Result<Store*> opened = open.get(true);
  if (!opened) return fail(opened.error(), common);
  Store& store = **opened;
  Transaction transaction(store, Transaction::Kind::Write);
  std::vector<std::pair<Hash, bool>> roots;
  std::unordered_set<Hash> seen;
  for (const Imported& imported : all) {
    const Inserted inserted = insert(store, imported.functions.functions);
    for (const Hash& root : imported.roots) {
      if (!seen.insert(root).second) continue;
      store.pin(root);
      roots.emplace_back(root, inserted.fresh.contains(root));
    }
  }
  if (const Result<void> done = transaction.commit(); !done) return fail(done.error(), common);
  for (const auto& [hash, fresh] : roots) {
    const std::string text =
        common.json ? line({{"hash", to_hex(hash)}, {"new", fresh}})
                    : fmt::format("{}  {}\n", to_hex(hash), fresh ? "new" : "there already");
    std::fputs(text.c_str(), stdout);
  }
  return kFine;
}

}  // namespace rosetta
