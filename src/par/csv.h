// CSV (RFC 4180), read record by record from pieces of a file.
//
// Commas separate fields; a field in quotes may hold commas, newlines and doubled quotes. Lines end
// with LF or CRLF, the last one also with nothing; a UTF-8 byte order mark before the first is
// skipped, and so are empty lines behind the last. Memory is bounded by the longest record that is
// allowed. Errors are those of the source, or the machine's, and name the file and the line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace rosetta::par {

class CsvReader {
 public:
  static constexpr std::size_t kLongestRecord = std::size_t{1} << 22;

  // Fills the span, or less of it; nothing at the end.
  using Source = std::function<Result<std::size_t>(std::span<char>)>;
  CsvReader(std::string name, Source source) : name_(std::move(name)), source_(std::move(source)) {}

  // The next record's fields, valid until the next call; false where there is none.
  Result<bool> next(std::vector<std::string_view>& fields);
  // The line on which the last record began, from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }

 private:
  struct Field {
    std::size_t begin;
    std::size_t end;
    bool quotes;  // it has doubled ones
  };
  enum class Scan { Whole, Cut, Stray, Return };

  Result<bool> fill();
  Result<bool> skip_blank_lines();
  Scan scan();
  [[nodiscard]] std::string_view field(const Field& field);
  [[nodiscard]] std::unexpected<Error> failed(std::string_view why) const;

  std::string name_;
  Source source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what is not consumed
  std::size_t end_ = 0;
  std::size_t next_ = 0;  // after scan(): where the next record begins
  bool started_ = false;
  bool ended_ = false;  // the source gives no more
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 1;
  std::uint64_t blank_lines_ = 0;  // skipped, and not given yet
  std::vector<Field> found_;
};

}  // namespace rosetta::par
