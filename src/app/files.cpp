#include "app/files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "app/render.h"

namespace rosetta {
namespace {

Error file_error(const std::string& path, int error) {
  return {Fault::Machine, fmt::format("cannot read `{}`: {}", printable(path), strerror(error))};
}

// The file's type and size, where they say at once that it is not to be read.
std::optional<Error> refuse(const std::string& path, std::FILE* file, std::uint64_t most) {
  struct stat status {};
  if (fstat(fileno(file), &status) != 0) return file_error(path, errno);
  if (S_ISDIR(status.st_mode)) return file_error(path, EISDIR);
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > most) {
    return Error{Fault::Program, fmt::format("`{}` has {} bytes; at most {} can be read",
                                             printable(path), status.st_size, most)};
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::uint64_t most) {
  const bool standard_input = path == "-";
  std::FILE* const opened = standard_input ? stdin : std::fopen(path.c_str(), "rb");
  if (opened == nullptr) return std::unexpected(file_error(path, errno));
  const auto close = [&](std::FILE* file) {
    if (!standard_input) std::fclose(file);
  };
  const std::unique_ptr<std::FILE, decltype(close)> file(opened, close);
  if (const std::optional<Error> refused = refuse(path, opened, most)) {
    return std::unexpected(*refused);
  }
  std::string text;
  std::size_t chunk = std::size_t{1} << 16;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + chunk);
    const std::size_t got = std::fread(text.data() + before, 1, chunk, opened);
    text.resize(before + got);
    if (text.size() > most) {
      return std::unexpected(Error{
          Fault::Program, fmt::format("`{}` is longer than {} bytes, the most that can be read",
                                      printable(path), most)});
    }
    if (got < chunk) break;
    chunk = std::max(chunk, text.size() / 2);
  }
  if (std::ferror(opened) != 0) return std::unexpected(file_error(path, errno));
  return text;
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  if (path == "-") {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);  // the command line looks whether it did
    return {};
  }
  namespace fs = std::filesystem;
  std::error_code failure;
  const bool exists = fs::exists(path, failure);
  const fs::path target = exists ? fs::canonical(path, failure) : fs::path(path);
  const fs::path beside = target.string() + ".rosettavm-new";
  std::FILE* const file = std::fopen(beside.c_str(), "wb");
  bool written = file != nullptr;
  if (file != nullptr) {
    written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    written = std::fclose(file) == 0 && written;
  }
  const int error = errno;
  if (written && exists) {
    const fs::perms mode = fs::status(target, failure).permissions();
    if (!failure) fs::permissions(beside, mode, failure);
  }
  if (written && !failure) fs::rename(beside, target, failure);
  if (written && !failure) return {};
  std::remove(beside.c_str());
  return std::unexpected(
      Error{Fault::Machine, fmt::format("cannot write `{}`: {}", printable(path),
                                        failure ? failure.message() : strerror(error))});
}

}  // namespace rosetta
