// The commands are a table: a name, a line about it, examples, and a function that declares its
// options to CLI11 and says what to run.
#include "app/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>

#include "app/options.h"
#include "app/render.h"
#include "base/error.h"
#include "base/nearest.h"

namespace rosetta {
namespace {

// Everything that any command's options are read into.
struct Settings {
  Common common;
  ColorChoice color = ColorChoice::Auto;
  RunOptions run;
  TestOptions test;
  FmtOptions fmt;
  ShowOptions show;
  HashOptions hash;
};

using Declare = std::function<int()> (*)(CLI::App&, Settings&);

struct Command {
  std::string_view name;
  std::string_view about;
  std::string_view examples;
  Declare declare;
};

constexpr Command kCommands[] = {
    {"run", "run a program's entry function and print its results",
     "  rosettavm run examples/factorial.rvm          3628800\n"
     "  rosettavm run examples/gcd.rvm 48 18          6\n"
     "  rosettavm run FILE --entry fib --fuel 1000    stop after 1000 calls and backward jumps\n"
     "  rosettavm run FILE --timeout 2 --stats        stop after 2 s; say where the time went\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       RunOptions& run = settings.run;
       app.add_option("PROGRAM", run.program, "a file, or - for standard input")->required();
       app.add_option("ARG", run.arguments, "arguments of the entry function, as in the language");
       app.add_option("--entry", run.entry, "the function to run")->capture_default_str();
       app.add_option("--max-depth", run.max_depth, "calls active at once, at most")
           ->capture_default_str();
       app.add_option("--fuel", run.fuel, "calls and backward jumps, at most (no limit)");
       app.add_option("--timeout", run.timeout, "seconds, at most (no limit)")
           ->check(CLI::Range(0.0, 1e9));
       app.add_flag("--trace", run.trace, "show every executed instruction on standard error");
       app.add_flag("--stats", run.stats,
                    "show the time of every stage, instructions and depth (counting slows a run)");
       return [&] { return rosetta::run(settings.run, settings.common); };
     }},
    {"test", "run the check lines of files, on every engine of this machine",
     "  rosettavm test examples/factorial.rvm   run its check lines\n"
     "  rosettavm test                          the built-in cases: does this machine compute "
     "right?\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.test.files, "programs; none: the built-in cases");
       return [&] { return rosetta::test(settings.test, settings.common); };
     }},
    {"hash", "print BLAKE3 digests, the same as b3sum's",
     "  rosettavm hash data.bin\n"
     "  rosettavm hash --text 'hello'\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("INPUT", settings.hash.files, "files, or - for standard input");
       app.add_option("--text", settings.hash.texts, "a text, without a line's end")
           ->allow_extra_args(false);
       return [&] {
         if (settings.hash.files.empty() && settings.hash.texts.empty()) {
           throw CLI::RequiredError("INPUT");
         }
         return rosetta::hash(settings.hash, settings.common);
       };
     }},
    {"show", "print a program as readable assembly, with the types that were inferred",
     "  rosettavm show examples/gcd.rvm\n"
     "  rosettavm show --exact FILE             every opcode by its exact name\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.show.files, "programs, or - for standard input")->required();
       app.add_flag("--exact", settings.show.exact, "exact mnemonics and types throughout");
       return [&] { return rosetta::show(settings.show, settings.common); };
     }},
    {"fmt", "print a program's text in the house layout",
     "  rosettavm fmt FILE\n"
     "  rosettavm fmt --write *.rvm             in place\n"
     "  rosettavm fmt --check *.rvm             exit status 1 if one is not formatted\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.fmt.files, "programs, or - for standard input")->required();
       CLI::Option* const write = app.add_flag("--write", settings.fmt.write, "replace the files");
       app.add_flag("--check", settings.fmt.check, "print nothing but the files that would change")
           ->excludes(write);
       return [&] { return rosetta::fmt_files(settings.fmt, settings.common); };
     }},
};

constexpr std::string_view kAbout =
    "RosettaVM: programs of functions that give the same results, bit for bit, on every engine.";

constexpr std::string_view kStatuses =
    "Exit status: 0 fine; 1 a task trapped or a check failed; 2 wrong usage; 3 the program is\n"
    "wrong; 4 the machine is wrong (a file, memory); 130 stopped by Ctrl-C.\n";

// CLI11 would take a negative literal for an option: it travels behind this mark.
constexpr char kMark = '\x01';

