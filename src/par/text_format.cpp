// CSV and JSON lines. A line is read loosely, and then has to be the very line that its values
// would be written as; so reading is as strict as writing, whatever may be written.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/wording.h"
#include "isa/trap.h"
#include "par/format.h"
#include "par/number.h"
#include "text/value.h"

namespace rosetta::par {
namespace {

template <class Integer>
void append_integer(Integer value, std::string& to) {
  char digits[20];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  to.append(digits, end);
}

void append_cell(Cell cell, Type type, std::string& to) {
  switch (type) {
    case Type::I64: return append_integer(static_cast<std::int64_t>(cell), to);
    case Type::I32: return append_integer(static_cast<std::int32_t>(cell), to);
    case Type::F64:
    case Type::F32: to += to_text(cell, type);
  }
}

std::optional<Cell> read_cell(std::string_view text, Type type) {
  if (text.starts_with("nan") || text.starts_with("-nan")) {
    const auto cell = read_value(text, type);
    return cell ? std::optional(*cell) : std::nullopt;
  }
  const auto cell = read_number(text, type);
  return cell ? std::optional(*cell) : std::nullopt;
}

// What is before `mark`, which is taken off with it; all, where there is none.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t at = std::min(text.find(mark), text.size());
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return before;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

class TextFormat : public Format {
 public:
  explicit TextFormat(std::span<const Type> results) : types_(results.begin(), results.end()) {}

  [[nodiscard]] bool begins(std::string_view bytes) const override {
    return head(0).starts_with(bytes);
  }
  [[nodiscard]] std::size_t longest_row() const override { return 128 + 64 * types_.size(); }
  void append(const Rows& rows, std::string& to) const override {
    for (std::size_t i = 0; i < rows.count; ++i) append_row(rows, i, to);
  }
  [[nodiscard]] Result<Read> read(std::string_view bytes, std::uint64_t first, std::size_t most,
                                  std::span<Cell* const> results,
                                  std::uint8_t* statuses) const override;

 protected:
  [[nodiscard]] std::span<const Type> types() const { return types_; }
  virtual void append_row(const Rows& rows, std::size_t i, std::string& to) const = 0;
  // Reads any line that append_row() may have written, into results[k][i]; false if it is none, but
  // it need not notice.
  virtual bool read_row(std::string_view line, std::size_t i, std::span<Cell* const> results,
                        std::uint8_t& status) const = 0;

 private:
  std::vector<Type> types_;
};

Result<Format::Read> TextFormat::read(std::string_view bytes, std::uint64_t first, std::size_t most,
                                      std::span<Cell* const> results,
                                      std::uint8_t* statuses) const {
  Read done;
  std::string written;
  while (done.rows < most) {
    const std::string_view rest = bytes.substr(done.bytes);
    const std::size_t size = rest.find('\n') + 1;
    if (size == 0) break;
    const std::string_view line = rest.substr(0, size);
    const std::size_t i = done.rows;
    for (Cell* const column : results) column[i] = 0;
    written.clear();
    if (read_row(line.substr(0, size - 1), i, results, statuses[i])) {
      append_row({first, i + 1, results, statuses}, i, written);
    }
    if (written != line) {
      return std::unexpected(
          Error{Fault::Machine, fmt::format("row {} is `{}`, which no such task gives", first + i,
                                            shortened(line.substr(0, size - 1)))});
    }
    ++done.rows;
    done.bytes += size;
  }
  return done;
}

bool read_status(std::string_view name, std::uint8_t& status) {
  const std::optional<Trap> trap = trap_named(name);
  status = static_cast<std::uint8_t>(trap.value_or(Trap::None));
  return trap.has_value();
}

class CsvFormat : public TextFormat {
 public:
  using TextFormat::TextFormat;

  [[nodiscard]] std::string head(std::uint64_t /*rows*/) const override {
    std::string line = "task,status";
    for (const std::string& name : result_names(types().size())) line += "," + name;
    return line + "\n";
  }

 private:
  void append_row(const Rows& rows, std::size_t i, std::string& to) const override {
    const std::uint8_t status = rows.statuses[i];
    append_integer(rows.first + i, to);
    to += ',';
    to += status == 0 ? "ok" : kTrapNames[status];
    for (std::size_t k = 0; k < types().size(); ++k) {
      to += ',';
      if (status == 0) append_cell(rows.results[k][i], types()[k], to);
    }
    to += '\n';
  }

  bool read_row(std::string_view line, std::size_t i, std::span<Cell* const> results,
                std::uint8_t& status) const override {
    take_until(line, ',');
    const std::string_view name = take_until(line, ',');
    status = 0;
    if (name != "ok") return read_status(name, status);
    for (std::size_t k = 0; k < types().size(); ++k) {
      const std::optional<Cell> cell = read_cell(take_until(line, ','), types()[k]);
      if (!cell) return false;
      results[k][i] = *cell;
    }
    return true;
  }
};

class JsonLinesFormat : public TextFormat {
 public:
  explicit JsonLinesFormat(std::span<const Type> results) : TextFormat(results) {
    for (const Type type : results) {
      before_.push_back(
          fmt::format(R"({}{{"type":"{}","value":")", before_.empty() ? "" : ",", name(type)));
    }
  }

  [[nodiscard]] std::string head(std::uint64_t /*rows*/) const override { return {}; }

 private:
  static constexpr std::string_view kTask = R"({"task":)";
  static constexpr std::string_view kTrap = R"("trap":")";
  static constexpr std::string_view kResults = R"("results":[)";

  void append_row(const Rows& rows, std::size_t i, std::string& to) const override {
    const std::uint8_t status = rows.statuses[i];
    to += kTask;
    append_integer(rows.first + i, to);
    to += ',';
    if (status != 0) {
      to += kTrap;
      to += kTrapNames[status];
      to += "\"}\n";
      return;
    }
    to += kResults;
    for (std::size_t k = 0; k < types().size(); ++k) {
      to += before_[k];
      append_cell(rows.results[k][i], types()[k], to);
      to += "\"}";
    }
    to += "]}\n";
  }

  bool read_row(std::string_view line, std::size_t i, std::span<Cell* const> results,
                std::uint8_t& status) const override {
    take_until(line, ',');
    status = 0;
    if (take(line, kTrap)) return read_status(take_until(line, '"'), status);
    if (!take(line, kResults)) return false;
    for (std::size_t k = 0; k < types().size(); ++k) {
      if (!take(line, before_[k])) return false;
      const std::optional<Cell> cell = read_cell(take_until(line, '"'), types()[k]);
      if (!cell || !take(line, "}")) return false;
      results[k][i] = *cell;
    }
    return true;
  }

  std::vector<std::string> before_;  // a result's value
};

}  // namespace

std::vector<std::string> result_names(std::size_t count) {
  if (count == 1) return {"result"};
  std::vector<std::string> names;
  for (std::size_t k = 0; k < count; ++k) names.push_back(fmt::format("result{}", k));
  return names;
}

std::unique_ptr<Format> csv_format(std::span<const Type> results) {
  return std::make_unique<CsvFormat>(results);
}

std::unique_ptr<Format> jsonl_format(std::span<const Type> results) {
  return std::make_unique<JsonLinesFormat>(results);
}

}  // namespace rosetta::par
