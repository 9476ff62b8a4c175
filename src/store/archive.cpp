#include "store/archive.h"

#include <fmt/format.h>

#include <cstring>
#include <unordered_set>

#include "base/graph.h"
#include "code/bytes.h"
#include "code/identity.h"
#include "code/object.h"

namespace rosetta {
namespace {

constexpr std::string_view kMagic = "RVM\x03\x01";
constexpr std::uint64_t kMostObjects = std::uint64_t{1} << 22;

Error wrong(std::string_view what) {
  return {Fault::Machine, fmt::format("the export file is damaged: {}", what)};
}

// One function of each component that nothing calls from outside.
std::vector<Hash> find_roots(const Loaded& loaded) {
  Graph calls;
  for (const Function& function : loaded.functions) calls.add_node(function.callees());
  const Components order = components(calls);
  std::vector<bool> called(order.count);
  for (std::uint32_t caller = 0; caller < calls.size(); ++caller) {
    for (const std::uint32_t callee : calls.from(caller)) {
      if (order.of[callee] != order.of[caller]) called[order.of[callee]] = true;
    }
  }
  const Graph members = order.members();
  std::vector<Hash> roots;
  for (std::uint32_t component = 0; component < order.count; ++component) {
    if (called[component]) continue;
    roots.push_back(loaded.hashes[members.from(component).front()]);
  }
  return roots;
}

}  // namespace

Result<std::optional<std::string>> Archive::find(const Hash& hash) {
  const auto found = objects_.find(hash);
  if (found == objects_.end()) return std::nullopt;
  return found->second;
}

Result<Archive> gather(std::span<const Hash> roots, Objects& from) {
  const Result<Loaded> loaded = load(roots, from);
  if (!loaded) return std::unexpected(loaded.error());
  Archive archive;
  identify(loaded->functions, [&](const Hash& hash, std::string_view bytes) {
    archive.put(hash, std::string(bytes));
  });
  return archive;
}

std::string write_archive(const Archive& archive) {
  std::string bytes(kMagic);
  put_number(bytes, archive.objects().size());
  for (const auto& [hash, object] : archive.objects()) {
    bytes.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
    put_number(bytes, object.size());
    bytes += object;
  }
  return bytes;
}

Result<Imported> read_archive(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) {
    return std::unexpected(
        Error{Fault::Machine, "this is no export file of RosettaVM, or one of another version"});
  }
  ByteReader reader(bytes);
  reader.take(kMagic.size());
  Archive archive;
  std::vector<Hash> functions;
  const std::uint64_t count = reader.number(kMostObjects);
  Hash last;
  for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
    const std::string_view name = reader.take(last.bytes.size());
    const std::string_view object = reader.take(reader.number(bytes.size()));
    if (reader.failed()) break;
    Hash hash;
    std::memcpy(hash.bytes.data(), name.data(), name.size());
    if (blake3(object) != hash) {
      return std::unexpected(
          wrong(fmt::format("the bytes of the object #{} have another hash", to_hex(hash))));
    }
    if (i > 0 && hash <= last) {
      return std::unexpected(wrong(fmt::format("the object #{} is out of order", to_hex(hash))));
    }
    last = hash;
    if (kind_of(object) != ObjectKind::Component) functions.push_back(hash);
    archive.put(hash, std::string(object));
  }
  if (reader.left() > 0) reader.fail("it goes on behind its end");
  if (reader.failed()) return std::unexpected(wrong(reader.failure()));

  Result<Loaded> loaded = load(functions, archive);
  if (!loaded) return std::unexpected(loaded.error());
  std::unordered_set<Hash> needed;
  identify(loaded->functions, [&](const Hash& hash, std::string_view) { needed.insert(hash); });
  for (const auto& [hash, object] : archive.objects()) {
    if (needed.contains(hash)) continue;
    return std::unexpected(wrong(fmt::format("no function needs the object #{}", to_hex(hash))));
  }
  for (const Hash& hash : needed) {
    if (archive.objects().contains(hash)) continue;
    return std::unexpected(wrong(fmt::format("the object #{} is missing", to_hex(hash))));
  }
  Imported imported;
  imported.roots = find_roots(*loaded);
  imported.functions = std::move(*loaded);
  return imported;
}

}  // namespace rosetta
