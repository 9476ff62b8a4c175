// A record is scanned where it stands in the buffer. One that the buffer cuts off is scanned again
// from its beginning when more is there; since the buffer is filled up or doubled for that, all
// scanning together stays linear.
#include "par/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace rosetta::par {
namespace {

constexpr std::size_t kFirstBuffer = std::size_t{1} << 16;

// The characters that end a field without quotes, or may not be in one.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (const char c : {',', '"', '\n', '\r'}) special[static_cast<unsigned char>(c)] = true;
  return special;
}();

}  // namespace

std::unexpected<Error> CsvReader::failed(std::string_view why) const {
  return std::unexpected(
      Error{Fault::Machine, fmt::format("`{}`, line {}: {}", name_, next_line_, why)});
}

// More bytes; false where there are none.
Result<bool> CsvReader::fill() {
  if (ended_) return false;
  const auto begin = buffer_.begin();
  std::copy(begin + static_cast<std::ptrdiff_t>(begin_), begin + static_cast<std::ptrdiff_t>(end_),
            begin);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) buffer_.resize(std::max(kFirstBuffer, 2 * end_));
  const std::size_t before = end_;
  while (end_ < buffer_.size() && !ended_) {
    const Result<std::size_t> got = source_(std::span(buffer_).subspan(end_));
    if (!got) return std::unexpected(got.error());
    end_ += *got;
    ended_ = *got == 0;
  }
  return end_ > before;
}

// Counts the blank lines before the next record; false where no record follows.
Result<bool> CsvReader::skip_blank_lines() {
  for (;;) {
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    if (rest.starts_with('\n') || rest.starts_with("\r\n")) {
      begin_ += rest[0] == '\n' ? 1 : 2;
      ++blank_lines_;
      continue;
    }
    if (!rest.empty() && rest != "\r") return true;
    const Result<bool> more = fill();
    if (!more || !*more) return more ? Result<bool>(!rest.empty()) : more;
  }
}

// One record from begin_ on, into found_; Cut where its end is not in the buffer.
CsvReader::Scan CsvReader::scan() {
  found_.clear();
  const char* const bytes = buffer_.data();
  std::size_t at = begin_;
  for (;;) {
    Field field{at, at, false};
    if (at < end_ && bytes[at] == '"') {
      field.begin = ++at;
      for (;; at += 2) {
        const void* const quote = std::memchr(bytes + at, '"', end_ - at);
        if (quote == nullptr) return Scan::Cut;
        at = static_cast<std::size_t>(static_cast<const char*>(quote) - bytes);
        if (at + 1 == end_ && !ended_) return Scan::Cut;
        if (at + 1 == end_ || bytes[at + 1] != '"') break;
        field.quotes = true;
      }
      field.end = at++;
    } else {
      while (at < end_ && !kSpecial[static_cast<unsigned char>(bytes[at])]) ++at;
      field.end = at;
    }
    found_.push_back(field);
    if (at == end_ && !ended_) return Scan::Cut;
    if (at == end_) break;
    if (bytes[at] == ',') {
      ++at;
      continue;
    }
    if (bytes[at] == '\n') {
      ++at;
      break;
    }
    if (bytes[at] != '\r') return Scan::Stray;
    if (at + 1 == end_ && !ended_) return Scan::Cut;
    if (at + 1 == end_ || bytes[at + 1] != '\n') return Scan::Return;
    at += 2;
    break;
  }
  next_ = at;
  return Scan::Whole;
}

std::string_view CsvReader::field(const Field& field) {
  char* const begin = buffer_.data() + field.begin;
  if (!field.quotes) return {begin, field.end - field.begin};
  char* to = begin;
  for (const char* from = begin; from < buffer_.data() + field.end; ++from) {
    *to++ = *from;
    if (*from == '"') ++from;
  }
  return {begin, static_cast<std::size_t>(to - begin)};
}

Result<bool> CsvReader::next(std::vector<std::string_view>& fields) {
  fields.clear();
  if (!started_) {
    if (const auto filled = fill(); !filled) return filled;
    if (std::string_view(buffer_.data(), end_).starts_with("\xef\xbb\xbf")) begin_ = 3;
    started_ = true;
  }
  if (blank_lines_ == 0) {
    const Result<bool> more = skip_blank_lines();
    if (!more || !*more) return more;
  }
  if (blank_lines_ > 0) {
    --blank_lines_;
    line_ = next_line_++;
    fields.emplace_back();
    return true;
  }
  Scan scanned = scan();
  while (scanned == Scan::Cut) {
    if (ended_) return failed("a quote is opened and never closed");
    if (end_ - begin_ > kLongestRecord) {
      return failed(fmt::format(
          "the row is longer than {} bytes, the most that can be read: is a quote not closed?",
          kLongestRecord));
    }
    if (const auto filled = fill(); !filled) return filled;
    scanned = scan();
  }
  if (scanned == Scan::Stray) {
    return failed("a quote in a field that does not begin with one, or text behind a closing one");
  }
  if (scanned == Scan::Return) return failed("a carriage return that no newline follows");
  line_ = next_line_;
  next_line_ += static_cast<std::uint64_t>(
      std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                 buffer_.begin() + static_cast<std::ptrdiff_t>(next_), '\n'));
  for (const Field& each : found_) fields.push_back(field(each));
  begin_ = next_;
  return true;
}

}  // namespace rosetta::par
