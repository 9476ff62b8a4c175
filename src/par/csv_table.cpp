#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/wording.h"
#include "par/csv.h"
#include "par/file.h"
#include "par/number.h"
#include "par/suggestion.h"
#include "par/table.h"

namespace rosetta::par {
namespace {

class CsvTable : public Table {
 public:
  explicit CsvTable(File file) : file_(std::move(file)) {}
  [[nodiscard]] Result<void> count_rows();

  [[nodiscard]] std::uint64_t rows() const override { return rows_; }
  [[nodiscard]] Result<Hash> digest() const override { return file_.digest(); }
  [[nodiscard]] std::size_t columns() const override { return names_.size(); }
  [[nodiscard]] Result<std::size_t> find(std::string_view name) const override;
  [[nodiscard]] Result<void> want(std::size_t column, Type type, std::string what) override {
    wanted_.push_back({column, type, std::move(what)});
    return {};
  }
  [[nodiscard]] Result<void> read(std::uint64_t first, std::size_t count,
                                  std::span<Cell* const> columns) override;

 private:
  struct Wanted {
    std::size_t column;
    Type type;
    std::string what;
  };

  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] Result<Cell> cell(const Wanted& wanted) const;

  File file_;
  std::uint64_t rows_ = 0;
  std::vector<std::string> names_;
  std::vector<Wanted> wanted_;
  std::optional<CsvReader> reader_;
  std::uint64_t next_row_ = 0;
  std::vector<std::string_view> fields_;  // of the row before next_row_
};

// The reader stands behind the first line, whose fields are in fields_.
Result<void> CsvTable::start() {
  reader_.emplace(file_.path(), [this, offset = std::uint64_t{0}](std::span<char> to) mutable {
    const Result<std::size_t> got = file_.read(offset, to);
    if (got) offset += *got;
    return got;
  });
  next_row_ = 0;
  const Result<bool> there = reader_->next(fields_);
  if (!there) return std::unexpected(there.error());
  if (*there) return {};
  return std::unexpected(Error{
      Fault::Machine, fmt::format("cannot read `{}`: it is empty, and its first line would name "
                                  "its columns",
                                  file_.path())});
}

Result<bool> CsvTable::next() {
  const Result<bool> there = reader_->next(fields_);
  if (!there || !*there) return there;
  if (fields_.size() != names_.size()) {
    return std::unexpected(
        Error{Fault::Machine,
              fmt::format("`{}`, line {}: it has {}, and the first line has {}", file_.path(),
                          reader_->line(), counted(fields_.size(), "field"), names_.size())});
  }
  ++next_row_;
  return true;
}

Result<void> CsvTable::count_rows() {
  if (const auto started = start(); !started) return started;
  names_.assign(fields_.begin(), fields_.end());
  for (;;) {
    const Result<bool> there = next();
    if (!there) return std::unexpected(there.error());
    if (!*there) break;
    ++rows_;
  }
  return start();
}

Result<std::size_t> CsvTable::find(std::string_view name) const {
  const auto failed = [&](const std::string& why) {
    return std::unexpected(Error{Fault::Usage, fmt::format("`{}` has {}", file_.path(), why)});
  };
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) {
    const std::vector<std::string_view> names(names_.begin(), names_.end());
    return failed(fmt::format("no column `{}`{}", shortened(name), suggestion(name, names)));
  }
  if (std::find(found + 1, names_.end(), name) != names_.end()) {
    return failed(fmt::format("more than one column `{}`", shortened(name)));
  }
  return static_cast<std::size_t>(found - names_.begin());
}

// A field of the current row.
Result<Cell> CsvTable::cell(const Wanted& wanted) const {
  constexpr std::string_view kBlanks = " \t";
  std::string_view text = fields_[wanted.column];
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  const std::expected<Cell, NumberFault> read = read_number(text, wanted.type);
  if (read) return *read;
  const std::string place =
      fmt::format("`{}`, row {} (line {}), column `{}`", file_.path(), next_row_ - 1,
                  reader_->line(), shortened(names_[wanted.column]));
  const std::string what = fmt::format("{}, an {}", wanted.what, name(wanted.type));
  if (text.empty()) {
    return std::unexpected(Error{
        Fault::Usage, fmt::format("{}: it is empty, and a value is needed for {}", place, what)});
  }
  return std::unexpected(
      Error{Fault::Usage,
            read.error() == NumberFault::Range
                ? fmt::format("{}: {} does not fit {}", place, shortened(text), what)
                : fmt::format("{}: `{}` is no {} for {}", place, shortened(text),
                              is_integer(wanted.type) ? "decimal integer" : "number", what)});
}

Result<void> CsvTable::read(std::uint64_t first, std::size_t count,
                            std::span<Cell* const> columns) {
  if (first < next_row_) {
    if (const auto started = start(); !started) return started;
  }
  const std::uint64_t last = first + count;
  while (next_row_ < last) {
    const Result<bool> there = next();
    if (!there) return std::unexpected(there.error());
    if (!*there) {
      return std::unexpected(Error{
          Fault::Machine, fmt::format("`{}` ends behind {} of {}: it was cut off while it was read",
                                      file_.path(), counted(next_row_, "row"), rows_)});
    }
    if (next_row_ <= first) continue;
    const std::size_t at = next_row_ - 1 - first;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const Result<Cell> value = cell(wanted_[i]);
      if (!value) return std::unexpected(value.error());
      columns[i][at] = *value;
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Table>> open_csv(const std::string& path) {
  Result<File> file = File::open_for_reading(path);
  if (!file) return std::unexpected(file.error());
  auto table = std::make_unique<CsvTable>(std::move(*file));
  if (const auto counted = table->count_rows(); !counted) return std::unexpected(counted.error());
  return table;
}

}  // namespace rosetta::par
