// The file that --out names, with the record of the job that it is of.
//
// Beside FILE stands FILE.job: the program's hash, what its arguments are, with the hashes of
// files, how many tasks, and the limits. It is what --resume compares before it goes on: so the
// rows that are there are those that the job would write again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "isa/type.h"
#include "par/format.h"
#include "par/result_file.h"

namespace rosetta {

// All that the rows of a job depend on.
struct JobRecord {
  Hash program;
  std::vector<std::string> arguments;  // as TaskArguments::described
  std::uint64_t tasks = 0;
  Limits limits;
};

struct Out {
  std::unique_ptr<par::Format> format;
  std::optional<par::ResultFile> file;
};

// What the file's name says: .npy, .csv or .jsonl.
Result<std::unique_ptr<par::Format>> format_of(const std::string& path,
                                               std::span<const Type> results);

// Makes the file and its record anew, or, to `resume`, opens what an equal job left: where it left
// no row the file is made anew, too. The error is the user's where another job left rows.
Result<Out> open_out(const std::string& path, std::span<const Type> results,
                     const JobRecord& record, bool resume);

}  // namespace rosetta
