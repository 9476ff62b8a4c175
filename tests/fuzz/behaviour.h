// All that can be seen of a run, by the oracle or by an engine.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "ir/program.h"
#include "reference/oracle.h"
#include "text/assemble.h"
#include "text/value.h"

namespace fuzz {

using namespace rosetta;

inline constexpr std::uint64_t kMostSteps = 2'000'000;  // of the oracle: more is skipped
inline constexpr int kTuples = 3;                       // of arguments, for each program

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

inline std::string describe(const Behaviour& run) {
  std::string text = run.trap.empty()
                         ? "results"
                         : fmt::format("{} at {}+{}", run.trap, run.function, run.instruction);
  for (const Cell cell : run.results) text += fmt::format(" {:#x}", cell);
  return text +
         fmt::format(", {} steps, {} deep, printed:\n{}", run.steps, run.deepest, run.printed);
}

inline std::string describe(const Limits& limits, const std::vector<Cell>& arguments) {
  std::string text = fmt::format("depth {}, fuel {}, arguments", limits.max_depth,
                                 limits.fuel ? fmt::format("{}", *limits.fuel) : "unlimited");
  for (const Cell cell : arguments) text += fmt::format(" {:#x}", cell);
  return text;
}

inline Behaviour behaviour(const reference::Outcome& outcome) {
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

struct Prints : Output {
  std::string all;
  void value(Cell cell, Type type) override { all += to_text(cell, type) + "\n"; }
  void text(std::string_view text) override { (all += text) += "\n"; }
};

// One task, by an engine that prints into `printed`. Its trap's report goes to `report`.
inline Behaviour run(Engine& engine, const Prints& printed, const Assembly& assembly,
                     const ir::Program& program, const std::vector<Cell>& arguments,
                     TrapReport* report = nullptr) {
  std::vector<Cell> results(program.entry().results.size());
  std::vector<const Cell*> from;
  std::vector<Cell*> to;
  for (const Cell& cell : arguments) from.push_back(&cell);
  for (Cell& cell : results) to.push_back(&cell);
  std::uint8_t status = 0xff;
  const Result<Outcome> outcome = engine.run({0, 1, from, to, &status});
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
  if (report != nullptr) *report = *outcome->trap;
  return run;
}

inline std::string messages(const Assembly& assembly, std::string_view text) {
  std::string all;
  const Lines lines(text);
  for (const Diagnostic& error : assembly.errors) {
    const Position at = lines.position(error.place.begin);
    all += fmt::format("{}:{}: {}\n", at.line, at.column, error.message);
  }
  return all;
}

// How much fuel and depth a run needs says which limits are of interest.
inline std::vector<Limits> limits_of_interest(const reference::Program& oracle,
                                              const std::vector<Cell>& arguments,
                                              std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const reference::Outcome free = oracle.run("main", arguments, {.max_steps = kMostSteps});
  const std::uint64_t used = free.fuel_used;
  return {
      {},
      {.max_depth = 1 + below(50), .fuel = {}},
      {.max_depth = free.deepest, .fuel = used},
      {.max_depth = free.deepest == 0 ? 0 : free.deepest - 1, .fuel = used},
      {.fuel = used == 0 ? 0 : used - 1},
      {.max_depth = 1 + below(50), .fuel = below(std::min<std::uint64_t>(used, 200) + 2)},
  };
}

}  // namespace fuzz
