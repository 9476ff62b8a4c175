#include "par/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace rosetta::par {
namespace {

Error file_error(std::string_view verb, const std::string& path, std::string_view why) {
  return {Fault::Machine, fmt::format("cannot {} `{}`: {}", verb, path, why)};
}

// A system call that may be interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

Error File::failed(std::string_view verb, int error) const {
  return file_error(verb, path_, std::strerror(error));
}

Result<File> File::open(const std::string& path, int flags, std::string_view verb) {
  // O_NONBLOCK, so that a pipe can be refused without waiting for its other end.
  const int descriptor = uninterrupted(
      [&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666); });
  if (descriptor < 0) return std::unexpected(file_error(verb, path, std::strerror(errno)));
  File file(descriptor, path);
  struct stat about {};
  if (fstat(descriptor, &about) != 0) return std::unexpected(file.failed(verb, errno));
  if (S_ISDIR(about.st_mode)) return std::unexpected(file.failed(verb, EISDIR));
  if (!S_ISREG(about.st_mode)) {
    return std::unexpected(
        file_error(verb, path, "it is a pipe or a device, and a regular file is needed"));
  }
  return file;
}

Result<File> File::open_for_reading(const std::string& path) {
  return open(path, O_RDONLY, "read");
}

Result<File> File::open_for_writing(const std::string& path) {
  Result<File> file = open(path, O_RDWR | O_CREAT, "write");
  if (file && flock(file->descriptor_, LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(errno == EWOULDBLOCK
                               ? file_error("write", path, "another process is writing it")
                               : file->failed("lock", errno));
  }
  return file;
}

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

Result<std::uint64_t> File::size() const {
  struct stat about {};
  if (fstat(descriptor_, &about) != 0) return std::unexpected(failed("read", errno));
  return static_cast<std::uint64_t>(about.st_size);
}

Result<std::size_t> File::read(std::uint64_t offset, std::span<char> to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t count = uninterrupted([&] {
      return pread(descriptor_, to.data() + done, to.size() - done,
                   static_cast<off_t>(offset + done));
    });
    if (count < 0) return std::unexpected(failed("read", errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Result<Hash> File::digest() const {
  Hasher hasher;
  std::vector<char> buffer(std::size_t{1} << 18);
  for (std::uint64_t offset = 0;;) {
    const Result<std::size_t> got = read(offset, buffer);
    if (!got) return std::unexpected(got.error());
    hasher.update(std::as_bytes(std::span(buffer).first(*got)));
    if (*got < buffer.size()) return hasher.digest();
    offset += *got;
  }
}

Result<void> File::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = uninterrupted([&] {
      return pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (count < 0) return std::unexpected(failed("write", errno));
    offset += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

void File::begin_sync(std::uint64_t offset, std::uint64_t bytes) noexcept {
  sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes),
                  SYNC_FILE_RANGE_WRITE);
}

Result<void> File::truncate(std::uint64_t size) {
  if (uninterrupted([&] { return ftruncate(descriptor_, static_cast<off_t>(size)); }) != 0) {
    return std::unexpected(failed("write", errno));
  }
  return {};
}

Result<void> File::sync() {
  if (uninterrupted([&] { return fsync(descriptor_); }) != 0) {
    return std::unexpected(failed("write", errno));
  }
  return {};
}

}  // namespace rosetta::par
