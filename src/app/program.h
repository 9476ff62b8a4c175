// From a path to a program that can run: what every command does first.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/render.h"
#include "base/error.h"
#include "ir/program.h"
#include "text/assemble.h"

namespace rosetta {

// How long each stage took, in the order they came.
class Stages {
 public:
  void done(std::string stage);
  struct Stage {
    std::string name;
    std::chrono::nanoseconds time;
  };
  [[nodiscard]] const std::vector<Stage>& all() const { return stages_; }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::vector<Stage> stages_;
};

struct Module {
  Source source;
  Assembly assembly;
};

// Reads a file, or standard input for `-`.
Result<std::string> read_file(const std::string& path, std::uint64_t most);

// Reads and assembles. Warnings and errors go to standard error, or as JSON to standard output;
// nothing where there were errors, or where the file could not be read (`status` says which).
std::optional<Module> load(const std::string& path, const Common& common, int& status,
                           Stages* stages = nullptr);

// Links and lowers an entry of the module; the error is about a `halt` that does not fit it.
std::expected<ir::Program, Diagnostic> link_entry(const Module& module, std::uint32_t entry);

// Say an error on standard error (or as JSON) and give its exit status.
int fail(const Error& error, const Common& common);
int fail(const Diagnostic& error, const Module& module, const Common& common);

}  // namespace rosetta
