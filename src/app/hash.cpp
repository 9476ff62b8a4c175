#include "base/hash.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "app/json.h"
#include "app/program.h"
#include "base/wording.h"
#include "code/identity.h"

namespace rosetta {
namespace {

Result<Hash> hash_file(const std::string& path) {
  const bool standard_input = path == "-";
  std::FILE* const opened = standard_input ? stdin : std::fopen(path.c_str(), "rb");
  const auto failure = [&] {
    return std::unexpected(Error{
        Fault::Machine, fmt::format("cannot read `{}`: {}", printable(path), strerror(errno))});
  };
  if (opened == nullptr) return failure();
  const auto close = [&](std::FILE* file) {
    if (!standard_input) std::fclose(file);
  };
  const std::unique_ptr<std::FILE, decltype(close)> file(opened, close);
  Hasher hasher;
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), opened);
    hasher.update(std::as_bytes(std::span(buffer).first(got)));
    if (got == buffer.size()) continue;
    if (std::ferror(opened) != 0) return failure();
    return hasher.digest();
  }
}

void say(const Hash& hash, std::string_view name, const Common& common) {
  const std::string text = common.json ? line({{"hash", to_hex(hash)}, {"name", std::string(name)}})
                                       : fmt::format("{}  {}\n", to_hex(hash), printable(name));
  std::fputs(text.c_str(), stdout);
}

// The hash of each function of a file; and on standard error which are the same code.
void say_functions(const Module& module, const Common& common) {
  const std::vector<Hash> hashes = identify(module.assembly.functions);
  std::unordered_map<Hash, std::uint32_t> first;
  std::string same;
  for (std::uint32_t i = 0; i < module.assembly.written; ++i) {
    const std::string& name = module.assembly.names[i].name;
    const auto [found, fresh] = first.emplace(hashes[i], i);
    const std::string& other = module.assembly.names[found->second].name;
    if (common.json) {
      Json json{{"hash", to_hex(hashes[i])}, {"name", name}};
      if (!fresh) json["same_as"] = other;
      std::fputs(line(json).c_str(), stdout);
      continue;
    }
    std::fputs(fmt::format("{}  {}\n", to_hex(hashes[i]), name).c_str(), stdout);
    if (!fresh) {
      same += fmt::format("{}: `{}` is the same code as `{}`\n", module.source.name,
                          shortened(name), shortened(other));
    }
  }
  std::fflush(stdout);
  std::fputs(same.c_str(), stderr);
}

}  // namespace

int hash(const HashOptions& options, const Common& common) {
  int status = kFine;
  OpenStore store(common);
  for (const std::string& text : options.texts) {
    Hasher hasher;
    hasher.update(std::as_bytes(std::span(text)));
    say(hasher.digest(), fmt::format("\"{}\"", text), common);
  }
  for (const std::string& file : options.files) {
    if (file.ends_with(".rvm")) {
      const std::optional<Module> module = load_file(file, store, common, status);
      if (module) say_functions(*module, common);
      continue;
    }
    const Result<Hash> digest = hash_file(file);
    if (digest) {
      say(*digest, file, common);
    } else {
      status = fail(digest.error(), common);
    }
  }
  return status;
}

}  // namespace rosetta
