#include <fmt/format.h>

#include <cstdio>

#include "app/interrupt.h"
#include "app/json.h"
#include "app/program.h"
#include "app/report.h"
#include "app/task.h"
#include "app/trace.h"
#include "base/nearest.h"
#include "base/wording.h"
#include "engine/interp/interp.h"
#include "text/value.h"

namespace rosetta {
namespace {

// What the program prints: on standard output, a line each.
class Standard final : public Output {
 public:
  explicit Standard(bool json) : json_(json) {}
  // What to end when nothing that is printed arrives any more.
  void interrupts(Engine& engine) { engine_ = &engine; }
  void value(Cell cell, Type type) override { write(to_text(cell, type)); }
  void text(std::string_view text) override { write(std::string(text)); }

 private:
  void write(const std::string& text) {
    const std::string out = json_ ? line({{"print", text}}) : text + "\n";
    const bool written = std::fwrite(out.data(), 1, out.size(), stdout) == out.size();
    if (!written && engine_ != nullptr) engine_->interrupt();
  }
  bool json_;
  Engine* engine_ = nullptr;
};

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

Result<std::vector<Cell>> read_arguments(const RunOptions& options, const Function& entry,
                                         const FunctionNames& names) {
  if (options.arguments.size() != entry.params().size()) {
    constexpr std::size_t kMostNamed = 8;
    std::string wanted;
    for (std::size_t i = 0; i < std::min(entry.params().size(), kMostNamed); ++i) {
      wanted += fmt::format("{}{}: {}", i == 0 ? "" : ", ", shortened(names.params[i]),
                            name(entry.params()[i]));
    }
    if (entry.params().size() > kMostNamed) wanted += ", …";
    return std::unexpected(
        Error{Fault::Usage,
              fmt::format("`{}({})` takes {}, not {}", shortened(names.name), wanted,
                          counted(entry.params().size(), "argument"), options.arguments.size())});
  }
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < options.arguments.size(); ++i) {
    const auto cell = read_value(options.arguments[i], entry.params()[i]);
    if (!cell) {
      return std::unexpected(
          Error{Fault::Usage,
                fmt::format("argument {} of `{}`, `{}`: {} ({} is an {})", i + 1,
                            shortened(names.name), shortened(printable(options.arguments[i])),
                            cell.error(), shortened(names.params[i]), name(entry.params()[i]))});
    }
    cells.push_back(*cell);
  }
  return cells;
}

std::size_t written(const Module& module) {
  std::size_t count = 0;
  for (const Function& function : module.assembly.functions) count += function.code().size();
  return count;
}

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string stats_text(const Stages& stages, const Module& module, const Outcome& outcome) {
  std::string text;
  for (const Stages::Stage& stage : stages.all()) {
    text += fmt::format("{:<24} {:>14.3f} ms\n", stage.name, milliseconds(stage.time));
  }
  const auto count = [&](std::string_view what, std::uint64_t n) {
    text += fmt::format("{:<24} {:>14}\n", what, n);
  };
  text += fmt::format("{:<24} {:>14}\n", "engine", "interp");
  count("instructions written", written(module));
  count("instructions executed", outcome.steps);
  count("greatest call depth", outcome.deepest);
  return text;
}

Json stats_json(const Stages& stages, const Module& module, const Outcome& outcome) {
  Json times = Json::object();
  for (const Stages::Stage& stage : stages.all()) times[stage.name] = milliseconds(stage.time);
  return {{"engine", "interp"},
          {"milliseconds", std::move(times)},
          {"written", written(module)},
          {"executed", outcome.steps},
          {"depth", outcome.deepest}};
}

// Results on standard output; a trap and the figures on standard error. As JSON, one object.
void say(const TaskResult& task, Listings& listings, const ir::Program& program,
         const Stages* stages, const Common& common) {
  const Module& module = listings.module();
  const std::span<const Type> types = program.entry().results;
  if (common.json) {
    Json json = task.outcome.trap ? trap_json(*task.outcome.trap, listings, program)
                                  : Json{{"results", values_json(task.results, types)}};
    if (stages != nullptr) json["stats"] = stats_json(*stages, module, task.outcome);
    std::fputs(line(json).c_str(), stdout);
    return;
  }
  if (!task.outcome.trap) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      std::fputs((to_text(task.results[i], types[i]) + "\n").c_str(), stdout);
    }
  }
  std::fflush(stdout);
  std::string text;
  if (task.outcome.trap) text = trap_text(*task.outcome.trap, listings, program, {common.color});
  if (stages != nullptr) text += stats_text(*stages, module, task.outcome);
  std::fputs(text.c_str(), stderr);
}

}  // namespace

// The whole way of a program, from its text to its results.
int run(const RunOptions& options, const Common& common) {
  Stages stages;
  int status = kFine;
  OpenStore store(common);
  const std::optional<Module> module =
      load_program(options.program, store, common, status, &stages);
  if (!module) return status;
  const Result<std::uint32_t> entry = find_entry(*module, options.entry);
  if (!entry) return fail(entry.error(), common);
  const Function& function = module->assembly.functions[*entry];
  const auto arguments = read_arguments(options, function, module->assembly.names[*entry]);
  if (!arguments) return fail(arguments.error(), common);
  Listings listings(*module);
  const auto program = ir::link(module->assembly.functions, *entry);
  if (!program) return fail(program.error(), *entry, listings, common);
  stages.done("lower");

  Standard output(common.json);
  std::optional<Tracer> tracer;
  if (options.trace) tracer.emplace(listings, *program);
  const std::unique_ptr<Engine> engine = make_interpreter(
      *program,
      {{options.max_depth, options.fuel}, &output, tracer ? &*tracer : nullptr, options.stats});
  output.interrupts(*engine);
  stages.done("prepare");
  const InterruptGuard guard(*engine, options.timeout);
  const Result<TaskResult> task = run_task(*engine, *arguments, function.results().size());
  stages.done("execute");
  if (!task) return fail(task.error(), common);
  if (std::ferror(stdout) != 0) return kTrapped;  // the command line says what is wrong
  say(*task, listings, *program, options.stats ? &stages : nullptr, common);
  if (InterruptGuard::stopped()) return kStopped;
  return task->outcome.trap ? kTrapped : kFine;
}

}  // namespace rosetta
