// From what the command line calls a program to one that can run: what every command does first.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/library.h"
#include "app/options.h"
#include "app/render.h"
#include "app/stages.h"
#include "base/error.h"
#include "ir/program.h"
#include "text/assemble.h"

namespace rosetta {

struct Module {
  Source source;  // a file's; without text for a program of the store
  Assembly assembly;
  OpenStore* store = nullptr;
  std::optional<std::uint32_t> entry;  // of a program of the store
};

// Where the functions of a module stand in a text: the file's, or, for a stored function, what
// `show` prints of it. Made when asked for; the module outlives it.
class Listings {
 public:
  explicit Listings(const Module& module) : module_(module) {}

  struct Listing {
    const Source& source;
    const Lines& lines;
    const FunctionPlaces& places;
  };
  Listing of(std::uint32_t function);
  // As messages call it: a name, or `#` and the first digits.
  std::string name(std::uint32_t function);
  Hash hash(std::uint32_t function);
  // What is known of how a stored function is written.
  const FunctionNames& names(std::uint32_t function) { return stored(function).names; }
  [[nodiscard]] const Module& module() const { return module_; }

 private:
  struct Stored {
    FunctionNames names;
    Source source;
    FunctionPlaces places;
    std::optional<Lines> lines;
  };
  Stored& stored(std::uint32_t function);

  const Module& module_;
  std::optional<Lines> lines_;
  std::map<std::uint32_t, Stored> stored_;
  std::vector<Hash> hashes_;
};

// A file's text under its name for messages.
Result<Source> read_source(const std::string& path);

// Assembles a text. Warnings and errors go to standard error, or as JSON to standard
// output; nothing where there were errors (`status` says whose).
std::optional<Module> assemble_source(Source source, OpenStore& store, const Common& common,
                                      int& status, Stages* stages = nullptr);
// Both.
std::optional<Module> load_file(const std::string& path, OpenStore& store, const Common& common,
                                int& status, Stages* stages = nullptr);

// The same for a PROGRAM: a path, `-`, a name in the store, or a hash.
std::optional<Module> load_program(const std::string& program, OpenStore& store,
                                   const Common& common, int& status, Stages* stages = nullptr);

// The function that --entry chose, or `main`, or the one function that a program of the store is.
Result<std::uint32_t> find_entry(const Module& module, const std::optional<std::string>& chosen);

// Whether PROGRAM names a stored function: a hash, or a name where there is no such file.
bool is_stored_program(const std::string& program);

// Say an error on standard error (or as JSON) and give its exit status.
int fail(const Error& error, const Common& common);
// A `halt` that does not fit the entry that it is linked with.
int fail(const ir::LinkError& error, std::uint32_t entry, Listings& listings, const Common& common);

}  // namespace rosetta
