// The file that results are written to, as they come, and read back from when a job goes on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "par/file.h"
#include "par/format.h"

namespace rosetta::par {

// One for a job; used by one thread at a time. While it is open no other process can open it so
// (flock). The format outlives it. Errors are the machine's and name the file.
class ResultFile {
 public:
  // Makes it where it is not there. A pipe or a device is refused.
  static Result<ResultFile> open(const std::string& path, const Format& format, std::uint64_t rows);
  // Whether there is more in it than a job's file begins with.
  [[nodiscard]] Result<bool> has_rows() const;

  // Before anything else, one of the two: throws away what is there, for `rows` rows to come; or
  // goes on with what a job left, whole or not, which is not changed yet. The error of that one is
  // that it begins otherwise.
  Result<void> begin_anew();
  Result<void> go_on();

  // Of what go_on() found: reads the next rows, at most `most`, which is not 0; 0 where there is no
  // whole one left. It is an error that there are more than `rows`.
  Result<std::size_t> read(std::size_t most, std::span<Cell* const> results,
                           std::uint8_t* statuses);

  // Writes bytes that Format::append() made. The first call, or finish(), cuts off what is behind
  // the last row that was read. Rows are collected until they fill a block; flush() writes them.
  Result<void> write(std::string_view rows);
  Result<void> flush();
  // Ends it: the file says that it has so many rows, and is on the disk.
  Result<void> finish(std::uint64_t rows);

  static constexpr std::size_t kBlock = std::size_t{1} << 20;
  // So long rows should wait at most: whoever writes calls flush().
  static constexpr std::chrono::milliseconds kPatience{100};

 private:
  ResultFile(File file, const Format& format, std::uint64_t rows)
      : file_(std::move(file)),
        format_(&format),
        rows_(rows),
        head_bytes_(format.head(rows).size()) {}
  Result<void> begin_writing();
  Result<std::size_t> fill();
  Result<void> put(std::size_t bytes);

  File file_;
  const Format* format_;
  std::uint64_t rows_;
  std::size_t head_bytes_;
  // Behind the last row that was read or written, or what there is of the head.
  std::uint64_t end_ = 0;
  bool writing_ = false;
  std::string collected_;  // to be written at end_

  // Of reading: bytes from end_ on, and the rows before it.
  std::uint64_t rows_read_ = 0;
  std::vector<char> buffer_;
  std::size_t buffered_ = 0;
};

}  // namespace rosetta::par
