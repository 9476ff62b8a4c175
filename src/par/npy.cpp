// The header is a Python literal, a dict with three keys. Only the literals that NumPy writes there
// are read: strings without escapes, True and False, decimal integers, and lists and tuples of
// fixed shape, so nothing here recurses.
#include "par/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/wording.h"

namespace rosetta::par {
namespace {

using Failure = std::unexpected<std::string>;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;  // of the data
constexpr std::size_t kMostDimensions = 64;
constexpr std::uint64_t kMostElementBytes = std::uint64_t{1} << 40;

// Of a header that is made: what its number of rows stands between.
constexpr std::string_view kBeforeRows = "'shape': (";
constexpr std::string_view kAfterRows = ",), }";
constexpr std::size_t kMostDigits = 20;

std::size_t length_bytes(std::string_view header) { return header[kMagic.size()] == 1 ? 2 : 4; }

std::optional<NpyKind> kind_of(char kind, std::uint64_t bytes) {
  const bool power = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  if (kind == 'i' && power) return NpyKind::Signed;
  if (kind == 'u' && power) return NpyKind::Unsigned;
  if (kind == 'f' && power && bytes > 1) return NpyKind::Float;
  if (kind == 'b' && bytes == 1) return NpyKind::Bool;
  return std::nullopt;
}

std::string header_text(std::span<const NpyColumn> columns) {
  std::string text = "{'descr': [";
  for (const NpyColumn& column : columns) {
    if (&column != columns.data()) text += ", ";
    text += fmt::format("('{}', '{}')", column.name, column.code);
  }
  text += "], 'fortran_order': False, ";
  text += kBeforeRows;
  return text;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<NpyHeader, std::string> run();

 private:
  bool take(char c) {
    skip_blanks();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool at(char c) {
    skip_blanks();
    return text_.starts_with(c);
  }
  void skip_blanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\t' || text_[0] == '\n')) {
      text_.remove_prefix(1);
    }
  }
  Failure expected(std::string_view what) const {
    const std::string found =
        text_.empty() ? "it ends" : fmt::format("it has `{}`", shortened(text_.substr(0, 20)));
    return Failure(fmt::format("its header is broken: {} is expected where {}", what, found));
  }
  std::expected<std::string_view, std::string> string();
  std::expected<bool, std::string> boolean();
  std::expected<std::uint64_t, std::string> number();
  std::expected<void, std::string> shape();
  std::expected<void, std::string> descr();
  std::expected<void, std::string> field();
  std::expected<void, std::string> code(std::string name, std::string_view code);

