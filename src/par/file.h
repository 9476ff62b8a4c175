// A regular file, read and written at places of one's choice. One thread at a time. Errors are the
// machine's and name the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"

namespace rosetta::par {

class File {
 public:
  // Anything but a regular file is refused, and nothing waits for it.
  static Result<File> open_for_reading(const std::string& path);
  // Made where it is not there, and locked against other processes that open it so, as long as it
  // is open (flock).
  static Result<File> open_for_writing(const std::string& path);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Result<std::uint64_t> size() const;

  // Less than asked for only at the end of the file.
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<char> to) const;
  // BLAKE3, of all of it.
  [[nodiscard]] Result<Hash> digest() const;
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::string_view bytes);
  [[nodiscard]] Result<void> truncate(std::uint64_t size);
  [[nodiscard]] Result<void> sync();
  // Has these bytes written to the disk without waiting for it, so that sync() has less to do.
  void begin_sync(std::uint64_t offset, std::uint64_t bytes) noexcept;

 private:
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  static Result<File> open(const std::string& path, int flags, std::string_view verb);
  [[nodiscard]] Error failed(std::string_view verb, int error) const;
  int descriptor_;
  std::string path_;
};

}  // namespace rosetta::par
