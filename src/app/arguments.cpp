#include "app/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "base/wording.h"
#include "par/made.h"
#include "par/table.h"
#include "text/value.h"

namespace rosetta {
namespace {

std::unexpected<Error> usage(std::string message) {
  return std::unexpected(Error{Fault::Usage, std::move(message)});
}

// "a: i64, b: f64"
std::string parameters_text(const Function& entry, const FunctionNames& names) {
  constexpr std::size_t kMostNamed = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(entry.params().size(), kMostNamed); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", shortened(names.params[i]),
                        name(entry.params()[i]));
  }
  if (entry.params().size() > kMostNamed) text += ", …";
  return text;
}

std::unexpected<Error> wrong_count(std::size_t given, const Function& entry,
                                   const FunctionNames& names) {
  return usage(fmt::format("`{}({})` takes {}, not {}", shortened(names.name),
                           parameters_text(entry, names),
                           counted(entry.params().size(), "argument"), given));
}

// A parameter, and the word that is bound to it.
struct Parameter {
  std::uint32_t number;
  Type type;
  std::string name;      // shortened
  std::string function;  // shortened
  std::string word;

  // "argument 2 of `main`, `x`: …"
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const {
    return usage(fmt::format("argument {} of `{}`, `{}`: {} ({} is an {})", number + 1, function,
                             shortened(printable(word)), what, name, rosetta::name(type)));
  }
};

Parameter parameter(std::size_t number, const Function& entry, const FunctionNames& names,
                    const std::string& word) {
  return {static_cast<std::uint32_t>(number), entry.params()[number],
          shortened(names.params[number]), shortened(names.name), word};
}

Result<Cell> read_one(const Parameter& parameter) {
  const auto cell = read_value(parameter.word, parameter.type);
  if (!cell) return parameter.wrong(cell.error());
  return *cell;
}

// FIRST..END or FIRST..END:STEP, END excluded.
struct Range {
  std::string first;
  std::string end;
  std::optional<std::string> step;
};

std::optional<Range> range_of(const std::string& word) {
  const std::size_t dots = word.find("..");
  if (dots == std::string::npos || word.starts_with('@')) return std::nullopt;
  Range range{word.substr(0, dots), word.substr(dots + 2), {}};
  if (const std::size_t colon = range.end.find(':'); colon != std::string::npos) {
    range.step = range.end.substr(colon + 1);
    range.end.resize(colon);
  }
  return range;
}

// @FILE.npy, @FILE.npy:COLUMN or @FILE.csv:COLUMN.
struct FileColumn {
  std::string path;
  bool csv = false;
  std::optional<std::string> column;
};

std::optional<FileColumn> file_column(const std::string& word) {
  if (!word.starts_with('@')) return std::nullopt;
  // The file's name ends at the first place where it can; a column's may have everything in it.
  const std::size_t colon = std::min(word.find(".npy:"), word.find(".csv:"));
  const std::string path = word.substr(1, colon == std::string::npos ? colon : colon + 3);
  if (!path.ends_with(".npy") && !path.ends_with(".csv")) return std::nullopt;
  FileColumn file{path, path.ends_with(".csv"), {}};
  if (colon != std::string::npos) file.column = word.substr(colon + 5);
  return file;
}

class Binder {
 public:
  Binder(const Function& entry, const FunctionNames& names, std::optional<std::uint64_t> tasks,
         bool digests)
      : entry_(entry), names_(names), wanted_(tasks), digests_(digests) {}

  Result<TaskArguments> bind(const std::vector<std::string>& words);

 private:
  // A range or an index: the number of tasks has to be known before it can be made.
  struct Later {
    Parameter parameter;
    std::optional<Range> range;  // none: @index
    std::optional<std::uint64_t> count;
    double first = 0;  // of a range of floats
    double end = 0;
    double step = 0;
    std::int64_t integer_first = 0;
    std::int64_t integer_end = 0;
    std::int64_t integer_step = 1;
  };
  struct File {
    par::Table* table;
    std::size_t source;
    std::string digest;
  };

