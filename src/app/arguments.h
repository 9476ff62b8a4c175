// What a command line gives an entry function: a value for each parameter, or, for many tasks,
// where each parameter's values come from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/program.h"
#include "base/error.h"
#include "par/input.h"
#include "par/job.h"

namespace rosetta {

// Of one task: a literal for each parameter.
Result<std::vector<Cell>> read_arguments(const std::vector<std::string>& words,
                                         const Function& entry, const FunctionNames& names);

// Of many.
struct TaskArguments {
  std::uint64_t tasks = 0;
  std::vector<std::unique_ptr<par::Input>> inputs;
  std::vector<par::Source> sources;
  // For each parameter what its values are, in one spelling: 5, 0..10:1, @index, and for a file's
  // column @HASH:COLUMN with the digest of the file's bytes, where that was asked for.
  std::vector<std::string> described;
  std::vector<std::string> files;  // that are read
};

// Each word binds to the next parameter: a literal (for all tasks), FIRST..END, FIRST..END:STEP,
// @index, @FILE.npy (of two dimensions: to a parameter for each column), @FILE.npy:COLUMN,
// @FILE.csv:COLUMN. Without words, an entry with one integer parameter gets the task's index.
// `tasks` is what -n says. With `digests` the files' bytes are hashed.
Result<TaskArguments> bind_arguments(const std::vector<std::string>& words, const Function& entry,
                                     const FunctionNames& names, std::optional<std::uint64_t> tasks,
                                     bool digests);

}  // namespace rosetta
