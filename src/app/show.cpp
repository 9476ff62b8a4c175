#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <system_error>

#include "app/json.h"
#include "app/program.h"
#include "text/format.h"
#include "text/print.h"

namespace rosetta {
namespace {

// Replaces a file at once: whoever reads it sees the old text or the new one. It keeps its mode,
// and a link goes on naming it.
Result<void> replace_file(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const fs::path target = fs::canonical(path, failure);
  const fs::path beside = target.string() + ".rosettavm-new";
  const fs::perms mode = fs::status(target, failure).permissions();
  std::FILE* const file = std::fopen(beside.c_str(), "wb");
  bool written = file != nullptr;
  if (file != nullptr) {
    written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    written = std::fclose(file) == 0 && written;
  }
  if (written) fs::permissions(beside, mode, failure);
  if (written && !failure) fs::rename(beside, target, failure);
  if (written && !failure) return {};
  std::remove(beside.c_str());
  return std::unexpected(Error{Fault::Machine, fmt::format("cannot write `{}`", printable(path))});
}

}  // namespace

int show(const ShowOptions& options, const Common& common) {
  int status = kFine;
  bool first = true;
  for (const std::string& file : options.files) {
    const std::optional<Module> module = load(file, common, status);
    if (!module) continue;
    const Assembly& assembly = module->assembly;
    for (std::size_t i = 0; i < assembly.functions.size(); ++i) {
      const std::string text = print(assembly.functions[i], assembly.names[i], assembly.names,
                                     options.exact ? Style::Exact : Style::Readable);
      if (common.json) {
        std::fputs(line({{"function", assembly.names[i].name}, {"text", text}}).c_str(), stdout);
      } else {
        std::fputs((first ? text : "\n" + text).c_str(), stdout);
      }
      first = false;
    }
  }
  return status;
}

int fmt_files(const FmtOptions& options, const Common& common) {
  int status = kFine;
  for (const std::string& file : options.files) {
    const std::optional<Module> module = load(file, common, status);
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
      const Result<void> replaced = replace_file(file, text);
      if (!replaced) status = fail(replaced.error(), common);
    } else if (!options.check && !options.write && !common.json) {
      std::fputs(text.c_str(), stdout);
    }
  }
  return status;
}

}  // namespace rosetta