  Result<void> bind_word(const std::string& word);
  Result<void> bind_file(const Parameter& at, const FileColumn& file);
  Result<Later> measure(const Parameter& at, const Range& range);
  Result<File*> open(const FileColumn& file);
  Result<std::uint64_t> count_tasks();
  Result<void> make(Later& later);
  void add(const Parameter& at, std::unique_ptr<par::Input> input, std::string described);
  [[nodiscard]] std::size_t bound() const { return made_.described.size(); }

  const Function& entry_;
  const FunctionNames& names_;
  std::optional<std::uint64_t> wanted_;
  bool digests_;
  TaskArguments made_;
  std::vector<Later> later_;
  std::map<std::string, File> files_;
  std::optional<std::pair<std::string, std::uint64_t>> rows_;  // of a file
};

void Binder::add(const Parameter& at, std::unique_ptr<par::Input> input, std::string described) {
  made_.sources.push_back({input.get(), {at.number}});
  made_.inputs.push_back(std::move(input));
  made_.described[at.number] = std::move(described);
}

Result<Binder::File*> Binder::open(const FileColumn& file) {
  const auto found = files_.find(file.path);
  if (found != files_.end()) return &found->second;
  Result<std::unique_ptr<par::Table>> table =
      file.csv ? par::open_csv(file.path) : par::open_npy(file.path);
  if (!table) return std::unexpected(table.error());
  const std::uint64_t rows = (*table)->rows();
  if (wanted_ && *wanted_ != rows) {
    return usage(fmt::format("`{}` has {}, and -n says {}", printable(file.path),
                             counted(rows, "row"), *wanted_));
  }
  if (rows_ && rows_->second != rows) {
    return usage(fmt::format("`{}` has {}, and `{}` has {}: there is a task for each",
                             printable(rows_->first), counted(rows_->second, "row"),
                             printable(file.path), rows));
  }
  rows_ = {file.path, rows};
  made_.files.push_back(file.path);
  std::string digest;
  if (digests_) {
    const Result<Hash> hash = (*table)->digest();
    if (!hash) return std::unexpected(hash.error());
    digest = to_hex(*hash);
  }
  made_.sources.push_back({table->get(), {}});
  File& opened = files_[file.path];
  opened = {table->get(), made_.sources.size() - 1, digest};
  made_.inputs.push_back(std::move(*table));
  return &opened;
}

Result<void> Binder::bind_file(const Parameter& at, const FileColumn& file) {
  const Result<File*> opened = open(file);
  if (!opened) return std::unexpected(opened.error());
  par::Table& table = *(*opened)->table;
  const std::size_t left = entry_.params().size() - at.number;
  std::vector<std::size_t> columns;
  if (file.column) {
    const Result<std::size_t> column = table.find(*file.column);
    if (!column) return std::unexpected(column.error());
    columns.push_back(*column);
  } else if (file.csv && table.columns() != 1) {
    return at.wrong("a CSV file's column has to be named, as in @FILE.csv:NAME");
  } else if (table.columns() == 0) {
    return at.wrong("it has no columns");
  } else if (table.columns() > left) {
    return usage(fmt::format("`{}` has {}, and `{}({})` has {} left for them; @FILE:COLUMN is one",
                             printable(file.path), counted(table.columns(), "column"),
                             shortened(names_.name), parameters_text(entry_, names_),
                             counted(left, "parameter")));
  } else {
    for (std::size_t column = 0; column < table.columns(); ++column) columns.push_back(column);
  }
  made_.described.resize(at.number + columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Parameter mine = parameter(at.number + i, entry_, names_, at.word);
    const Result<void> fits = table.want(columns[i], mine.type, mine.name);
    if (!fits) return fits;
    made_.sources[(*opened)->source].parameters.push_back(mine.number);
    made_.described[mine.number] = fmt::format("@{}:{}", (*opened)->digest, columns[i]);
  }
  return {};
}

