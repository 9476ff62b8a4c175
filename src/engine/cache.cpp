// A file is a mark, the key, the digest of what follows, and those bytes. It is written under
// another name and then renamed. Its time of modification is when it was last used, as far as an
// hour matters.
#include "engine/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace rosetta {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "RVMCODE1";
constexpr std::string_view kEnding = ".code";
constexpr std::size_t kHeadBytes = kMark.size() + 2 * sizeof(Hash);
constexpr auto kUnusedFor = std::chrono::hours(1);

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

bool read_all(int file, std::string& into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = read(file, into.data() + done, into.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::string Cache::path(const Hash& key) const {
  return folder_ + "/" + to_hex(key) + std::string(kEnding);
}

Cache::Found Cache::find(const Hash& key) const {
  // (What is no file must not make it wait.)
  const File file(open(path(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) {
    return {{}, errno == ENOENT ? "not there" : std::string("not read: ") + std::strerror(errno)};
  }
  struct stat about {};
  if (fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) || about.st_uid != geteuid() ||
      (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return {{}, "not this user's own file"};
  }
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size < kHeadBytes || size > most_bytes_) return {{}, "damaged"};
  std::string bytes(size, '\0');
  if (!read_all(file.get(), bytes)) return {{}, "damaged"};
  const std::string_view all = bytes;
  const std::string_view body = all.substr(kHeadBytes);
  if (all.substr(0, kMark.size()) != kMark ||
      all.substr(kMark.size(), sizeof(Hash)) != bytes_of(key) ||
      all.substr(kMark.size() + sizeof(Hash), sizeof(Hash)) != bytes_of(blake3(body))) {
    return {{}, "damaged"};
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  if (std::chrono::seconds(about.st_mtim.tv_sec) + kUnusedFor < now) {
    futimens(file.get(), nullptr);
  }
  bytes.erase(0, kHeadBytes);
  return {std::move(bytes), {}};
}

Result<void> Cache::keep(const Hash& key, std::string_view body) const {
  const auto refused = [this](int error) {
    return std::unexpected(
        Error{Fault::Machine, "cannot write in " + folder_ + ": " + std::strerror(error)});
  };
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return refused(error.value());
  std::string bytes(kMark);
  bytes += bytes_of(key);
  bytes += bytes_of(blake3(body));
  bytes += body;
  if (bytes.size() > most_bytes_) {
    return std::unexpected(Error{Fault::Machine, "the code is larger than the whole cache may be"});
  }
  make_room(bytes.size());
  std::string name = folder_ + "/new.XXXXXX";
  const File file(mkostemp(name.data(), O_CLOEXEC));
  if (file.get() < 0) return refused(errno);
  if (!write_all(file.get(), bytes) || rename(name.c_str(), path(key).c_str()) != 0) {
    const int why = errno;
    unlink(name.c_str());
    return refused(why);
  }
  return {};
}

void Cache::make_room(std::uint64_t bytes) const {
  struct Kept {
    fs::path path;
    std::uint64_t size;
    fs::file_time_type used;
  };
  std::vector<Kept> all;
  std::uint64_t sum = bytes;
  std::error_code error;
  for (fs::directory_iterator each(folder_, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code gone;
    const std::uint64_t size = each->file_size(gone);
    const fs::file_time_type used = each->last_write_time(gone);
    if (gone) continue;
    const std::string name = each->path().filename();
    // Left by a process that was killed while it wrote.
    const bool abandoned = name.starts_with("new.") &&
                           used + std::chrono::minutes(10) < fs::file_time_type::clock::now();
    if (abandoned) fs::remove(each->path(), gone);
    if (!name.ends_with(kEnding)) continue;
    sum += size;
    all.push_back({each->path(), size, used});
  }
  if (sum <= most_bytes_) return;
  std::ranges::sort(all, {}, &Kept::used);
  // A quarter more than is needed, so that not every new file has to look.
  for (const Kept& kept : all) {
    if (sum <= most_bytes_ / 4 * 3) return;
    std::error_code gone;
    fs::remove(kept.path, gone);
    sum -= kept.size;
  }
}

}  // namespace rosetta
