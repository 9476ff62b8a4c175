// How the results of tasks stand in a file: a row for each task, in their order, with its results
// and its status.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "isa/type.h"

namespace rosetta::par {

// Tasks [first, first + count): results[k][i] is the k-th result of task first + i, statuses[i] its
// Trap. The results of a trapped task mean nothing.
struct Rows {
  std::uint64_t first = 0;
  std::size_t count = 0;
  std::span<const Cell* const> results;
  const std::uint8_t* statuses = nullptr;
};

class Format {
 public:
  virtual ~Format() = default;

  // What the file begins with; as long for every number of rows.
  [[nodiscard]] virtual std::string head(std::uint64_t rows) const = 0;
  // Whether `bytes`, at most as many as a head has, are a head or the beginning of one, for some
  // number of rows.
  [[nodiscard]] virtual bool begins(std::string_view bytes) const = 0;

  // Appends rows. May be called by several threads at once.
  virtual void append(const Rows& rows, std::string& to) const = 0;

  // The most bytes that a row takes.
  [[nodiscard]] virtual std::size_t longest_row() const = 0;

  // The way back: rows that append() wrote, read into results[k][i] and statuses[i], at most `most`
  // of them, from the beginning of `bytes`, where the first is that of task `first`. A row that is
  // not whole is left. The error, about bytes that append() does not write, is the machine's and
  // names the row, not the file.
  struct Read {
    std::size_t rows = 0;
    std::size_t bytes = 0;
  };
  [[nodiscard]] virtual Result<Read> read(std::string_view bytes, std::uint64_t first,
                                          std::size_t most, std::span<Cell* const> results,
                                          std::uint8_t* statuses) const = 0;
};

// What results are called in a file: `result`, or `result0`, `result1`, … where there are several.
std::vector<std::string> result_names(std::size_t count);

// .npy: a structured array of packed records with fields of those names and the field `status`, an
// unsigned byte. The results of a trapped task are 0.
std::unique_ptr<Format> npy_format(std::span<const Type> results);
// .csv: columns task, status (`ok` or the trap's name) and the results, named as above; those of a
// trapped task are empty.
std::unique_ptr<Format> csv_format(std::span<const Type> results);
// .jsonl: {"task":0,"results":[{"type":"i64","value":"6"}]} or {"task":1,"trap":"unreachable"}.
std::unique_ptr<Format> jsonl_format(std::span<const Type> results);

}  // namespace rosetta::par
