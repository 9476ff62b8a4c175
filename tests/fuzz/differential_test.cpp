// Random programs, run by the interpreter and by the oracle: everything that can be seen of a run
// must be the same. And what the printer makes of a program must be that program.
//
// ROSETTAVM_SEEDS="first:count" in the environment asks for other seeds than the suite's
// (fuzz/seeds.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/interp/interp.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "ir/program.h"
#include "reference/oracle.h"
#include "text/assemble.h"
#include "text/print.h"
#include "text/value.h"

namespace {

using namespace rosetta;

#if __has_feature(address_sanitizer)
constexpr std::uint64_t kSeeds = 150;
#else
constexpr std::uint64_t kSeeds = 3'000;
#endif

constexpr std::uint64_t kMostSteps = 2'000'000;  // of the oracle: what takes longer is skipped
constexpr int kTuples = 3;                       // of arguments, for each program

// All that can be seen of a run.
struct Behaviour {
  std::string trap{};
  std::string function{};  // of the trap
  std::uint64_t instruction = 0;
  std::vector<Cell> results{};
  std::string printed{};
  std::uint64_t steps = 0;
  std::uint64_t deepest = 0;

  friend bool operator==(const Behaviour&, const Behaviour&) = default;
};

std::string describe(const Behaviour& run) {
  std::string text = run.trap.empty()
                         ? "results"
                         : fmt::format("{} at {}+{}", run.trap, run.function, run.instruction);
  for (const Cell cell : run.results) text += fmt::format(" {:#x}", cell);
  return text +
         fmt::format(", {} steps, {} deep, printed:\n{}", run.steps, run.deepest, run.printed);
}

Behaviour behaviour(const reference::Outcome& outcome) {
  Behaviour run{.trap = outcome.trap,
                .function = outcome.function,
                .instruction = outcome.instruction,
                .results = outcome.results,
                .printed = outcome.printed,
                .steps = outcome.steps,
                .deepest = outcome.deepest};
  if (!run.trap.empty()) run.results.clear();
  return run;
}

struct Printed : Output {
  std::string all;
  void value(Cell cell, Type type) override { all += to_text(cell, type) + "\n"; }
  void text(std::string_view text) override { (all += text) += "\n"; }
};

struct Bystander : Observer {
  std::uint64_t seen = 0;
  void step(std::uint32_t, const ir::Instruction&, std::uint64_t,
            std::span<const Cell, 3>) override {
    ++seen;
  }
};

Behaviour interpret(const Assembly& assembly, const ir::Program& program,
                    const std::vector<Cell>& arguments, EngineOptions options) {
  Printed printed;
  options.output = &printed;
  const std::unique_ptr<Engine> engine = make_interpreter(program, options);
  std::vector<Cell> results(program.entry().results.size());
  std::vector<const Cell*> from;
  std::vector<Cell*> to;
  for (const Cell& cell : arguments) from.push_back(&cell);
  for (Cell& cell : results) to.push_back(&cell);
  std::uint8_t status = 0xff;
  const Result<Outcome> outcome = engine->run({0, 1, from, to, &status});
  if (!outcome) return {.trap = "error: " + outcome.error().message};
  Behaviour run{.printed = printed.all, .steps = outcome->steps, .deepest = outcome->deepest};
  if (!outcome->trap) {
    run.results = results;
    if (status != 0) run.trap = fmt::format("none, but the status is {}", status);
    return run;
  }
  run.trap = name(outcome->trap->trap);
  if (status != static_cast<std::uint8_t>(outcome->trap->trap)) run.trap += " (another status)";
  run.function = assembly.names[program.numbers[outcome->trap->place.function]].name;
  run.instruction = outcome->trap->place.instruction;
  return run;
}

std::string messages(const Assembly& assembly, std::string_view text) {
  std::string all;
  const Lines lines(text);
  for (const Diagnostic& error : assembly.errors) {
    const Position at = lines.position(error.place.begin);
    all += fmt::format("{}:{}: {}\n", at.line, at.column, error.message);
  }
  return all;
}

std::string print_all(const Assembly& assembly, Style style) {
  std::string text;
  for (std::size_t i = 0; i < assembly.functions.size(); ++i) {
    text += print(assembly.functions[i], assembly.names[i], assembly.names, style);
  }
  return text;
}

// One program under test; says what differs, or nothing.
class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) : seed_(seed), text_(fuzz::random_program(seed)) {}

  std::string engines();
  std::string texts();

 private:
  [[nodiscard]] std::string report(const std::string& what) const {
    return fmt::format("seed {}: {}\n{}", seed_, what, text_);
  }
  std::string same(const reference::Program& oracle, const Assembly& assembly,
                   const ir::Program& program, const std::vector<Cell>& arguments, Limits limits);

  std::uint64_t seed_;
  std::string text_;
};

