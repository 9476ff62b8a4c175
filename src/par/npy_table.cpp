// A pass reads the cells of some columns whose values lie within one stretch of each row: all
// wanted columns at once where rows lie one after the other, else each by itself. What a pass needs
// of as many rows as the buffer takes is read in one piece, and each of its columns converted from
// there.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "base/wording.h"
#include "par/convert.h"
#include "par/file.h"
#include "par/npy.h"
#include "par/suggestion.h"
#include "par/table.h"

namespace rosetta::par {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62;

class NpyTable : public Table {
 public:
  static Result<std::unique_ptr<Table>> open(const std::string& path);

  NpyTable(File file, NpyHeader header, std::uint64_t data)
      : file_(std::move(file)), header_(std::move(header)), data_(data) {}

  [[nodiscard]] std::uint64_t rows() const override { return header_.shape[0]; }
  [[nodiscard]] Result<Hash> digest() const override { return file_.digest(); }
  [[nodiscard]] std::size_t columns() const override;
  [[nodiscard]] Result<std::size_t> find(std::string_view name) const override;
  [[nodiscard]] Result<void> want(std::size_t column, Type type, std::string what) override;
  [[nodiscard]] Result<void> read(std::uint64_t first, std::size_t count,
                                  std::span<Cell* const> columns) override;

 private:
  struct Wanted {
    std::size_t column;
    const NpyField* field;
    Type type;
    std::string what;
    Convert convert;
    std::uint64_t begin;  // of its first value, from the beginning of the file
  };

  [[nodiscard]] std::uint64_t stride() const;
  [[nodiscard]] Result<void> pass(std::uint64_t first, std::size_t count,
                                  std::span<const Wanted> wanted, std::span<Cell* const> columns);
  [[nodiscard]] std::string place(std::size_t column) const;

  File file_;
  NpyHeader header_;
  std::uint64_t data_;
  std::vector<Wanted> wanted_;
  std::vector<char> buffer_;
};

Error broken(const std::string& path, std::string_view why) {
  return {Fault::Machine, fmt::format("cannot read `{}`: {}", path, why)};
}

// What is wrong with an array of this shape, if anything; else how many bytes it has.
std::expected<std::uint64_t, std::string> array_bytes(const NpyHeader& header) {
  const std::size_t most = header.structured ? 1 : 2;
  if (header.shape.empty() || header.shape.size() > most) {
    return std::unexpected(
        fmt::format("its array has {}; {} can be read", counted(header.shape.size(), "dimension"),
                    header.structured ? "a structured one with 1" : "one with 1 or 2"));
  }
  if (header.fields.empty()) return std::unexpected("it has no column of numbers");
  std::uint64_t bytes = header.element_bytes;
  bool overflow = false;
  bool empty = false;
  for (const std::uint64_t length : header.shape) {
    // What is multiplied has to be possible even where there is none of it.
    if (length != 0) overflow |= __builtin_mul_overflow(bytes, length, &bytes);
    empty |= length == 0;
  }
  if (overflow || bytes > kMostBytes)
    return std::unexpected("its header is broken: its shape is of no possible size");
  return empty ? 0 : bytes;
}

Result<std::unique_ptr<Table>> NpyTable::open(const std::string& path) {
  Result<File> file = File::open_for_reading(path);
  if (!file) return std::unexpected(file.error());
  std::string bytes(kNpyPrefix, '\0');
  Result<std::size_t> got = file->read(0, bytes);
  if (!got) return std::unexpected(got.error());
  bytes.resize(*got);
  const auto header_size = npy_header_size(bytes);
  if (!header_size) return std::unexpected(broken(path, header_size.error()));
  bytes.resize(*header_size);
  got = file->read(0, bytes);
  if (!got) return std::unexpected(got.error());
  bytes.resize(*got);
  auto header = parse_npy_header(bytes);
  if (!header) return std::unexpected(broken(path, header.error()));
  const auto needed = array_bytes(*header);
  if (!needed) return std::unexpected(broken(path, needed.error()));
  const Result<std::uint64_t> size = file->size();
  if (!size) return std::unexpected(size.error());
  const std::uint64_t there = *size - std::min<std::uint64_t>(*size, bytes.size());
  if (there < *needed) {
    return std::unexpected(broken(
        path, fmt::format("its header says that its data has {} bytes, and there are {}: is it "
                          "whole?",
                          *needed, there)));
  }
  return std::make_unique<NpyTable>(std::move(*file), std::move(*header), bytes.size());
}

std::size_t NpyTable::columns() const {
  if (header_.structured) return header_.fields.size();
  return header_.shape.size() == 1 ? 1 : header_.shape[1];
}

Result<std::size_t> NpyTable::find(std::string_view name) const {
  const auto failed = [&](const std::string& has) {
    return std::unexpected(Error{Fault::Usage, fmt::format("`{}` has no column `{}`{}",
                                                           file_.path(), shortened(name), has)});
  };
  std::vector<std::string_view> names;
  if (header_.structured) {
    for (const NpyField& field : header_.fields) names.emplace_back(field.name);
  }
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  // A number serves where no name is like it.
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size() && number < columns()) {
    return number;
  }
  if (header_.structured) return failed(suggestion(name, names));
  switch (columns()) {
    case 0: return failed(": it has none");
    case 1: return failed(": it has one, number 0");
    default: return failed(fmt::format(": they are numbered, 0 to {}", columns() - 1));
  }
}

