// A text's first function, linked, with an engine for it and columns of cells.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/interp/interp.h"
#include "ir/program.h"
#include "text/assemble.h"
#include "text/value.h"

namespace rosetta {

inline ir::Program link_first(std::string_view text) {
  const Assembly assembly = assemble(text);
  for (const Diagnostic& error : assembly.errors) ADD_FAILURE() << text << ": " << error.message;
  auto linked = ir::link(assembly.functions, 0);
  EXPECT_TRUE(linked) << text;
  return linked ? std::move(*linked) : ir::Program{};
}

class Machine {
 public:
  using Make = std::unique_ptr<Engine> (*)(const ir::Program&, const EngineOptions&);

  explicit Machine(std::string_view text, const EngineOptions& options = {},
                   Make make = make_interpreter)
      : program(link_first(text)), engine(make(program, options)) {}

  // Tasks with one column of arguments, for all parameters, into one of results for each of the
  // entry's.
  Result<Outcome> run(const std::vector<Cell>& arguments) {
    return run(arguments, 0, arguments.size());
  }
  Result<Outcome> run(const std::vector<Cell>& arguments, std::size_t first, std::size_t last) {
    const std::vector<const Cell*> from(program.entry().params.size(), arguments.data());
    return run(from, arguments.size(), first, last);
  }
  Outcome one(Cell argument = 0) {
    Result<Outcome> outcome = run({argument});
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? std::move(*outcome) : Outcome{};
  }
  // One task with an argument for each parameter; gives its results.
  std::vector<Cell> call(const std::vector<Cell>& arguments) {
    std::vector<const Cell*> from;
    for (const Cell& cell : arguments) from.push_back(&cell);
    const auto outcome = run(from, 1, 0, 1);
    EXPECT_TRUE(outcome) << outcome.error().message;
    if (outcome) EXPECT_FALSE(outcome->trap) << name(outcome->trap->trap);
    std::vector<Cell> cells;
    for (const std::vector<Cell>& column : results) cells.push_back(column[0]);
    return cells;
  }

  static constexpr Cell kUntouched = 0xdead'dead'dead'dead;
  static constexpr std::uint8_t kNoStatus = 0xee;

  ir::Program program;
  std::unique_ptr<Engine> engine;
  std::vector<std::vector<Cell>> results;
  std::vector<std::uint8_t> statuses;

 private:
  Result<Outcome> run(const std::vector<const Cell*>& from, std::size_t tasks, std::size_t first,
                      std::size_t last) {
    results.assign(program.entry().results.size(), std::vector<Cell>(tasks, kUntouched));
    statuses.assign(tasks, kNoStatus);
    std::vector<Cell*> to;
    for (std::vector<Cell>& column : results) to.push_back(column.data());
    return engine->run({first, last, from, to, statuses.data()});
  }
};

// The trap of a run and where it was, as "trap@function+instruction"; "" where there was none.
inline std::string trap(const Outcome& outcome) {
  if (!outcome.trap) return "";
  return std::string(name(outcome.trap->trap)) + "@" +
         std::to_string(outcome.trap->place.function) + "+" +
         std::to_string(outcome.trap->place.instruction);
}

inline EngineOptions with_depth(std::uint64_t depth, bool count = false) {
  return {.limits = {.max_depth = depth, .fuel = {}}, .count = count};
}
inline EngineOptions with_fuel(std::uint64_t fuel) { return {.limits = {.fuel = fuel}}; }

struct Written : Output {
  std::string all;
  void value(Cell cell, Type type) override { all += to_text(cell, type) + "\n"; }
  void text(std::string_view text) override { (all += text) += "\n"; }
};

}  // namespace rosetta