  std::string_view text_;
  NpyHeader header_;
};

std::expected<std::string_view, std::string> Parser::string() {
  skip_blanks();
  if (!at('\'') && !at('"')) return expected("a string");
  const char quote = text_[0];
  for (std::size_t i = 1; i < text_.size() && text_[i] != '\n'; ++i) {
    if (text_[i] == '\\') return Failure("its header has a name with an escape, which is not read");
    if (text_[i] != quote) continue;
    const std::string_view found = text_.substr(1, i - 1);
    text_.remove_prefix(i + 1);
    return found;
  }
  return expected("a string that ends");
}

std::expected<bool, std::string> Parser::boolean() {
  skip_blanks();
  for (const bool value : {false, true}) {
    const std::string_view word = value ? "True" : "False";
    if (!text_.starts_with(word)) continue;
    text_.remove_prefix(word.size());
    return value;
  }
  return expected("`True` or `False`");
}

std::expected<std::uint64_t, std::string> Parser::number() {
  skip_blanks();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
  if (error == std::errc::result_out_of_range) {
    return Failure("its header is broken: a number does not fit 64 bits");
  }
  if (error != std::errc()) return expected("a number");
  text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
  if (text_.starts_with('L')) text_.remove_prefix(1);  // Python 2 wrote longs so
  return value;
}

std::expected<void, std::string> Parser::shape() {
  if (!take('(')) return expected("`(`");
  bool comma = true;
  while (!take(')')) {
    if (!comma) return expected("`,` or `)`");
    const auto length = number();
    if (!length) return Failure(length.error());
    if (header_.shape.size() == kMostDimensions) {
      return Failure(fmt::format("its shape has more than {} dimensions", kMostDimensions));
    }
    header_.shape.push_back(*length);
    comma = take(',');
  }
  // In Python `(3)` is no tuple.
  if (header_.shape.size() == 1 && !comma) return expected("a tuple as shape");
  return {};
}

// One number's type, as "<f8"; its field is added at the end of the element.
std::expected<void, std::string> Parser::code(std::string name, std::string_view code) {
  const auto unknown = [&] {
    const std::string of = name.empty() ? "" : fmt::format(" in its field `{}`", shortened(name));
    const std::string_view hint =
        code == "|O" ? " (Python objects: `.astype('float64')` or `.astype('int64')` may convert)"
                     : "";
    return Failure(fmt::format(
        "it has values of dtype '{}'{}{}; integers of 1, 2, 4 and 8 bytes, floats of 2, "
        "4 and 8, and bool can be read",
        shortened(code), of, hint));
  };
  if (code.size() < 3) return unknown();
  const char order = code[0];
  std::uint64_t bytes = 0;
  const char* const last = code.data() + code.size();
  const auto [end, error] = std::from_chars(code.data() + 2, last, bytes);
  if (error != std::errc() || end != last) return unknown();
  const std::size_t offset = header_.element_bytes;
  if (bytes > kMostElementBytes - offset) return unknown();
  if (code[1] != 'V' || !header_.structured) {  // else padding, which is a field of no column
    const std::optional<NpyKind> kind = kind_of(code[1], bytes);
    const bool ordered = order == '<' || order == '>' || (order == '|' && bytes == 1);
    if (!kind || !ordered) return unknown();
    header_.fields.push_back(
        {std::move(name), *kind, static_cast<std::uint8_t>(bytes), order == '>', offset});
  }
  header_.element_bytes += bytes;
  return {};
}

std::expected<void, std::string> Parser::field() {
  if (!take('(')) return expected("`(`");
  if (at('(')) return Failure("it has a field with a title, which is not read");
  const auto name = string();
  if (!name) return Failure(name.error());
  if (!take(',')) return expected("`,`");
  if (at('[')) {
    return Failure(
        fmt::format("its field `{}` is a structure, which is not read", shortened(*name)));
  }
  const auto type = string();
  if (!type) return Failure(type.error());
  if (take(',') && !at(')')) {
    return Failure(fmt::format("its field `{}` is an array, which is not read", shortened(*name)));
  }
  if (!take(')')) return expected("`)`");
  return code(std::string(*name), *type);
}

std::expected<void, std::string> Parser::descr() {
  if (!at('[')) {
    const auto type = string();
    if (!type) return Failure(type.error());
    return code({}, *type);
  }
  take('[');
  header_.structured = true;
  bool comma = true;
  while (!take(']')) {
    if (!comma) return expected("`,` or `]`");
    if (const auto read = field(); !read) return read;
    comma = take(',');
  }
  return {};
}

std::expected<NpyHeader, std::string> Parser::run() {
  constexpr std::string_view kKeys[] = {"descr", "fortran_order", "shape"};
  bool seen[std::size(kKeys)] = {};
  if (!take('{')) return expected("`{`");
  bool comma = true;
  while (!take('}')) {
    if (!comma) return expected("`,` or `}`");
    const auto key = string();
    if (!key) return Failure(key.error());
    const auto which = std::ranges::find(kKeys, *key) - std::begin(kKeys);
    if (which == std::ssize(kKeys) || std::exchange(seen[which], true)) {
      return Failure(fmt::format("its header is broken: the key `{}` is {}", shortened(*key),
                                 which == std::ssize(kKeys) ? "unknown" : "there twice"));
    }
    if (!take(':')) return expected("`:`");
    std::expected<void, std::string> value;
    if (which == 0) value = descr();
    if (which == 1) {
      const auto order = boolean();
      if (!order) return Failure(order.error());
      header_.fortran_order = *order;
    }
    if (which == 2) value = shape();
    if (!value) return Failure(value.error());
    comma = take(',');
  }
  for (std::size_t i = 0; i < std::size(kKeys); ++i) {
    if (!seen[i]) return Failure(fmt::format("its header is broken: it has no `{}`", kKeys[i]));
  }
  skip_blanks();
  if (!text_.empty()) return expected("nothing more");
  return std::move(header_);
}

}  // namespace

