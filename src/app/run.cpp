#include <fmt/format.h>

#include <cstdio>

#include "app/arguments.h"
#include "app/engines.h"
#include "app/interrupt.h"
#include "app/json.h"
#include "app/memo.h"
#include "app/program.h"
#include "app/report.h"
#include "app/task.h"
#include "app/trace.h"
#include "base/wording.h"
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

std::size_t written(const Module& module) {
  std::size_t count = 0;
  for (const Function& function : module.assembly.functions) count += function.code().size();
  return count;
}

// --memo: the outcome of a task from before, or else of now.
class Remembered {
 public:
  Remembered(const RunOptions& options, OpenStore& store, const ir::Program& program,
             Listings& listings)
      : results_(program.entry().results.size()) {
    if (!options.memo) return;
    if (prints(program)) {
      story_ = "not kept: what a program prints is not, either";
      return;
    }
    outcomes_.emplace(store, program, listings.hash(program.numbers[0]),
                      Limits{options.max_depth, options.fuel});
  }

  Result<TaskResult> run(Engine& engine, const std::vector<Cell>& arguments);
  [[nodiscard]] bool reused() const { return reused_; }
  // What became of it; empty without --memo.
  [[nodiscard]] const std::string& story() const { return story_; }
  // The store's, where it could not be used.
  [[nodiscard]] std::optional<Error> failure() const {
    return outcomes_ ? outcomes_->failure() : std::nullopt;
  }

 private:
  std::size_t results_;
  std::optional<StoredOutcomes> outcomes_;
  bool reused_ = false;
  std::string story_;
};

Result<TaskResult> Remembered::run(Engine& engine, const std::vector<Cell>& arguments) {
  if (!outcomes_) return run_task(engine, arguments, results_);
  std::vector<Cell> results(results_);
  std::uint8_t status = 0;
  std::vector<const Cell*> from;
  std::vector<Cell*> to;
  for (const Cell& cell : arguments) from.push_back(&cell);
  for (Cell& cell : results) to.push_back(&cell);
  const par::Columns columns{1, from, to, &status};
  std::vector<std::uint8_t> known(1);
  const std::vector<Hash> keys = outcomes_->find(columns, known);
  // A trap's message has to say where it was, so it happens again.
  if (known[0] != 0 && status == 0) {
    reused_ = true;
    story_ = "reused";
    return TaskResult{std::move(results), {}};
  }
  Result<TaskResult> task = run_task(engine, arguments, results_);
  if (!task) return task;
  const Trap trap = task->outcome.trap ? task->outcome.trap->trap : Trap::None;
  if (known[0] != 0) {
    story_ = "kept before: a trap, which happens again for its message";
    return task;
  }
  if (is_of_a_limit(trap)) {
    story_ = fmt::format("not kept: {} says nothing of the function", name(trap));
    return task;
  }
  status = static_cast<std::uint8_t>(trap);
  results = task->results;
  outcomes_->keep(keys, columns, std::vector<std::uint8_t>{1});
  outcomes_->finish();
  story_ = outcomes_->failure() ? "not kept: " + outcomes_->failure()->message : "kept";
  return task;
}

// What --stats shows.
struct Stats {
  const Stages& stages;
  const ChosenEngine& engine;
  std::size_t written;
  bool counted;
  const std::string& outcome;  // what became of it in the store; empty without --memo
};

std::string stats_text(const Stats& stats, const Outcome& outcome) {
  std::string text = stages_text(stats.stages);
  const auto say = [&](std::string_view what, const auto& value) {
    text += fmt::format("{:<24} {:>14}\n", what, value);
  };
  say("engine", stats.engine.name);
  if (!stats.engine.devices.empty()) say("device", stats.engine.devices);
  if (!stats.engine.code.empty()) say("compiled code", code_text(stats.engine));
  if (!stats.outcome.empty()) say("outcome", stats.outcome);
  say("instructions written", stats.written);
  if (!stats.counted) return text;
  say("instructions executed", outcome.steps);
  say("greatest call depth", outcome.deepest);
  return text;
}

Json stats_json(const Stats& stats, const Outcome& outcome) {
  Json json{{"engine", stats.engine.name},
            {"milliseconds", stages_json(stats.stages)},
            {"written", stats.written}};
  if (!stats.engine.devices.empty()) json["device"] = stats.engine.devices;
  if (!stats.engine.code.empty()) json["code"] = code_text(stats.engine);
  if (!stats.outcome.empty()) json["outcome"] = stats.outcome;
  if (!stats.counted) return json;
  json["executed"] = outcome.steps;
  json["depth"] = outcome.deepest;
  return json;
}

// Results on standard output; a trap and the figures on standard error. As JSON, one object.
void say(const TaskResult& task, Listings& listings, const ir::Program& program, const Stats* stats,
         const Common& common) {
  const std::span<const Type> types = program.entry().results;
  if (common.json) {
    Json json = task.outcome.trap ? trap_json(*task.outcome.trap, listings, program)
                                  : Json{{"results", values_json(task.results, types)}};
    if (stats != nullptr) json["stats"] = stats_json(*stats, task.outcome);
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
  if (stats != nullptr) text += stats_text(*stats, task.outcome);
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
  const auto arguments =
      read_arguments(options.arguments, function, module->assembly.names[*entry]);
  if (!arguments) return fail(arguments.error(), common);
  Listings listings(*module);
  auto linked = ir::link(module->assembly.functions, *entry);
  if (!linked) return fail(linked.error(), *entry, listings, common);
  const auto program = std::make_shared<const ir::Program>(std::move(*linked));
  stages.done("lower");
  if (runs_on_devices(options.engine.choice) && prints(*program)) {
    return fail(Error{Fault::Usage,
                      "this program prints, and a device cannot; every other engine can, and `par` "
                      "runs it on a device without its prints"},
                common);
  }

  Standard output(common.json);
  std::optional<Tracer> tracer;
  if (options.trace) tracer.emplace(listings, *program);
  const bool counts =
      options.stats && (options.trace || options.engine.choice == EngineChoice::Interp);
  const EngineOptions engine_options{
      {options.max_depth, options.fuel}, &output, tracer ? &*tracer : nullptr, counts};
  const Result<ChosenEngine> chosen =
      choose_engine(options.engine, program, engine_options, listings, &stages);
  if (!chosen) return fail(chosen.error(), common);
  Engine& engine = *chosen->engine;
  output.interrupts(engine);
  Remembered remembered(options, store, *program, listings);
  stages.done("prepare");
  std::unique_ptr<Engine> replayer;
  InterruptGuard guard(engine, options.timeout);
  Result<TaskResult> task = remembered.run(engine, *arguments);
  if (task) find_chain(*task, *arguments, *program, engine_options, replayer, guard);
  stages.done("execute");
  if (!task) return fail(task.error(), common);
  if (const auto why = remembered.failure()) warn_of_memo(*why);
  if (std::ferror(stdout) != 0) return kTrapped;  // the command line says what is wrong
  const Stats stats{stages, *chosen, written(*module), counts && !remembered.reused(),
                    remembered.story()};
  say(*task, listings, *program, options.stats ? &stats : nullptr, common);
  if (InterruptGuard::stopped()) return kStopped;
  return task->outcome.trap ? kTrapped : kFine;
}

}  // namespace rosetta
