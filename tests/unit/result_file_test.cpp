#include "par/result_file.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "par/format.h"
#include "unit/files.h"

namespace rosetta::par {
namespace {

Result<ResultFile> create(const std::string& path, const Format& format, std::uint64_t rows) {
  Result<ResultFile> file = ResultFile::open(path, format, rows);
  if (!file) return file;
  if (const Result<void> begun = file->begin_anew(); !begun) return std::unexpected(begun.error());
  return file;
}

Result<ResultFile> reopen(const std::string& path, const Format& format, std::uint64_t rows) {
  Result<ResultFile> file = ResultFile::open(path, format, rows);
  if (!file) return file;
  if (const Result<void> goes_on = file->go_on(); !goes_on) return std::unexpected(goes_on.error());
  return file;
}

struct Kind {
  std::string_view name;
  std::unique_ptr<Format> (*make)(std::span<const Type> results);
};
constexpr Kind kKinds[] = {{"npy", npy_format}, {"csv", csv_format}, {"jsonl", jsonl_format}};

// Results and statuses of tasks from 0 on.
struct Table {
  std::vector<Type> types;
  std::vector<std::vector<Cell>> columns;
  std::vector<std::uint8_t> statuses;

  Table(std::vector<Type> of, std::size_t rows)
      : types(std::move(of)), columns(types.size(), std::vector<Cell>(rows)), statuses(rows) {}
  [[nodiscard]] std::vector<Cell*> at(std::size_t row) {
    std::vector<Cell*> pointers;
    for (auto& column : columns) pointers.push_back(column.data() + row);
    return pointers;
  }
  [[nodiscard]] std::string append(const Format& format, std::size_t first, std::size_t count) {
    std::string bytes;
    const std::vector<Cell*> from = at(first);
    const std::vector<const Cell*> results(from.begin(), from.end());
    format.append({first, count, results, statuses.data() + first}, bytes);
    return bytes;
  }
  friend bool operator==(const Table&, const Table&) = default;
};

Cell random_cell(Type type) {
  const Cell bits = *rc::gen::oneOf(
      rc::gen::arbitrary<Cell>(),
      rc::gen::element<Cell>(0, 1, ~Cell{0}, std::bit_cast<Cell>(0.1), std::bit_cast<Cell>(-0.0),
                             0x7ff0'0000'0000'0000, 0x7ff8'0000'0000'0000, 0xfff8'0000'0000'0000,
                             0x7ff0'0000'0000'0005, 0x7f80'0000, 0x7fc0'0000, 0xffc0'0000,
                             0xff80'0005, 0x8000'0000, 0x8000'0000'0000'0000));
  return is_wide(type) ? bits : bits & 0xffff'ffff;
}

Table random_table(std::size_t most_rows) {
  auto types = *rc::gen::container<std::vector<Type>>(
      rc::gen::element(Type::I64, Type::I32, Type::F64, Type::F32));
  if (types.size() > 4) types.resize(4);
  Table table(std::move(types), *rc::gen::inRange<std::size_t>(0, most_rows));
  for (std::size_t i = 0; i < table.statuses.size(); ++i) {
    table.statuses[i] =
        static_cast<std::uint8_t>(*rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 4}, {1, 7}}));
    if (table.statuses[i] != 0) continue;
    for (std::size_t k = 0; k < table.types.size(); ++k) {
      table.columns[k][i] = random_cell(table.types[k]);
    }
  }
  return table;
}

// All rows of a reopened file, at most three at a time.
Result<Table> read_all(ResultFile& file, const std::vector<Type>& types, std::size_t most) {
  Table table(types, most + 3);
  std::size_t rows = 0;
  for (;;) {
    const auto read = file.read(3, table.at(rows), table.statuses.data() + rows);
    if (!read) return std::unexpected(read.error());
    if (*read == 0) break;
    rows += *read;
  }
  for (auto& column : table.columns) column.resize(rows);
  table.statuses.resize(rows);
  return table;
}

TEST(ResultFormatTest, RowsAreWrittenSo) {
  Table table({Type::I32, Type::F64}, 3);
  table.columns[0] = {0xffff'fffb, 0, 7};
  table.columns[1] = {std::bit_cast<Cell>(0.5), 0, 0xfff0'0000'0000'0005};
  table.statuses = {0, 1, 0};
  const auto csv = csv_format(table.types);
  EXPECT_EQ(csv->head(3) + table.append(*csv, 0, 3),
            "task,status,result0,result1\n0,ok,-5,0.5\n1,integer-divide-by-zero,,\n"
            "2,ok,7,-nan:0x5\n");
  const auto jsonl = jsonl_format(table.types);
  EXPECT_EQ(jsonl->head(3) + table.append(*jsonl, 0, 3),
            R"({"task":0,"results":[{"type":"i32","value":"-5"},{"type":"f64","value":"0.5"}]})"
            "\n"
            R"({"task":1,"trap":"integer-divide-by-zero"})"
            "\n"
            R"({"task":2,"results":[{"type":"i32","value":"7"},{"type":"f64","value":"-nan:0x5"}]})"
            "\n");
  const auto npy = npy_format(table.types);
  const std::string bytes = table.append(*npy, 0, 3);
  EXPECT_EQ(bytes, std::string("\xfb\xff\xff\xff\0\0\0\0\0\0\xe0\x3f\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\1"
                               "\7\0\0\0\5\0\0\0\0\0\xf0\xff\0",
                               39));
  EXPECT_EQ(npy->head(3).substr(10, 111),
            "{'descr': [('result0', '<i4'), ('result1', '<f8'), ('status', '|u1')], "
            "'fortran_order': False, 'shape': (3,), }");
}

TEST(ResultFormatTest, ATaskMayHaveNoResult) {
  Table table({}, 2);
  table.statuses = {0, 4};
  const auto csv = csv_format({});
  EXPECT_EQ(csv->head(2) + table.append(*csv, 0, 2), "task,status\n0,ok\n1,unreachable\n");
  const auto jsonl = jsonl_format({});
  EXPECT_EQ(table.append(*jsonl, 0, 2),
            "{\"task\":0,\"results\":[]}\n{\"task\":1,\"trap\":\"unreachable\"}\n");
  EXPECT_EQ(table.append(*npy_format({}), 0, 2), std::string("\0\4", 2));
}

TEST(ResultFormatTest, ARowIsAtMostAsLongAsItSays) {
  for (const Kind& kind : kKinds) {
    for (const Type type : {Type::I64, Type::I32, Type::F64, Type::F32}) {
      Table table({type, type, type}, 1);
      for (auto& column : table.columns) {
        column = {is_wide(type) ? 0x8010'0000'0000'0001 : 0x8000'0001};
      }
      const auto format = kind.make(table.types);
      const std::vector<Cell*> from = table.at(0);
      const std::vector<const Cell*> results(from.begin(), from.end());
      for (std::uint8_t status = 0; status < 8; ++status) {
        std::string bytes;
        format->append({~std::uint64_t{0} - 1, 1, results, &status}, bytes);
        EXPECT_LE(bytes.size(), format->longest_row()) << kind.name;
      }
    }
  }
}

TEST(ResultFormatTest, OnlyWhatIsWrittenIsRead) {
  const std::vector<Type> types = {Type::I64};
  const struct {
    std::unique_ptr<Format> format;
    std::string bytes;
  } cases[] = {
      {csv_format(types), "1,ok,6\n"},  // not task 0
      {csv_format(types), "00,ok,6\n"},
      {csv_format(types), "0,ok,06\n"},
      {csv_format(types), "0,ok,+6\n"},
      {csv_format(types), "0,ok,6\r\n"},
      {csv_format(types), "0,ok,6,\n"},
      {csv_format(types), "0,ok,\n"},
      {csv_format(types), "0,ok\n"},
      {csv_format(types), "0,none,6\n"},
      {csv_format(types), "0,unreachable,6\n"},
      {csv_format(types), "0,unreachable\n"},
      {csv_format(types), "\n"},
      {jsonl_format(types), "{\"task\":1,\"results\":[{\"type\":\"i64\",\"value\":\"6\"}]}\n"},
      {jsonl_format(types), "{\"task\":0,\"results\":[{\"type\":\"i32\",\"value\":\"6\"}]}\n"},
      {jsonl_format(types), "{\"task\":0, \"results\":[{\"type\":\"i64\",\"value\":\"6\"}]}\n"},
      {jsonl_format(types), "{\"task\":0,\"results\":[{\"type\":\"i64\",\"value\":\"6\"}]} \n"},
      {jsonl_format(types), "{\"task\":0,\"results\":[]}\n"},
      {jsonl_format(types), "{\"task\":0,\"trap\":\"none\"}\n"},
      {jsonl_format(types), "{\"task\":0,\"trap\":\"unreachable\"}}\n"},
      {jsonl_format(types), "\n"},
      {npy_format(types), std::string("\6\0\0\0\0\0\0\0\1", 9)},   // a trap and a result
      {npy_format(types), std::string("\0\0\0\0\0\0\0\0\10", 9)},  // no such trap
  };
  for (const auto& each : cases) {
    Cell cell = 0;
    Cell* const columns[] = {&cell};
    std::uint8_t status = 0;
    const auto read = each.format->read(each.bytes, 0, 1, columns, &status);
    ASSERT_FALSE(read) << each.bytes;
    EXPECT_TRUE(read.error().message.starts_with("row 0 ")) << read.error().message;
  }
}

RC_GTEST_PROP(ResultFileTest, AFileThatWasCutAnywhereGoesOn, ()) {
  const Kind& kind = *rc::gen::elementOf(std::vector<Kind>(std::begin(kKinds), std::end(kKinds)));
  Table table = random_table(6);
  const auto format = kind.make(table.types);
  const std::size_t rows = table.statuses.size();
  const Folder folder;
  const std::string path = folder.path("out");
  {
    auto file = create(path, *format, rows);
    RC_ASSERT(file.has_value());
    const auto half = *rc::gen::inRange<std::size_t>(0, rows + 1);
    RC_ASSERT(file->write(table.append(*format, 0, half)).has_value());
    RC_ASSERT(file->write(table.append(*format, half, rows - half)).has_value());
    RC_ASSERT(file->finish(rows).has_value());
  }
  const std::string whole = bytes_in(path);
  RC_ASSERT(whole == format->head(rows) + table.append(*format, 0, rows));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string cut = folder.file("cut", whole.substr(0, size));
    auto file = reopen(cut, *format, rows);
    RC_ASSERT(file.has_value());
    const auto read = read_all(*file, table.types, rows);
    RC_ASSERT(read.has_value());
    const std::size_t there = read->statuses.size();
    RC_ASSERT(bytes_in(cut) == whole.substr(0, size));  // nothing is changed yet
    Table first = table;
    for (auto& column : first.columns) column.resize(there);
    first.statuses.resize(there);
    RC_ASSERT(*read == first);
    // All whole rows, and no more.
    const std::size_t head = format->head(rows).size();
    RC_ASSERT(head + table.append(*format, 0, there).size() <= std::max(size, head));
    const std::size_t next = std::min(rows, there + 1);
    RC_ASSERT(there == rows || head + table.append(*format, 0, next).size() > size);
    RC_ASSERT(file->write(table.append(*format, there, rows - there)).has_value());
    RC_ASSERT(file->finish(rows).has_value());
    RC_ASSERT(bytes_in(cut) == whole);
  }
}

TEST(ResultFileTest, SaysHowManyRowsThereAre) {
  const Folder folder;
  Table table({Type::I64}, 3);
  const auto format = npy_format(table.types);
  {
    auto file = create(folder.path("out.npy"), *format, 1'000);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(table.append(*format, 0, 3)));
    ASSERT_TRUE(file->finish(3));
  }
  EXPECT_EQ(bytes_in(folder.path("out.npy")), format->head(3) + std::string(27, '\0'));
  // A longer job goes on in it, whatever its head says.
  auto file = reopen(folder.path("out.npy"), *format, 5);
  ASSERT_TRUE(file) << file.error().message;
  const auto read = read_all(*file, table.types, 5);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, table);
  ASSERT_TRUE(file->finish(3));
  EXPECT_EQ(bytes_in(folder.path("out.npy")), format->head(3) + std::string(27, '\0'));
}

TEST(ResultFileTest, LargeFilesAreReadInPieces) {
  const Folder folder;
  for (const Kind& kind : kKinds) {
    Table table({Type::I64, Type::F32}, 30'000);
    for (std::size_t i = 0; i < table.statuses.size(); ++i) {
      table.columns[0][i] = i * 0x1234'5678'9abc;
      table.columns[1][i] = static_cast<std::uint32_t>(i * 40'503);
    }
    const auto format = kind.make(table.types);
    const std::string path =
        folder.file("out", format->head(30'000) + table.append(*format, 0, 30'000));
    auto file = reopen(path, *format, 30'000);
    ASSERT_TRUE(file);
    Table read(table.types, 30'000);
    std::size_t rows = 0;
    while (rows < 30'000) {
      const auto got = file->read(30'000 - rows, read.at(rows), read.statuses.data() + rows);
      ASSERT_TRUE(got);
      ASSERT_GT(*got, 0U);
      rows += *got;
    }
    EXPECT_EQ(read, table) << kind.name;
  }
}

TEST(ResultFileTest, OtherFilesAreRefused) {
  const Folder folder;
  Table table({Type::I64}, 3);
  for (const Kind& kind : kKinds) {
    const auto format = kind.make(table.types);
    const std::string head = format->head(3);
    const std::string rows = table.append(*format, 0, 3);
    const auto other = kind.make(std::vector{Type::F32});
    Table others({Type::F32}, 3);
    const struct {
      std::string bytes;
      std::string_view error;
    } cases[] = {
        {"Dear reader,\n" + std::string(1'000, '\n'), "is not a file of this job's results"},
        {other->head(3) + others.append(*other, 0, 3), "is not a file of this job's results"},
        {head + std::string(1'000, '\xff'), "is not a file of this job's results"},
        {head + rows + table.append(*format, 0, 1), "is not a file of this job's results"},
    };
    for (const auto& each : cases) {
      const std::string path = folder.file("out", each.bytes);
      auto file = reopen(path, *format, 3);
      std::string error = file ? "" : file.error().message;
      if (file) {
        const auto read = read_all(*file, table.types, 3);
        // (In CSV an f32's column is called as an i64's; its values are not written so.)
        ASSERT_FALSE(read) << kind.name << ": " << each.bytes.substr(0, 100);
        error = read.error().message;
      }
      EXPECT_TRUE(error.contains(each.error)) << error;
      EXPECT_TRUE(error.starts_with("`" + path)) << error;
      EXPECT_EQ(bytes_in(path), each.bytes);
    }
    auto file = reopen(folder.file("out", head + rows), *format, 2);
    ASSERT_TRUE(file);
    const auto read = read_all(*file, table.types, 3);
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().message.contains("more than 2 rows")) << read.error().message;
  }
}

TEST(ResultFileTest, OnlyOneProcessWritesIt) {
  const Folder folder;
  const auto format = csv_format(std::vector{Type::I64});
  auto file = create(folder.path("out"), *format, 3);
  ASSERT_TRUE(file);
  const std::string before = bytes_in(folder.path("out"));
  // (The lock is the open file's: the same process is refused like another.)
  for (const auto open : {create, reopen}) {
    const auto again = open(folder.path("out"), *format, 3);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message,
              "cannot write `" + folder.path("out") + "`: another process is writing it");
  }
  EXPECT_EQ(bytes_in(folder.path("out")), before);
  const ResultFile moved = std::move(*file);
  EXPECT_FALSE(create(folder.path("out"), *format, 3));
}

TEST(ResultFileTest, OnlyRegularFilesAreWritten) {
  const Folder folder;
  const auto format = csv_format({});
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  for (const auto open : {create, reopen}) {
    for (const std::string& path : {folder.path("pipe"), folder.path("."), folder.path("no/file"),
                                    std::string("/dev/null")}) {
      const auto file = open(path, *format, 3);
      ASSERT_FALSE(file) << path;
      EXPECT_TRUE(file.error().message.starts_with("cannot write `" + path + "`: "));
    }
  }
  // What is not there is made, and has no rows.
  auto none = ResultFile::open(folder.path("none"), *format, 3);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_rows().value());
  // A link is followed.
  std::filesystem::create_symlink("there", folder.path("link"));
  ASSERT_TRUE(create(folder.path("link"), *format, 3));
  EXPECT_EQ(bytes_in(folder.path("there")), "task,status\n");
}

TEST(ResultFileTest, AFullDiskIsAnError) {
  const Folder folder;
  const auto format = npy_format(std::vector{Type::I64});
  const std::string path = folder.path("out");
  // In a process of its own, whose files may have but 1,000 bytes.
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000, 1'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto file = create(path, *format, 1'000);
    const bool taken = file && file->write(std::string(9'000, '\0'));
    const auto written = taken ? file->flush() : Result<void>();
    const bool right = taken && !written && written.error().fault == Fault::Machine &&
                       written.error().message == "cannot write `" + path + "`: File too large";
    _exit(right ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(bytes_in(path).size(), 1'000U);
}

}  // namespace
}  // namespace rosetta::par
