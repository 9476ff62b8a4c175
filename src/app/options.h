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
};

enum class ColorChoice : std::uint8_t { Auto, Always, Never };

struct RunOptions {
  std::string program;
  std::vector<std::string> arguments;
  std::string entry = "main";
  std::uint64_t max_depth = 1'000'000;
  std::optional<std::uint64_t> fuel;
  std::optional<double> timeout;  // seconds
  bool trace = false;
  bool stats = false;
};

struct TestOptions {
  std::vector<std::string> files;
};

struct FmtOptions {
  std::vector<std::string> files;
  bool write = false;
  bool check = false;
};

struct ShowOptions {
  std::vector<std::string> files;
  bool exact = false;
};

struct HashOptions {
  std::vector<std::string> files;
  std::vector<std::string> texts;
};

// Exit statuses besides those of Fault.
inline constexpr int kFine = 0;
inline constexpr int kTrapped = 1;    // or a check failed, or a file was not formatted
inline constexpr int kStopped = 130;  // by Ctrl-C

int run(const RunOptions& options, const Common& common);
int test(const TestOptions& options, const Common& common);
int fmt_files(const FmtOptions& options, const Common& common);
int show(const ShowOptions& options, const Common& common);
int hash(const HashOptions& options, const Common& common);

}  // namespace rosetta
