// The table of commands: for each its options, and what runs it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "app/options.h"

namespace CLI {
class App;
}

namespace rosetta {

// Everything that any command's options are read into.
struct Settings {
  Common common;
  ColorChoice color = ColorChoice::Auto;
  RunOptions run;
  ParOptions par;
  EmitOptions emit;
  TestOptions test;
  FmtOptions fmt;
  ShowOptions show;
  HashOptions hash;
  StoreAddOptions store_add;
  StoreNamesOptions store_names;
  StoreTargetOptions store_target;
  StoreDiffOptions store_diff;
  StoreRenameOptions store_rename;
  StoreLogOptions store_log;
  StoreUndoOptions store_undo;
  StoreGcOptions store_gc;
  StoreExportOptions store_export;
  StoreImportOptions store_import;
};

struct Command {
  std::string_view name;  // of one of a group's: the group's name, a blank, its own
  std::string_view about;
  std::string_view examples;
  // Declares the command's options and says what to run; null: a group of commands.
  std::function<int()> (*declare)(CLI::App&, Settings&);
};

std::span<const Command> all_commands();

// CLI11 would take a negative literal for an option, and does not carry `--` into a command: such
// words travel behind this mark.
inline constexpr char kMark = '\x01';
std::string unmarked(std::string text);

}  // namespace rosetta