std::string dtype_name(const NpyField& field) {
  constexpr std::string_view kNames[] = {"int", "uint", "float"};
  if (field.kind == NpyKind::Bool) return "bool";
  return fmt::format("{}{}", kNames[static_cast<int>(field.kind)], field.bytes * 8);
}

std::string dtype_code(const NpyField& field) {
  const char order = field.bytes == 1 ? '|' : field.big_endian ? '>' : '<';
  return fmt::format("{}{}{}", order, "iufb"[static_cast<int>(field.kind)], field.bytes);
}

std::expected<std::size_t, std::string> npy_header_size(std::string_view prefix) {
  if (!prefix.starts_with(kMagic)) {
    return Failure(prefix.starts_with("PK")
                       ? "it is an .npz archive; `numpy.save` writes one array as .npy"
                       : "it is no .npy file");
  }
  if (prefix.size() < kNpyPrefix) return Failure("its header is cut off");
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(prefix[i]); };
  const std::size_t at = kMagic.size();
  if (byte(at) < 1 || byte(at) > 3 || byte(at + 1) != 0) {
    return Failure(fmt::format("it is of version {}.{} of the format; 1.0, 2.0 and 3.0 can be read",
                               byte(at), byte(at + 1)));
  }
  std::size_t length = 0;
  for (std::size_t i = length_bytes(prefix); i > 0; --i) length = length << 8 | byte(at + 1 + i);
  const std::size_t size = at + 2 + length_bytes(prefix) + length;
  if (size > kNpyLongestHeader) {
    return Failure(fmt::format("its header is broken: it has {} bytes, and at most {} can be read",
                               size, kNpyLongestHeader));
  }
  return size;
}

std::expected<NpyHeader, std::string> parse_npy_header(std::string_view header) {
  const auto size = npy_header_size(header.substr(0, kNpyPrefix));
  if (!size) return Failure(size.error());
  if (header.size() != *size) return Failure("its header is cut off");
  return Parser(header.substr(kMagic.size() + 2 + length_bytes(header))).run();
}

std::string make_npy_header(std::span<const NpyColumn> columns, std::uint64_t rows) {
  const std::string text = header_text(columns) + fmt::format("{}{}", rows, kAfterRows);
  const std::size_t longest = text.size() - fmt::formatted_size("{}", rows) + kMostDigits + 1;
  constexpr std::size_t kShort = 65'535;  // the longest text of version 1.0
  const bool wide = longest + 2 * kAlignment > kShort;
  const std::size_t before = kMagic.size() + 2 + (wide ? 4 : 2);
  const std::size_t size =
      std::max(2 * kAlignment, (before + longest + kAlignment - 1) / kAlignment * kAlignment);
  std::string header(kMagic);
  header += {wide ? '\2' : '\1', '\0'};
  for (std::size_t length = size - before, i = 0; i < (wide ? 4U : 2U); ++i, length >>= 8) {
    header += static_cast<char>(length & 0xff);
  }
  header += text;
  header.resize(size - 1, ' ');
  header += '\n';
  return header;
}

bool begins_npy_header(std::span<const NpyColumn> columns, std::string_view bytes) {
  const std::string none = make_npy_header(columns, 0);
  const std::size_t at = none.find(kBeforeRows) + kBeforeRows.size();
  if (bytes.size() <= at) return none.starts_with(bytes);
  std::uint64_t rows = 0;
  const auto [end, error] = std::from_chars(bytes.data() + at, bytes.data() + bytes.size(), rows);
  return error == std::errc() && make_npy_header(columns, rows).starts_with(bytes);
}

}  // namespace rosetta::par