// The column in messages, behind the file's name.
std::string NpyTable::place(std::size_t column) const {
  if (header_.structured)
    return fmt::format(", column `{}`", shortened(header_.fields[column].name));
  return columns() == 1 ? "" : fmt::format(", column {}", column);
}

Result<void> NpyTable::want(std::size_t column, Type type, std::string what) {
  const NpyField& field = header_.fields[header_.structured ? column : 0];
  const Convert convert = find_convert(field, type);
  if (convert == nullptr) {
    constexpr std::string_view kNames[] = {"int64", "int32", "float64", "float32"};
    return std::unexpected(
        Error{Fault::Usage,
              fmt::format("`{}`{} has {} values ({}), and {} is an {}: `.astype('{}')` converts",
                          file_.path(), place(column), dtype_name(field), dtype_code(field), what,
                          name(type), kNames[static_cast<int>(type)])});
  }
  std::uint64_t begin = data_ + field.offset;
  if (!header_.structured) {
    begin += column * field.bytes * (header_.fortran_order ? rows() : 1);
  }
  wanted_.push_back({column, &field, type, std::move(what), convert, begin});
  return {};
}

std::uint64_t NpyTable::stride() const {
  const bool rows_lie_together = !header_.structured && !header_.fortran_order;
  return header_.element_bytes * (rows_lie_together ? columns() : 1);
}

Result<void> NpyTable::read(std::uint64_t first, std::size_t count,
                            std::span<Cell* const> columns) {
  const bool together = (header_.structured || !header_.fortran_order) && stride() <= kPiece;
  if (together) return pass(first, count, wanted_, columns);
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const auto done = pass(first, count, std::span(wanted_).subspan(i, 1), columns.subspan(i, 1));
    if (!done) return done;
  }
  return {};
}

Result<void> NpyTable::pass(std::uint64_t first, std::size_t count, std::span<const Wanted> wanted,
                            std::span<Cell* const> columns) {
  if (wanted.empty() || count == 0) return {};
  std::uint64_t low = wanted[0].begin;
  std::uint64_t high = low;
  for (const Wanted& each : wanted) {
    low = std::min(low, each.begin);
    high = std::max(high, each.begin + each.field->bytes);
  }
  const std::size_t width = high - low;
  const std::size_t most = 1 + (kPiece - width) / stride();
  for (std::size_t done = 0; done < count;) {
    const std::size_t now = std::min(count - done, most);
    const std::size_t bytes = (now - 1) * stride() + width;
    if (buffer_.size() < bytes) buffer_.resize(bytes);
    const std::uint64_t row = first + done;
    const auto got = file_.read(low + row * stride(), std::span(buffer_).first(bytes));
    if (!got) return std::unexpected(got.error());
    if (*got < bytes) {
      return std::unexpected(
          Error{Fault::Machine,
                fmt::format("`{}`{} ends in row {} of {}: it was cut off while it was read",
                            file_.path(), place(wanted[0].column), row + *got / stride(), rows())});
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Wanted& each = wanted[i];
      const char* const from = buffer_.data() + (each.begin - low);
      const std::size_t converted = each.convert(from, stride(), now, columns[i] + done);
      if (converted == now) continue;
      return std::unexpected(
          Error{Fault::Usage,
                fmt::format("`{}`{}, row {}: {} does not fit {}, an {}{}", file_.path(),
                            place(each.column), row + converted,
                            integer_text(*each.field, from + converted * stride()), each.what,
                            name(each.type), is_float(each.type) ? ", exactly" : "")});
    }
    done += now;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Table>> open_npy(const std::string& path) { return NpyTable::open(path); }

}  // namespace rosetta::par
