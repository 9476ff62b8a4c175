#include "app/program.h"
#include "base/nearest.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "app/files.h"
#include "app/json.h"
#include "base/wording.h"
#include "code/identity.h"
#include "text/lexer.h"
#include "text/print.h"

namespace rosetta {
namespace {

void say_diagnostics(const Assembly& assembly, const Source& source, const Common& common) {
  if (!common.json) {
    std::fputs(render(assembly, source, {common.color}).c_str(), stderr);
  } else if (assembly.error_count + assembly.warning_count != 0) {
    std::fputs(line(diagnostics_json(assembly, source)).c_str(), stdout);
  }
}

}  // namespace

int fail(const Error& error, const Common& common) {
  if (common.json) {
    std::fputs(line({{"error", error.message}}).c_str(), stdout);
  } else {
    std::fputs(fmt::format("rosettavm: {}\n", printable_lines(error.message)).c_str(), stderr);
  }
  return static_cast<int>(error.fault);
}

Result<Source> read_source(const std::string& path) {
  Result<std::string> text = read_file(path, Source::kMostBytes);
  if (!text) return std::unexpected(text.error());
  return Source{printable(path), std::move(*text)};
}

std::optional<Module> assemble_source(Source source, OpenStore& store, const Common& common,
                                      int& status, Stages* stages) {
  std::optional<Module> module = Module{std::move(source), {}, &store, {}};
  Result<Assembly> assembly = assemble(module->source.text, store);
  store.end_reading();
  if (!assembly) {
    status = fail(assembly.error(), common);
    return std::nullopt;
  }
  module->assembly = std::move(*assembly);
  if (stages != nullptr) stages->done("assemble");
  say_diagnostics(module->assembly, module->source, common);
  if (module->assembly.error_count == 0) return module;
  status = static_cast<int>(Fault::Program);
  return std::nullopt;
}

std::optional<Module> load_file(const std::string& path, OpenStore& store, const Common& common,
                                int& status, Stages* stages) {
  Result<Source> source = read_source(path);
  if (!source) {
    status = fail(source.error(), common);
    return std::nullopt;
  }
  if (stages != nullptr) stages->done("read");
  return assemble_source(std::move(*source), store, common, status, stages);
}

bool is_stored_program(const std::string& program) {
  constexpr std::size_t kLongestName = 255;  // of a file; what is longer gets the system's message
  if (program.starts_with('#')) return true;
  std::error_code failure;
  return is_name(program) && program.size() <= kLongestName && !program.ends_with(".rvm") &&
         (!std::filesystem::exists(program, failure) ||
          std::filesystem::is_directory(program, failure));
}

std::optional<Module> load_program(const std::string& program, OpenStore& store,
                                   const Common& common, int& status, Stages* stages) {
  if (!is_stored_program(program)) {
    std::error_code failure;
    if (is_hash_prefix(program) && !std::filesystem::exists(program, failure)) {
      status = fail({Fault::Machine, fmt::format("there is no file `{}`; a hash is written `#{}`",
                                                 program, program)},
                    common);
      return std::nullopt;
    }
    return load_file(program, store, common, status, stages);
  }
  const auto failed = [&](const Error& error) {
    store.end_reading();
    status = fail(error, common);
    return std::nullopt;
  };
  const Result<Store*> opened = store.get_existing();
  if (!opened) return failed(opened.error());
  const std::string no_file = program.starts_with('#')
                                  ? ""
                                  : fmt::format("there is no file `{}`, and ", printable(program));
  if (*opened == nullptr) {
    const Result<std::string> path = store_path(common);
    return failed({Fault::Machine, fmt::format("{}there is no store at `{}`", no_file,
                                               path ? printable(*path) : "")});
  }
  store.begin_reading();
  const Result<Target> target = find_target(**opened, program);
  if (!target && target.error().fault == Fault::Program) {
    return failed({Fault::Program, no_file + target.error().message});
  }
  if (!target) return failed(target.error());
  if (stages != nullptr) stages->done("look up");
  Result<Loaded> loaded = load({&target->hash, 1}, **opened);
  if (!loaded) return failed(loaded.error());
  std::optional<Module> module = Module{};
  module->source.name = printable(program);
  module->store = &store;
  module->entry = loaded->numbers.at(target->hash);
  module->assembly.functions = std::move(loaded->functions);
  module->assembly.places.resize(loaded->hashes.size());
  for (const Hash& hash : loaded->hashes) {
    module->assembly.names.push_back({.name = "#" + to_hex(hash)});
  }
  FunctionNames& names = module->assembly.names[*module->entry];
  names = stored_names(**opened, target->hash, target->name);
  if (const Result<void> fine = (*opened)->status(); !fine) return failed(fine.error());
  names.params.resize(module->assembly.functions[*module->entry].params().size());
  for (std::size_t i = 0; i < names.params.size(); ++i) {
    if (names.params[i].empty()) names.params[i] = fmt::format("p{}", i);
  }
  store.end_reading();
  if (stages != nullptr) stages->done("load");
  return module;
}

Listings::Stored& Listings::stored(std::uint32_t function) {
  const auto [found, fresh] = stored_.try_emplace(function);
  Stored& stored = found->second;
  if (!fresh) return stored;
  const Hash own = hash(function);
  stored.names.name = "#" + to_hex(own);
  if (module_.store != nullptr) {
    if (const Result<Store*> store = module_.store->get_existing(); store && *store != nullptr) {
      stored.names = stored_names(**store, own);
      // A message about something else is no place for the store's own troubles.
      [[maybe_unused]] const Result<void> ignored = (*store)->status();
    }
  }
  Printed printed = print_placed(module_.assembly.functions[function], stored.names,
                                 module_.assembly.names, Style::Readable);
  stored.source = {"#" + to_short_hex(own), std::move(printed.text)};
  stored.places = std::move(printed.places);
  stored.lines.emplace(stored.source.text);
  return stored;
}

Listings::Listing Listings::of(std::uint32_t function) {
  if (function >= module_.assembly.written) {
    Stored& found = stored(function);
    return {found.source, *found.lines, found.places};
  }
  if (!lines_) lines_.emplace(module_.source.text);
  return {module_.source, *lines_, module_.assembly.places[function]};
}

std::string Listings::name(std::uint32_t function) {
  if (function < module_.assembly.written) return module_.assembly.names[function].name;
  const std::string& name = stored(function).names.name;
  return name.starts_with('#') ? name.substr(0, 1 + kFewestHashDigits) : name;
}

Hash Listings::hash(std::uint32_t function) {
  if (hashes_.empty()) hashes_ = identify(module_.assembly.functions);
  return hashes_[function];
}

int fail(const ir::LinkError& error, std::uint32_t entry, Listings& listings,
         const Common& common) {
  const Listings::Listing at = listings.of(error.function);
  const Listings::Listing start = listings.of(entry);
  Assembly alone;
  alone.error_count = 1;
  Diagnostic& diagnostic = alone.errors.emplace_back();
  diagnostic.place = at.places.code[error.instruction];
  diagnostic.message = fmt::format(
      "`halt` in `{}` would end the task with other result types than those of the entry `{}`",
      shortened(listings.name(error.function)), shortened(listings.name(entry)));
  diagnostic.notes.push_back({at.places.head, "the function with `halt`"});
  if (&start.source == &at.source) diagnostic.notes.push_back({start.places.head, "the entry"});
  say_diagnostics(alone, at.source, common);
  return static_cast<int>(Fault::Program);
}

Result<std::uint32_t> find_entry(const Module& module, const std::optional<std::string>& chosen) {
  if (module.entry && chosen) {
    return std::unexpected(Error{
        Fault::Usage, fmt::format("--entry chooses a function of a file, and `{}` is one function",
                                  module.source.name)});
  }
  if (module.entry) return *module.entry;
  const std::string entry = chosen.value_or("main");
  if (const auto found = module.assembly.find(entry)) return *found;
  const std::vector<std::string_view> names = function_names(module.assembly.names);
  const std::string_view near = nearest(entry, std::span(names).first(module.assembly.written));
  return std::unexpected(Error{
      Fault::Program,
      fmt::format("{} has no function `{}`{}", module.source.name, shortened(printable(entry)),
                  near.empty() ? "; --entry NAME runs another one"
                               : fmt::format(": did you mean `{}`?", near))});
}

}  // namespace rosetta
