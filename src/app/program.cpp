#include "app/program.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "app/json.h"
#include "base/wording.h"

namespace rosetta {
namespace {

Error file_error(const std::string& path, int error) {
  return {Fault::Machine, fmt::format("cannot read `{}`: {}", printable(path), strerror(error))};
}

// The file's type and size, where they say at once that it is not to be read.
std::optional<Error> refuse(const std::string& path, std::FILE* file, std::uint64_t most) {
  struct stat status{};
  if (fstat(fileno(file), &status) != 0) return file_error(path, errno);
  if (S_ISDIR(status.st_mode)) return file_error(path, EISDIR);
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > most) {
    return Error{Fault::Program, fmt::format("`{}` has {} bytes; a program has at most {}",
                                             printable(path), status.st_size, most)};
  }
  return std::nullopt;
}

void say_diagnostics(const Assembly& assembly, const Source& source, const Common& common) {
  if (!common.json) {
    std::fputs(render(assembly, source, {common.color}).c_str(), stderr);
  } else if (assembly.error_count + assembly.warning_count != 0) {
    std::fputs(line(diagnostics_json(assembly, source)).c_str(), stdout);
  }
}

}  // namespace

void Stages::done(std::string stage) {
  const auto now = std::chrono::steady_clock::now();
  stages_.push_back({std::move(stage), now - last_});
  last_ = now;
}

Result<std::string> read_file(const std::string& path, std::uint64_t most) {
  const bool standard_input = path == "-";
  std::FILE* const opened = standard_input ? stdin : std::fopen(path.c_str(), "rb");
  if (opened == nullptr) return std::unexpected(file_error(path, errno));
  const auto close = [&](std::FILE* file) {
    if (!standard_input) std::fclose(file);
  };
  const std::unique_ptr<std::FILE, decltype(close)> file(opened, close);
  if (const std::optional<Error> refused = refuse(path, opened, most)) {
    return std::unexpected(*refused);
  }
  std::string text;
  std::size_t chunk = std::size_t{1} << 16;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + chunk);
    const std::size_t got = std::fread(text.data() + before, 1, chunk, opened);
    text.resize(before + got);
    if (text.size() > most) {
      return std::unexpected(Error{
          Fault::Program, fmt::format("`{}` is longer than {} bytes, the most a program may have",
                                      printable(path), most)});
    }
    if (got < chunk) break;
    chunk = std::max(chunk, text.size() / 2);
  }
  if (std::ferror(opened) != 0) return std::unexpected(file_error(path, errno));
  return text;
}

int fail(const Error& error, const Common& common) {
  if (common.json) {
    std::fputs(line({{"error", error.message}}).c_str(), stdout);
  } else {
    std::fputs(fmt::format("rosettavm: {}\n", error.message).c_str(), stderr);
  }
  return static_cast<int>(error.fault);
}

std::optional<Module> load(const std::string& path, const Common& common, int& status,
                           Stages* stages) {
  Result<std::string> text = read_file(path, Source::kMostBytes);
  if (!text) {
    status = fail(text.error(), common);
    return std::nullopt;
  }
  if (stages != nullptr) stages->done("read");
  std::optional<Module> module = Module{{printable(path), std::move(*text)}, {}};
  module->assembly = assemble(module->source.text);
  if (stages != nullptr) stages->done("assemble");
  say_diagnostics(module->assembly, module->source, common);
  if (module->assembly.error_count == 0) return module;
  status = static_cast<int>(Fault::Program);
  return std::nullopt;
}

int fail(const Diagnostic& error, const Module& module, const Common& common) {
  Assembly alone;
  alone.errors.push_back(error);
  alone.error_count = 1;
  say_diagnostics(alone, module.source, common);
  return static_cast<int>(Fault::Program);
}

std::expected<ir::Program, Diagnostic> link_entry(const Module& module, std::uint32_t entry) {
  auto program = ir::link(module.assembly.functions, entry);
  if (program) return std::move(*program);
  const auto [function, instruction] = program.error();
  const Assembly& assembly = module.assembly;
  Diagnostic error{.place = assembly.places[function].code[instruction]};
  error.message = fmt::format(
      "`halt` in `{}` would end the task with other result types than those of the entry `{}`",
      shortened(assembly.names[function].name), shortened(assembly.names[entry].name));
  error.notes = {{assembly.places[function].head, "the function with `halt`"},
                 {assembly.places[entry].head, "the entry"}};
  return std::unexpected(std::move(error));
}

}  // namespace rosetta
