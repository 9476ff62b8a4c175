// The words of the command line to the command that they call; app/commands.cpp has the table.
#include "app/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "app/commands.h"
#include "app/render.h"
#include "base/error.h"
#include "base/nearest.h"

namespace rosetta {
namespace {

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

void unmark(Settings& settings) {
  for (auto* words :
       {&settings.run.arguments, &settings.par.arguments, &settings.test.files, &settings.fmt.files,
        &settings.show.programs, &settings.hash.files, &settings.hash.texts,
        &settings.store_add.files, &settings.store_target.targets, &settings.store_export.targets,
        &settings.store_import.files}) {
    for (std::string& word : *words) word = unmarked(std::move(word));
  }
  for (std::string* word :
       {&settings.run.program, &settings.par.program, &settings.common.store,
        &settings.store_names.prefix, &settings.store_diff.before, &settings.store_diff.after,
        &settings.store_rename.from, &settings.store_rename.to, &settings.store_export.output}) {
    *word = unmarked(std::move(*word));
  }
  for (auto* word :
       {&settings.run.entry, &settings.par.entry, &settings.par.out, &settings.store_log.name}) {
    if (*word) *word = unmarked(std::move(**word));
  }
}

ColorChoice read_color(const std::string& text) {
  if (text == "auto") return ColorChoice::Auto;
  if (text == "always") return ColorChoice::Always;
  if (text == "never") return ColorChoice::Never;
  throw CLI::ValidationError(fmt::format("--color needs auto, always or never, not `{}`", text));
}

constexpr std::string_view kAbout =
    "RosettaVM: programs of functions that give the same results, bit for bit, on every engine.";

constexpr std::string_view kStatuses =
    "Exit status: 0 fine; 1 a task trapped or a check failed; 2 wrong usage; 3 the program is\n"
    "wrong; 4 the machine is wrong (a file, memory); 130 stopped by Ctrl-C.\n";

// As it is typed: the program's name, a group's, a command's.
std::string full_name(const CLI::App* app) {
  if (app == nullptr) return "rosettavm";
  const CLI::App* const parent = app->get_parent();
  return parent == nullptr ? app->get_name() : full_name(parent) + " " + app->get_name();
}

int usage(const std::string& message, const CLI::App* app) {
  std::fputs(fmt::format("rosettavm: {}\nFor help: {} --help\n", printable(message), full_name(app))
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
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  // A command is one word, or a group's and its own.
  const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  const std::string first = word(0);
  const std::string second = word(1);
  std::vector<std::string_view> names;
  std::vector<std::string_view> members;  // of the group that is asked for
  CLI::App* group = nullptr;
  CLI::App* sub = nullptr;
  // Only the command that is asked for declares its options: a run pays for no other.
  for (const Command& command : all_commands()) {
    const std::size_t blank = command.name.find(' ');
    const bool member = blank != std::string_view::npos;
    const std::string name(member ? command.name.substr(blank + 1) : command.name);
    if (member && command.name.substr(0, blank) != first) continue;
    CLI::App* const parent = member ? group : &app;
    CLI::App* const added = parent->add_subcommand(name, std::string(command.about));
    (member ? members : names).push_back(command.name.substr(member ? blank + 1 : 0));
    if (name != (member ? second : first)) continue;
    sub = added;
    if (command.declare == nullptr) {
      group = added;
      group->require_subcommand(1);
      group->footer("rosettavm " + name +
                    " COMMAND --help shows a command's options and examples.");
      continue;
    }
    chosen = command.declare(*sub, settings);
    sub->add_flag("--json", settings.common.json, "report as JSON, one object a line");
    sub->add_option("--store", settings.common.store,
                    "the store (ROSETTAVM_STORE, or the user's own)")
        ->option_text("PATH");
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
  if (!first.empty() && first[0] != '-' && sub == nullptr) {
    return usage(fmt::format("there is no command `{}`{}", first, suggestion(first, names)),
                 nullptr);
  }
  if (group != nullptr && !second.empty() && second[0] != '-' && !chosen) {
    return usage(
        fmt::format("`{}` has no command `{}`{}", first, second, suggestion(second, members)),
        group);
  }
  words = marked(std::move(words));
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
    unmark(settings);
    settings.common.color = wants_color(settings.color);
    return finish(chosen());
  } catch (const CLI::CallForHelp&) {
    std::fputs((sub == nullptr ? app.help() : sub->help(full_name(sub->get_parent()))).c_str(),
               stdout);
    return finish(kFine);
  } catch (const CLI::CallForVersion& version) {
    std::fputs(fmt::format("{}\n", version.what()).c_str(), stdout);
    return finish(kFine);
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = sub == nullptr ? app.remaining() : sub->remaining();
    if (extras.empty() || sub == nullptr) return usage("unexpected arguments", sub);
    return unknown_option(*sub, unmarked(extras.front()));
  } catch (const CLI::RequiredError& error) {
    return usage(sub == nullptr || sub == group ? "a command is needed" : error.what(), sub);
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
  } catch (const std::exception& error) {
    std::fputs(fmt::format("rosettavm: {}\n", printable(error.what())).c_str(), stderr);
    return static_cast<int>(Fault::Machine);
  }
}

}  // namespace rosetta