bool is_negative_literal(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const std::string_view rest = word.substr(1);
  return (rest[0] >= '0' && rest[0] <= '9') || rest.starts_with("inf") || rest.starts_with("nan");
}

std::string unmarked(std::string text) {
  std::erase(text, kMark);
  return text;
}

int usage(const std::string& message, const CLI::App* app) {
  std::fputs(
      fmt::format("rosettavm: {}\nFor help: rosettavm{}{} --help\n", printable(unmarked(message)),
                  app == nullptr ? "" : " ", app == nullptr ? "" : app->get_name())
          .c_str(),
      stderr);
  return static_cast<int>(Fault::Usage);
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view near = nearest(word, known);
  return near.empty() ? "" : fmt::format(": did you mean `{}`?", near);
}

int unknown_option(const CLI::App& app, std::string word) {
  word = word.substr(0, word.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_lnames().empty()) names.push_back("--" + option->get_lnames().front());
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const bool option = word.starts_with('-');
  return usage(fmt::format("`{}` takes no {} `{}`{}", app.get_name(),
                           option ? "option" : "argument", word, suggestion(word, known)),
               &app);
}

// Whatever was printed has to have arrived.
int finish(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  std::fputs(fmt::format("rosettavm: cannot write standard output: {}\n", strerror(errno)).c_str(),
             stderr);
  return static_cast<int>(Fault::Machine);
}

bool wants_color(ColorChoice choice) {
  if (choice != ColorChoice::Auto) return choice == ColorChoice::Always;
  const char* const refused = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) != 0 && (refused == nullptr || *refused == '\0');
}

int parse_and_run(std::vector<std::string> words) {
  CLI::App app{std::string(kAbout), "rosettavm"};
  app.set_version_flag("--version", std::string("rosettavm ") + ROSETTAVM_VERSION);
  app.require_subcommand(1);
  app.footer(std::string(kStatuses) +
             "\nrosettavm COMMAND --help shows a command's options and "
             "examples.");
  Settings settings;
  std::function<int()> chosen;
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);

  // Only the command that is asked for declares its options: a run pays for no other.
  const std::string first = words.empty() ? "" : words.front();
  for (const Command& command : kCommands) {
    CLI::App* const sub = app.add_subcommand(std::string(command.name), std::string(command.about));
    if (command.name != first) continue;
    chosen = command.declare(*sub, settings);
    sub->add_flag("--json", settings.common.json, "report as JSON, one object a line");
    const std::map<std::string, ColorChoice> choices{{"auto", ColorChoice::Auto},
                                                     {"always", ColorChoice::Always},
                                                     {"never", ColorChoice::Never}};
    sub->add_option("--color", settings.color, "auto, always or never")
        ->transform(CLI::CheckedTransformer(choices))
        ->option_text("WHEN");
    sub->footer("Examples:\n" + std::string(command.examples));
  }
  if (!first.empty() && first[0] != '-' && !chosen) {
    return usage(fmt::format("there is no command `{}`{}", first, suggestion(first, names)),
                 nullptr);
  }
  for (std::string& word : words) {
    if (is_negative_literal(word)) word.insert(word.begin(), kMark);
  }
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  const CLI::App* const sub = chosen ? app.get_subcommand(first) : nullptr;
  try {
    app.parse(words);
    for (std::string& argument : settings.run.arguments) argument = unmarked(argument);
    settings.run.program = unmarked(settings.run.program);
    settings.common.color = wants_color(settings.color);
    return finish(chosen());
  } catch (const CLI::CallForHelp&) {
    std::fputs((sub == nullptr ? app : *sub).help().c_str(), stdout);
    return finish(kFine);
  } catch (const CLI::CallForVersion& version) {
    std::fputs(fmt::format("{}\n", version.what()).c_str(), stdout);
    return finish(kFine);
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = sub == nullptr ? app.remaining() : sub->remaining();
    if (extras.empty() || sub == nullptr) return usage("unexpected arguments", sub);
    return unknown_option(*sub, unmarked(extras.front()));
  } catch (const CLI::ParseError& error) {
    return usage(error.what(), sub);
  }
}

}  // namespace

int command_line(int argc, char** argv) {
  try {
    return parse_and_run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::bad_alloc&) {
    std::fputs("rosettavm: out of memory\n", stderr);
    return static_cast<int>(Fault::Machine);
  }
}

}  // namespace rosetta
