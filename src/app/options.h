// What the command line says, and nothing else: no command looks at argv.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rosetta {

// Options that every command has.
struct Common {
  bool json = false;
  bool color = false;  // of standard error, already decided
  std::string store;   // --store; empty: the environment says
};

enum class ColorChoice : std::uint8_t { Auto, Always, Never };

enum class EngineChoice : std::uint8_t { Auto, Interp, Jit, Opencl, Cuda };

// Whether its tasks run on devices, which can neither print nor be watched.
constexpr bool runs_on_devices(EngineChoice choice) {
  return choice == EngineChoice::Opencl || choice == EngineChoice::Cuda;
}

struct EngineSettings {
  EngineChoice choice = EngineChoice::Auto;
  bool cache = true;     // compiled code is taken from there, and kept
  bool profile = false;  // compiled code with names and lines, for debuggers and profilers
  std::vector<std::string>
      devices;  // --device: numbers or names; none: opencl's best, all of cuda's
};

struct RunOptions {
  std::string program;
  std::vector<std::string> arguments;
  std::optional<std::string> entry;
  std::uint64_t max_depth = 1'000'000;
  std::optional<std::uint64_t> fuel;
  std::optional<double> timeout;  // seconds
  bool trace = false;
  bool stats = false;
  bool memo = false;
  EngineSettings engine;
};

enum class ReduceChoice : std::uint8_t { Sum, Min, Max, Count, None };

struct ParOptions {
  std::string program;  // or a built-in kernel
  std::vector<std::string> arguments;
  std::optional<std::string> entry;
  std::optional<std::uint64_t> tasks;  // none: the arguments say
  std::uint64_t max_depth = 1'000'000;
  std::optional<std::uint64_t> fuel;  // of each task
  std::optional<double> timeout;      // seconds, of all
  ReduceChoice reduce = ReduceChoice::Sum;
  std::optional<std::string> out;
  bool resume = false;
  bool fail_fast = false;
  bool memo = false;
  std::optional<unsigned> threads;  // none: as many as there are processors
  bool stats = false;
  bool list = false;  // the built-in kernels
  EngineSettings engine;
};

enum class EmitTo : std::uint8_t { Llvm, Asm, Ptx, C, Cuda, Hip, Opencl };

struct EmitOptions {
  std::string program;
  EmitTo to = EmitTo::Llvm;
  std::optional<std::string> entry;
  std::string output;  // empty, or -: standard output
  bool fuel = false;
  bool native_recursion = false;  // of the device, not on stacks of our own
};

struct TestOptions {
  std::vector<std::string> files;
  bool fresh = false;  // run what passed before too
};

struct FmtOptions {
  std::vector<std::string> files;
  bool write = false;
  bool check = false;
};

struct ShowOptions {
  std::vector<std::string> programs;
  bool exact = false;
  bool all = false;  // what a stored function needs, too
};

struct HashOptions {
  std::vector<std::string> files;
  std::vector<std::string> texts;
};

struct StoreAddOptions {
  std::vector<std::string> files;
  bool update = false;
  bool dry_run = false;
};

struct StoreNamesOptions {
  std::string prefix;
};

// Commands about functions of the store.
struct StoreTargetOptions {
  std::vector<std::string> targets;
  bool all = false;     // deps, dependents: of those in turn
  bool remove = false;  // pin
};

struct StoreDiffOptions {
  std::string before;
  std::string after;
};

struct StoreRenameOptions {
  std::string from;
  std::string to;
};

struct StoreLogOptions {
  std::optional<std::string> name;
  std::uint64_t most = 20;
};

struct StoreUndoOptions {
  std::optional<std::uint64_t> change;  // none: the newest
};

struct StoreGcOptions {
  bool dry_run = false;
};

struct StoreExportOptions {
  std::vector<std::string> targets;
  std::string output;
  bool object = false;
};

struct StoreImportOptions {
  std::vector<std::string> files;
};

// Exit statuses besides those of Fault.
inline constexpr int kFine = 0;
inline constexpr int kTrapped = 1;    // or a check failed, or a file was not formatted
inline constexpr int kStopped = 130;  // by Ctrl-C

int run(const RunOptions& options, const Common& common);
int run_many(const ParOptions& options, const Common& common);
int emit(const EmitOptions& options, const Common& common);
// `to` is CUDA, and where no output is given it is a file named after the program.
int cuda(EmitOptions options, const Common& common);
int test(const TestOptions& options, const Common& common);
int fmt_files(const FmtOptions& options, const Common& common);
int show(const ShowOptions& options, const Common& common);
int hash(const HashOptions& options, const Common& common);

int store_add(const StoreAddOptions& options, const Common& common);
int store_names(const StoreNamesOptions& options, const Common& common);
int store_show(const StoreTargetOptions& options, const Common& common);
int store_deps(const StoreTargetOptions& options, const Common& common);
int store_dependents(const StoreTargetOptions& options, const Common& common);
int store_diff(const StoreDiffOptions& options, const Common& common);
int store_rename(const StoreRenameOptions& options, const Common& common);
int store_forget(const StoreTargetOptions& options, const Common& common);
int store_pin(const StoreTargetOptions& options, const Common& common);
int store_log(const StoreLogOptions& options, const Common& common);
int store_undo(const StoreUndoOptions& options, const Common& common);
int store_verify(const Common& common);
int store_gc(const StoreGcOptions& options, const Common& common);
int store_export(const StoreExportOptions& options, const Common& common);
int store_import(const StoreImportOptions& options, const Common& common);

}  // namespace rosetta
