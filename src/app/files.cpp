#include "app/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
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
  namespace fs = std::filesystem;
  if (path == "-") {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);  // the command line looks whether it did
    return {};
  }
  const auto failed = [&](int error) {
    return std::unexpected(Error{
        Fault::Machine, fmt::format("cannot write `{}`: {}", printable(path), strerror(error))});
  };
  std::error_code failure;
  const fs::file_status before = fs::status(path, failure);
  const bool exists = fs::exists(before);
  if (exists && fs::is_directory(before)) return failed(EISDIR);
  // A pipe or a device is written to; it must not become a file.
  if (exists && !fs::is_regular_file(before)) {
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return failed(errno);
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    if (std::fclose(file) == 0 && written) return {};
    return failed(errno);
  }
  const fs::path target = exists ? fs::canonical(path, failure) : fs::path(path);
  std::string beside = target.string() + ".XXXXXX";
  const int descriptor = mkostemp(beside.data(), O_CLOEXEC);
  if (descriptor < 0) return failed(errno);
  const mode_t mask = umask(0);
  umask(mask);
  const mode_t mode = exists ? static_cast<mode_t>(before.permissions()) : 0666 & ~mask;
  std::FILE* const file = fdopen(descriptor, "wb");
  bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  written = fchmod(descriptor, mode) == 0 && written;
  written = std::fclose(file) == 0 && written;
  if (written && std::rename(beside.c_str(), target.c_str()) == 0) return {};
  const int error = errno;
  std::remove(beside.c_str());
  return failed(error);
}

}  // namespace rosetta
