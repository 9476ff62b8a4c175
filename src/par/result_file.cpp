#include "par/result_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace rosetta::par {

Result<ResultFile> ResultFile::open(const std::string& path, const Format& format,
                                    std::uint64_t rows) {
  Result<File> file = File::open_for_writing(path);
  if (!file) return std::unexpected(file.error());
  return ResultFile(std::move(*file), format, rows);
}

Result<bool> ResultFile::has_rows() const {
  const Result<std::uint64_t> size = file_.size();
  if (!size) return std::unexpected(size.error());
  return *size > head_bytes_;
}

Result<void> ResultFile::begin_anew() {
  end_ = 0;
  return begin_writing();
}

Result<void> ResultFile::go_on() {
  std::string head(head_bytes_, '\0');
  const Result<std::size_t> got = file_.read(0, head);
  if (!got) return std::unexpected(got.error());
  if (!format_->begins(std::string_view(head).substr(0, *got))) {
    return std::unexpected(
        Error{Fault::Machine, fmt::format("`{}` is not a file of this job's results: it begins "
                                          "otherwise",
                                          file_.path())});
  }
  end_ = *got;
  return {};
}

Result<std::size_t> ResultFile::fill() {
  const std::size_t room = std::max(std::size_t{1} << 18, 2 * format_->longest_row());
  buffer_.resize(room);
  return file_.read(end_, buffer_);
}

Result<std::size_t> ResultFile::read(std::size_t most, std::span<Cell* const> results,
                                     std::uint8_t* statuses) {
  if (writing_ || end_ < head_bytes_) return 0;
  const auto failed = [&](std::string_view why) {
    return std::unexpected(
        Error{Fault::Machine,
              fmt::format("`{}` is not a file of this job's results: {}", file_.path(), why)});
  };
  // One row more than there may be is looked for.
  const std::uint64_t left = rows_ - rows_read_;
  const std::size_t wanted = left < most ? std::max<std::size_t>(left, 1) : most;
  for (bool filled = false;; filled = true) {
    const std::string_view bytes(buffer_.data() + (buffer_.size() - buffered_), buffered_);
    const auto read = format_->read(bytes, rows_read_, wanted, results, statuses);
    if (!read) return failed(read.error().message);
    if (read->rows > 0) {
      if (left == 0) return failed(fmt::format("it has more than {} rows", rows_));
      buffered_ -= read->bytes;
      end_ += read->bytes;
      rows_read_ += read->rows;
      return read->rows;
    }
    if (filled) {
      if (bytes.size() > format_->longest_row()) {
        return failed(fmt::format("row {} does not end", rows_read_));
      }
      return 0;
    }
    const Result<std::size_t> got = fill();
    if (!got) return got;
    buffer_.resize(*got);
    buffered_ = *got;
  }
}

Result<void> ResultFile::begin_writing() {
  writing_ = true;
  if (const auto cut = file_.truncate(end_); !cut) return cut;
  end_ = std::max<std::uint64_t>(end_, head_bytes_);
  return file_.write(0, format_->head(rows_));
}

// The first so many of the collected bytes.
Result<void> ResultFile::put(std::size_t bytes) {
  const Result<void> written = file_.write(end_, std::string_view(collected_).substr(0, bytes));
  if (!written) return written;
  if (bytes >= kBlock) file_.begin_sync(end_, bytes);
  end_ += bytes;
  collected_.erase(0, bytes);
  return {};
}

Result<void> ResultFile::write(std::string_view rows) {
  if (!writing_) {
    if (const auto begun = begin_writing(); !begun) return begun;
  }
  collected_ += rows;
  // Whole blocks of the file: a page that is on its way to the disk would have to be waited for.
  const std::uint64_t last = (end_ + collected_.size()) / kBlock * kBlock;
  return last <= end_ ? Result<void>() : put(last - end_);
}

Result<void> ResultFile::flush() {
  return collected_.empty() ? Result<void>() : put(collected_.size());
}

Result<void> ResultFile::finish(std::uint64_t rows) {
  if (!writing_) {
    if (const auto begun = begin_writing(); !begun) return begun;
  }
  if (const auto written = flush(); !written) return written;
  if (const auto patched = file_.write(0, format_->head(rows)); !patched) return patched;
  return file_.sync();
}

}  // namespace rosetta::par
