// Tables read whole, for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "par/table.h"

namespace rosetta::par {

struct Column {
  std::string name;
  Type type;
};

struct WhatWasRead {
  std::vector<std::vector<Cell>> columns;
  Fault fault{};
  std::string error;
};

// Wants columns of a table that was opened at `path`, and reads it `at_once` rows at a time.
inline WhatWasRead read_table(Result<std::unique_ptr<Table>> table, const std::string& path,
                              const std::vector<Column>& wanted, std::size_t at_once) {
  WhatWasRead outcome;
  const auto failed = [&](const Error& error) {
    outcome.fault = error.fault;
    outcome.error = error.message;
    const std::string quoted = "`" + path + "`";  // its folder has a random name
    for (std::size_t at = 0; (at = outcome.error.find(quoted)) != std::string::npos;) {
      outcome.error.replace(at, quoted.size(), "FILE");
    }
    return outcome;
  };
  if (!table) return failed(table.error());
  for (const Column& column : wanted) {
    const Result<std::size_t> found = (*table)->find(column.name);
    if (!found) return failed(found.error());
    const auto done = (*table)->want(*found, column.type, "x");
    if (!done) return failed(done.error());
  }
  const std::uint64_t rows = (*table)->rows();
  outcome.columns.assign(wanted.size(), std::vector<Cell>(rows));
  for (std::uint64_t first = 0; first < rows; first += at_once) {
    const std::size_t count = std::min<std::uint64_t>(at_once, rows - first);
    std::vector<Cell*> to;
    for (auto& column : outcome.columns) to.push_back(column.data() + first);
    const auto done = (*table)->read(first, count, to);
    if (!done) return failed(done.error());
  }
  return outcome;
}

}  // namespace rosetta::par
