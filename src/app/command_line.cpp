// The commands are a table: a name, a line about it, examples, and a function that declares its
// options to CLI11 and says what to run.
#include "app/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>

#include "app/options.h"
#include "app/render.h"
#include "base/error.h"
#include "base/nearest.h"
#include "text/value.h"

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

// CLI11 would take a negative literal for an option, and does not carry `--` into a command: such
// words travel behind this mark.
constexpr char kMark = '\x01';

bool is_negative_literal(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const std::string_view rest = word.substr(1);
  return (rest[0] >= '0' && rest[0] <= '9') || rest.starts_with("inf") || rest.starts_with("nan");
}

std::vector<std::string> marked(std::vector<std::string> words) {
  std::vector<std::string> result;
  bool all = false;
  for (std::string& word : words) {
    if (word == "--" && !all) {
      all = true;
    } else if (all || is_negative_literal(word)) {
      result.push_back(kMark + word);
    } else {
      result.push_back(std::move(word));
    }
  }
  return result;
}

std::string unmarked(std::string text) {
  if (text.starts_with(kMark)) text.erase(0, 1);
  return text;
}

void unmark(Settings& settings) {
  for (auto* words : {&settings.run.arguments, &settings.test.files, &settings.fmt.files,
                      &settings.show.files, &settings.hash.files, &settings.hash.texts}) {
    for (std::string& word : *words) word = unmarked(std::move(word));
  }
  settings.run.program = unmarked(settings.run.program);
  settings.run.entry = unmarked(settings.run.entry);
}

// A number as the language writes it: 1_000_000, 0xff.
void add_count(CLI::App& app, const std::string& option, const std::string& about,
               std::function<void(std::uint64_t)> use) {
  const auto read = [option, use](const std::string& text) {
    const auto literal = read_literal(unmarked(text));
    if (!literal || literal->types != kIntegers || literal->negative) {
      throw CLI::ValidationError(
          fmt::format("{} needs a number from 0 to 2^64-1, not `{}`", option, unmarked(text)));
    }
    use(literal->bits);
  };
  app.add_option_function<std::string>(option, read, about)->option_text("N");
}

double read_seconds(const std::string& text) {
  constexpr double kMost = 1e9;
  const auto cell = read_value(text, Type::F64);
  const double seconds = cell ? std::bit_cast<double>(*cell) : -1;
  if (!(seconds >= 0 && seconds <= kMost)) {
    throw CLI::ValidationError(
        fmt::format("--timeout needs seconds from 0 to 1e9, not `{}`", text));
  }
  return seconds;
}

ColorChoice read_color(const std::string& text) {
  if (text == "auto") return ColorChoice::Auto;
  if (text == "always") return ColorChoice::Always;
  if (text == "never") return ColorChoice::Never;
  throw CLI::ValidationError(fmt::format("--color needs auto, always or never, not `{}`", text));
}

struct Command {
  std::string_view name;
  std::string_view about;
  std::string_view examples;
  Declare declare;
};

constexpr Command kCommands[] = {
    {"run", "run a program's entry function and print its results",
     "  rosettavm run examples/factorial.rvm          3628800\n"
     "  rosettavm run examples/gcd.rvm 48 18          6 144\n"
     "  rosettavm run FILE --entry fib --fuel 1000    stop after 1000 calls and backward jumps\n"
     "  rosettavm run FILE --timeout 2 --stats        stop after 2 s; say where the time went\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       RunOptions& run = settings.run;
       app.add_option("PROGRAM", run.program, "a file, or - for standard input")
           ->option_text(" ")
           ->required();
       app.add_option("ARG", run.arguments, "arguments of the entry function, as in the language")
           ->option_text(" ");
       app.add_option("--entry", run.entry, "the function to run (main)")->option_text("NAME");
       add_count(app, "--max-depth", "calls active at once, at most (1000000)",
                 [&run](std::uint64_t n) { run.max_depth = n; });
       add_count(app, "--fuel", "calls and backward jumps, at most (no limit)",
                 [&run](std::uint64_t n) { run.fuel = n; });
       app.add_option_function<std::string>(
              "--timeout",
              [&run](const std::string& text) { run.timeout = read_seconds(unmarked(text)); },
              "seconds, at most (no limit)")
           ->option_text("SECONDS");
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
       app.add_option("FILE", settings.test.files, "programs; none: the built-in cases")
           ->option_text(" ");
       return [&] { return rosetta::test(settings.test, settings.common); };
     }},
    {"hash", "print BLAKE3 digests, the same as b3sum's",
     "  rosettavm hash data.bin\n"
     "  rosettavm hash --text 'hello'\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("INPUT", settings.hash.files, "files, or - for standard input")
           ->option_text(" ");
       app.add_option("--text", settings.hash.texts, "a text, without a line's end")
           ->allow_extra_args(false);
       return [&] {
         if (settings.hash.files.empty() && settings.hash.texts.empty()) {
           throw CLI::RequiredError("INPUT or --text");
         }
         return rosetta::hash(settings.hash, settings.common);
       };
     }},
    {"show", "print a program as readable assembly, with the types that were inferred",
     "  rosettavm show examples/gcd.rvm\n"
     "  rosettavm show --exact FILE             every opcode by its exact name\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.show.files, "programs, or - for standard input")
           ->option_text(" ")
           ->required();
       app.add_flag("--exact", settings.show.exact, "exact mnemonics and types throughout");
       return [&] { return rosetta::show(settings.show, settings.common); };
     }},
    {"fmt", "print a program's text in the house layout",
     "  rosettavm fmt FILE\n"
     "  rosettavm fmt --write *.rvm             in place\n"
     "  rosettavm fmt --check *.rvm             exit status 1 if one is not formatted\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.fmt.files, "programs, or - for standard input")
           ->option_text(" ")
           ->required();
       CLI::Option* const write = app.add_flag("--write", settings.fmt.write, "replace the files");
       app.add_flag("--check", settings.fmt.check, "print nothing but the files that would change")
           ->excludes(write);
       return [&] {
         if (settings.fmt.write &&
             std::ranges::find(settings.fmt.files, "-") != settings.fmt.files.end()) {
           throw CLI::ValidationError("--write needs files, and `-` is none");
         }
         return rosetta::fmt_files(settings.fmt, settings.common);
       };
     }},
};

