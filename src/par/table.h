// A file of rows, one for each task: some of its columns are arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "isa/type.h"
#include "par/input.h"

namespace rosetta::par {

// Read in pieces of bounded size, never mapped: a file that is cut off while it is read is an
// error. read() gives the wanted columns in the order of want().
class Table : public Input {
 public:
  [[nodiscard]] virtual std::uint64_t rows() const = 0;
  [[nodiscard]] virtual std::size_t columns() const = 0;
  // The column with this name; of a file whose columns have none, the one with this number, from 0.
  // The error says what there is.
  [[nodiscard]] virtual Result<std::size_t> find(std::string_view name) const = 0;

  // The BLAKE3 digest of the file's bytes: of the file that is read, whatever its name means by
  // now.
  [[nodiscard]] virtual Result<Hash> digest() const = 0;

  // The column is to be read too, as cells of this type, for what messages call `what` (the
  // parameter's name). The error is one of types: what the column holds is no such value.
  [[nodiscard]] virtual Result<void> want(std::size_t column, Type type, std::string what) = 0;
};

// NumPy's .npy (version 1 to 3 of the format): integers and floats of all sizes and bool, in both
// byte orders and layouts, one- and two-dimensional. The fields of a structured array are columns
// with names: results that were written are input again.
Result<std::unique_ptr<Table>> open_npy(const std::string& path);

// CSV (RFC 4180) whose first line names the columns. Opening reads the file through once, to know
// how many rows it has.
Result<std::unique_ptr<Table>> open_csv(const std::string& path);

}  // namespace rosetta::par