// How many values a range has, where it says so itself.
Result<Binder::Later> Binder::measure(const Parameter& at, const Range& range) {
  Later later{at, range, {}};
  const auto read = [&](const std::string& text, double& number, std::int64_t& integer) {
    Parameter part = at;
    // Beyond an i32's last value there is still an end.
    if (at.type == Type::I32) part.type = Type::I64;
    if (at.type == Type::F32) part.type = Type::F64;
    const auto cell = read_value(text, part.type);
    if (!cell) {
      return Result<void>(at.wrong(
          fmt::format("`{}` in FIRST..END[:STEP]: {}", shortened(printable(text)), cell.error())));
    }
    integer = static_cast<std::int64_t>(*cell);
    if (is_float(at.type)) number = std::bit_cast<double>(*cell);
    if (std::isfinite(number)) return Result<void>();
    return Result<void>(at.wrong("a range is between numbers"));
  };
  for (const Result<void>& part :
       {read(range.first, later.first, later.integer_first),
        read(range.end, later.end, later.integer_end),
        range.step ? read(*range.step, later.step, later.integer_step) : Result<void>()}) {
    if (!part) return std::unexpected(part.error());
  }
  const auto nothing = [&] {
    return at.wrong("there is nothing in this range; a step below 0 counts down, as in 10..0:-1");
  };
  const bool still = is_float(at.type) ? later.step == 0 : later.integer_step == 0;
  if (range.step && still) return at.wrong("a step is not 0");
  if (is_float(at.type)) {
    // Values lie between the two, so that they fit where these do.
    for (const double value : {later.first, later.end, later.end - later.first}) {
      const double most = at.type == Type::F64 ? std::numeric_limits<double>::max()
                                               : double{std::numeric_limits<float>::max()};
      const bool fits = std::abs(value) <= most;
      if (!fits) return at.wrong(fmt::format("it goes beyond an {}", name(at.type)));
    }
    if (!range.step) return later;
    const double count = (later.end - later.first) / later.step;
    if (!(count >= 0)) return nothing();
    double values = std::ceil(count);
    if (values > 9e15) return at.wrong("the step is too small to change the value");
    // A last value that is END but for rounding is not there.
    const double last = later.first + (values - 1) * later.step;
    if (values > 1 && std::abs(last - later.end) < 1e-9 * std::abs(later.step)) --values;
    later.count = static_cast<std::uint64_t>(values);
    return later;
  }
  const __int128 distance = __int128{later.integer_end} - later.integer_first;
  const __int128 step = later.integer_step;
  if (distance != 0 && (distance < 0) != (step < 0)) return nothing();
  const __int128 count = (distance + step + (step < 0 ? 1 : -1)) / step;
  const __int128 last = later.integer_first + (count - 1) * step;
  if (at.type == Type::I32 && count > 0) {
    for (const __int128 value : {__int128{later.integer_first}, last}) {
      if (value < INT32_MIN || value > INT32_MAX) return at.wrong("it goes beyond an i32");
    }
  }
  later.count = static_cast<std::uint64_t>(count);
  return later;
}

Result<void> Binder::bind_word(const std::string& word) {
  const Parameter at = parameter(bound(), entry_, names_, word);
  if (const auto file = file_column(word)) return bind_file(at, *file);
  made_.described.emplace_back();
  if (word == "@index") {
    later_.push_back({at, {}, {}});
    return {};
  }
  if (word.starts_with('@')) {
    return at.wrong("@ is for @index, @FILE.npy, @FILE.npy:COLUMN and @FILE.csv:COLUMN");
  }
  if (const auto range = range_of(word)) {
    Result<Later> later = measure(at, *range);
    if (!later) return std::unexpected(later.error());
    later_.push_back(std::move(*later));
    return {};
  }
  if (word.ends_with(".npy") || word.ends_with(".csv")) {
    return at.wrong(fmt::format("a file is written `@{}`", shortened(printable(word))));
  }
  const Result<Cell> cell = read_one(at);
  if (!cell) return std::unexpected(cell.error());
  add(at, par::make_constant(*cell), to_text(*cell, at.type));
  return {};
}

