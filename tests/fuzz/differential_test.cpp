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
#include "fuzz/behaviour.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "ir/program.h"
#include "reference/oracle.h"
#include "text/assemble.h"
#include "text/print.h"

namespace {

using namespace rosetta;
using namespace fuzz;

#if __has_feature(address_sanitizer)
constexpr std::uint64_t kSeeds = 150;
#else
constexpr std::uint64_t kSeeds = 3'000;
#endif

struct Bystander : Observer {
  std::uint64_t seen = 0;
  void step(std::uint32_t, const ir::Instruction&, std::uint64_t,
            std::span<const Cell, 3>) override {
    ++seen;
  }
};

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
    Prints printed;
    const std::unique_ptr<Engine> engine = make_interpreter(
        program, {.limits = limits, .output = &printed, .observer = observer, .count = count});
    Behaviour got = run(*engine, printed, assembly, program, arguments);
    if (!count) {
      got.steps = wanted.steps;
      got.deepest = wanted.deepest;
    }
    if (got == wanted) return "";
    return report(fmt::format("{}, {}\noracle: {}\ninterpreter: {}", how,
                              describe(limits, arguments), describe(wanted), describe(got)));
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
  for (int tuple = 0; tuple < kTuples; ++tuple) {
    const std::vector<Cell> arguments = fuzz::random_arguments(random(), text_);
    for (const Limits& each : limits_of_interest(oracle, arguments, random)) {
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
