#include "base/hash.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "app/json.h"
#include "app/program.h"

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

}  // namespace

int hash(const HashOptions& options, const Common& common) {
  int status = kFine;
  for (const std::string& text : options.texts) {
    Hasher hasher;
    hasher.update(std::as_bytes(std::span(text)));
    say(hasher.digest(), fmt::format("\"{}\"", text), common);
  }
  for (const std::string& file : options.files) {
    if (file.ends_with(".rvm")) {
      status = fail({Fault::Usage,
                     fmt::format("`{}` holds functions, which get hashes of their own; these are "
                                 "not built yet. `hash -` with the file on standard input gives "
                                 "the digest of its bytes",
                                 printable(file))},
                    common);
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