Result<std::uint64_t> Binder::count_tasks() {
  if (wanted_) return *wanted_;
  if (rows_) return rows_->second;
  const Later* known = nullptr;
  for (const Later& later : later_) {
    if (!later.count) continue;
    if (known != nullptr && *known->count != *later.count) {
      return usage(fmt::format("`{}` has {}, and `{}` has {}: -n says how many tasks there are",
                               shortened(printable(known->parameter.word)),
                               counted(*known->count, "value"),
                               shortened(printable(later.parameter.word)), *later.count));
    }
    known = &later;
  }
  if (known != nullptr) return *known->count;
  return usage("nothing says how many tasks there are; -n N does, or a range or a file's rows");
}

Result<void> Binder::make(Later& later) {
  const Parameter& at = later.parameter;
  const std::uint64_t tasks = made_.tasks;
  if (!later.range) {
    if (tasks > par::most_indices(at.type)) {
      return at.wrong(fmt::format("there are {}, more than have an index of this type",
                                  counted(tasks, "task")));
    }
    add(at, par::make_index(at.type), "@index");
    return {};
  }
  if (later.count && *later.count > tasks) {
    return usage(fmt::format("`{}` has {}, and there {} {}", shortened(printable(at.word)),
                             counted(*later.count, "value"), tasks == 1 ? "is" : "are",
                             counted(tasks, "task")));
  }
  if (later.count && *later.count == 0 && tasks > 0) {
    return at.wrong("there is nothing in this range");
  }
  const std::uint64_t count = std::max<std::uint64_t>(later.count.value_or(tasks), 1);
  if (is_integer(at.type)) {
    add(at, par::make_integer_range(at.type, later.integer_first, later.integer_step, count),
        fmt::format("{}..{}:{}", later.integer_first, later.integer_end, later.integer_step));
    return {};
  }
  const double step =
      later.range->step ? later.step : (later.end - later.first) / static_cast<double>(count);
  add(at, par::make_float_range(at.type, later.first, step, count),
      fmt::format("{}..{}:{}", later.first, later.end, step));
  return {};
}

Result<TaskArguments> Binder::bind(const std::vector<std::string>& words) {
  const std::span<const Type> params = entry_.params();
  if (words.empty() && params.size() == 1 && is_integer(params[0])) {
    made_.described.emplace_back();
    later_.push_back({parameter(0, entry_, names_, "@index"), {}, {}});
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (bound() == params.size() && i >= params.size()) {
      return wrong_count(words.size(), entry_, names_);
    }
    if (bound() == params.size()) {
      return usage(fmt::format("`{}({})` takes {}: `{}` is one too many", shortened(names_.name),
                               parameters_text(entry_, names_), counted(params.size(), "argument"),
                               shortened(printable(words[i]))));
    }
    const Result<void> done = bind_word(words[i]);
    if (!done) return std::unexpected(done.error());
  }
  if (bound() != params.size()) return wrong_count(words.size(), entry_, names_);
  const Result<std::uint64_t> tasks = count_tasks();
  if (!tasks) return std::unexpected(tasks.error());
  made_.tasks = *tasks;
  for (Later& later : later_) {
    const Result<void> done = make(later);
    if (!done) return std::unexpected(done.error());
  }
  return std::move(made_);
}

}  // namespace

Result<std::vector<Cell>> read_arguments(const std::vector<std::string>& words,
                                         const Function& entry, const FunctionNames& names) {
  if (words.size() != entry.params().size()) return wrong_count(words.size(), entry, names);
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Result<Cell> cell = read_one(parameter(i, entry, names, words[i]));
    if (!cell) return std::unexpected(cell.error());
    cells.push_back(*cell);
  }
  return cells;
}

Result<TaskArguments> bind_arguments(const std::vector<std::string>& words, const Function& entry,
                                     const FunctionNames& names, std::optional<std::uint64_t> tasks,
                                     bool digests) {
  return Binder(entry, names, tasks, digests).bind(words);
}

}  // namespace rosetta