std::string Comparison::same(const reference::Program& oracle, const Assembly& assembly,
                             const ir::Program& program, const std::vector<Cell>& arguments,
                             Limits limits) {
  const reference::Outcome outcome =
      oracle.run("main", arguments, {limits.max_depth, limits.fuel, kMostSteps});
  if (outcome.trap == "gave-up") return "";
  const Behaviour wanted = behaviour(outcome);
  Bystander bystander;
  const auto check = [&](std::string_view how, bool count, Observer* observer) -> std::string {
    EngineOptions options{.limits = limits, .observer = observer, .count = count};
    Behaviour got = interpret(assembly, program, arguments, options);
    if (!count) {
      got.steps = wanted.steps;
      got.deepest = wanted.deepest;
    }
    if (got == wanted) return "";
    std::string what = fmt::format("{}, depth {}, fuel {}, arguments", how, limits.max_depth,
                                   limits.fuel ? fmt::format("{}", *limits.fuel) : "unlimited");
    for (const Cell cell : arguments) what += fmt::format(" {:#x}", cell);
    return report(
        fmt::format("{}\noracle: {}\ninterpreter: {}", what, describe(wanted), describe(got)));
  };
  std::string difference = check("counting", true, nullptr);
  if (difference.empty()) difference = check("plain", false, nullptr);
  // The observer sees register instructions, of which a step of the language may be none.
  if (difference.empty() && outcome.steps < 20'000) {
    difference = check("observed", true, &bystander);
    if (difference.empty() && bystander.seen == 0 && outcome.steps > 0) {
      difference = report("the observer saw nothing");
    }
  }
  return difference;
}

std::string Comparison::engines() {
  const Assembly assembly = assemble(text_);
  if (assembly.error_count != 0) return report(messages(assembly, text_));
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  if (!program) return report("it does not link");
  const reference::Program oracle(text_);
  std::mt19937_64 random(seed_);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  for (int tuple = 0; tuple < kTuples; ++tuple) {
    const std::vector<Cell> arguments = fuzz::random_arguments(random(), text_);
    // How much fuel and depth it needs says which limits are of interest.
    const reference::Outcome free = oracle.run("main", arguments, {.max_steps = kMostSteps});
    const std::uint64_t used = free.fuel_used;
    Limits limits[] = {
        {},
        {.max_depth = 1 + below(50), .fuel = {}},
        {.max_depth = free.deepest, .fuel = used},
        {.max_depth = free.deepest == 0 ? 0 : free.deepest - 1, .fuel = used},
        {.fuel = used == 0 ? 0 : used - 1},
        {.max_depth = 1 + below(50), .fuel = below(std::min<std::uint64_t>(used, 200) + 2)},
    };
    for (const Limits& each : limits) {
      const std::string difference = same(oracle, assembly, *program, arguments, each);
      if (!difference.empty()) return difference;
    }
  }
  return "";
}

std::string Comparison::texts() {
  const Assembly assembly = assemble(text_);
  if (assembly.error_count != 0) return report(messages(assembly, text_));
  for (const Style style : {Style::Readable, Style::Exact}) {
    const std::string printed = print_all(assembly, style);
    const Assembly again = assemble(printed);
    if (again.error_count != 0) {
      return report(
          fmt::format("its print has errors:\n{}\n{}", messages(again, printed), printed));
    }
    for (std::size_t i = 0; i < assembly.functions.size(); ++i) {
      if (again.functions[i].parts() == assembly.functions[i].parts()) continue;
      return report(fmt::format("the print of `{}` is another function:\n{}",
                                assembly.names[i].name, printed));
    }
  }
  // The exact print is the oracle's language.
  const reference::Program before(text_);
  const reference::Program after(print_all(assembly, Style::Exact));
  for (int tuple = 0; tuple < kTuples; ++tuple) {
    const std::vector<Cell> arguments =
        fuzz::random_arguments(seed_ + static_cast<std::uint64_t>(tuple), text_);
    const reference::Limits limits{
        .max_depth = 10 + seed_ % 100, .fuel = 5'000, .max_steps = kMostSteps};
    const Behaviour wanted = behaviour(before.run("main", arguments, limits));
    const Behaviour got = behaviour(after.run("main", arguments, limits));
    if (wanted == got) continue;
    return report(fmt::format("its exact print does something else\ntext: {}\nprint: {}\n{}",
                              describe(wanted), describe(got), print_all(assembly, Style::Exact)));
  }
  return "";
}

void for_all_seeds(std::string (Comparison::*compare)()) {
  fuzz::for_all_seeds(kSeeds, [&](std::uint64_t seed) { return (Comparison(seed).*compare)(); });
}

TEST(DifferentialTest, InterpreterAgreesWithTheOracle) { for_all_seeds(&Comparison::engines); }

TEST(DifferentialTest, PrintedProgramsAreTheSamePrograms) { for_all_seeds(&Comparison::texts); }

}  // namespace
