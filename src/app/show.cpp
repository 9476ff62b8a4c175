#include <fmt/format.h>

#include <cstdio>
#include <set>

#include "app/files.h"
#include "app/json.h"
#include "app/program.h"
#include "text/format.h"
#include "text/print.h"

namespace rosetta {
namespace {

// Prints texts with an empty line between them, or an object for each.
class Shower {
 public:
  explicit Shower(const Common& common) : common_(common) {}

  void show(const std::string& name, const std::string& text) {
    if (common_.json) {
      std::fputs(line({{"function", name}, {"text", text}}).c_str(), stdout);
    } else {
      put_text(first_ ? text : "\n" + text);
    }
    first_ = false;
  }

 private:
  const Common& common_;
  bool first_ = true;
};

void show_file(const Module& module, Style style, Shower& shower) {
  const Assembly& assembly = module.assembly;
  for (std::uint32_t i = 0; i < assembly.written; ++i) {
    shower.show(assembly.names[i].name,
                print(assembly.functions[i], assembly.names[i], assembly.names, style));
  }
}

// Names for all functions of a module from the store, no two the same.
std::vector<FunctionNames> distinct_names(const Module& module, Store& store) {
  std::vector<FunctionNames> all;
  for (std::uint32_t i = 0; i < module.assembly.functions.size(); ++i) {
    const std::string& own = module.assembly.names[i].name;
    const std::string digits = own.starts_with('#') ? own.substr(1) : "";
    FunctionNames names =
        digits.empty() ? module.assembly.names[i] : stored_names(store, *hash_from_hex(digits));
    names.callees.clear();
    all.push_back(std::move(names));
  }
  // Names that were given come before those that are made up.
  std::set<std::string> taken;
  const auto take = [&](FunctionNames& names) {
    while (!taken.insert(names.name).second) names.name += "_";
  };
  std::vector<FunctionNames*> nameless;
  for (FunctionNames& names : all) {
    if (names.name.starts_with('#')) {
      nameless.push_back(&names);
    } else {
      take(names);
    }
  }
  for (FunctionNames* const names : nameless) {
    names->name = made_up_name(names->name);
    take(*names);
  }
  return all;
}

// A stored function, or all that it needs, itself first: then the text is a whole program.
Result<void> show_stored(const Module& module, OpenStore& store, const ShowOptions& options,
                         Style style, Shower& shower) {
  const Assembly& assembly = module.assembly;
  const Result<Store*> opened = store.get_existing();
  if (!opened) return std::unexpected(opened.error());
  if (!options.all) {
    FunctionNames names = assembly.names[*module.entry];
    if (names.name.starts_with('#')) names.name = made_up_name(names.name);
    shower.show(names.name, print(assembly.functions[*module.entry], names, assembly.names, style));
    return {};
  }
  const std::vector<FunctionNames> names = distinct_names(module, **opened);
  const auto one = [&](std::uint32_t i) {
    shower.show(names[i].name, print(assembly.functions[i], names[i], names, style));
  };
  one(*module.entry);
  for (std::uint32_t i = 0; i < assembly.functions.size(); ++i) {
    if (i != *module.entry) one(i);
  }
  return (*opened)->status();
}

}  // namespace

int show(const ShowOptions& options, const Common& common) {
  if (options.all && options.programs.size() > 1) {
    return fail({Fault::Usage, "--all shows one program"}, common);
  }
  int status = kFine;
  OpenStore store(common);
  Shower shower(common);
  const Style style = options.exact ? Style::Exact : Style::Readable;
  for (const std::string& program : options.programs) {
    const std::optional<Module> module = load_program(program, store, common, status);
    if (!module) continue;
    if (!module->entry) {
      show_file(*module, style, shower);
    } else if (const auto shown = show_stored(*module, store, options, style, shower); !shown) {
      status = fail(shown.error(), common);
    }
  }
  return status;
}

int fmt_files(const FmtOptions& options, const Common& common) {
  int status = kFine;
  OpenStore store(common);
  for (const std::string& file : options.files) {
    const std::optional<Module> module = load_file(file, store, common, status);
    if (!module) continue;
    const std::string text = format_source(module->source.text);
    const bool same = text == module->source.text;
    if (options.check || common.json) {
      if (common.json) {
        std::fputs(line({{"file", module->source.name}, {"formatted", same}}).c_str(), stdout);
      } else if (!same) {
        std::fputs(fmt::format("{} is not formatted\n", module->source.name).c_str(), stdout);
      }
      if (options.check && !same && status == kFine) status = kTrapped;
    }
    if (options.write && !same) {
      const Result<void> replaced = write_file(file, text);
      if (!replaced) status = fail(replaced.error(), common);
    } else if (!options.check && !options.write && !common.json) {
      put_text(text);
    }
  }
  return status;
}

}  // namespace rosetta