constexpr std::string_view kAbout =
    "RosettaVM: programs of functions that give the same results, bit for bit, on every engine.";

constexpr std::string_view kStatuses =
    "Exit status: 0 fine; 1 a task trapped or a check failed; 2 wrong usage; 3 the program is\n"
    "wrong; 4 the machine is wrong (a file, memory); 130 stopped by Ctrl-C.\n";

int usage(const std::string& message, const CLI::App* app) {
  std::fputs(fmt::format("rosettavm: {}\nFor help: rosettavm{}{} --help\n", printable(message),
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

  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.resize(std::min<std::size_t>(words.size(), 1));
    words.emplace_back("--help");
  }
  // Only the command that is asked for declares its options: a run pays for no other.
  const std::string first = words.empty() ? "" : words.front();
  for (const Command& command : kCommands) {
    CLI::App* const sub = app.add_subcommand(std::string(command.name), std::string(command.about));
    if (command.name != first) continue;
    chosen = command.declare(*sub, settings);
    sub->add_flag("--json", settings.common.json, "report as JSON, one object a line");
    sub->add_option_function<std::string>(
           "--color",
           [&settings](const std::string& text) { settings.color = read_color(unmarked(text)); },
           "auto, always or never: colour in messages")
        ->option_text("WHEN");
    sub->footer("Examples:\n" + std::string(command.examples));
  }
  constexpr std::string_view kAlone[] = {"--help", "-h", "--version"};
  if (!chosen && first.starts_with('-') && std::ranges::find(kAlone, first) == std::end(kAlone)) {
    return usage(fmt::format("there is no option `{}` without a command{}", first,
                             suggestion(first, kAlone)),
                 nullptr);
  }
  if (!first.empty() && first[0] != '-' && !chosen) {
    return usage(fmt::format("there is no command `{}`{}", first, suggestion(first, names)),
                 nullptr);
  }
  words = marked(std::move(words));
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  const CLI::App* const sub = chosen ? app.get_subcommand(first) : nullptr;
  try {
    app.parse(words);
    unmark(settings);
    settings.common.color = wants_color(settings.color);
    return finish(chosen());
  } catch (const CLI::CallForHelp&) {
    std::fputs((sub == nullptr ? app.help() : sub->help("rosettavm")).c_str(), stdout);
    return finish(kFine);
  } catch (const CLI::CallForVersion& version) {
    std::fputs(fmt::format("{}\n", version.what()).c_str(), stdout);
    return finish(kFine);
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = sub == nullptr ? app.remaining() : sub->remaining();
    if (extras.empty() || sub == nullptr) return usage("unexpected arguments", sub);
    return unknown_option(*sub, unmarked(extras.front()));
  } catch (const CLI::RequiredError& error) {
    return usage(sub == nullptr ? "a command is needed" : error.what(), sub);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    const std::string option = what.substr(0, what.find(':'));
    const bool missing = what.find("missing") != std::string::npos;
    return usage(option + (missing ? " needs a value" : " is given more than once"), sub);
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
