// Random programs after the passes that make them fit for devices, run by the interpreter and
// compiled: what can be seen of a run must be what the oracle says of the program as it was
// written.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "compiled.h"
#include "engine/interp/interp.h"
#include "fuzz/behaviour.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "ir/explicit.h"
#include "ir/program.h"
#include "ir/reducible.h"
#include "reducible.h"
#include "reference/oracle.h"
#include "stacks.h"
#include "text/assemble.h"

namespace {

using namespace rosetta;
using namespace fuzz;

#if __has_feature(address_sanitizer)
constexpr std::uint64_t kSeeds = 100;
constexpr std::uint64_t kCompiledSeeds = 16;
#else
constexpr std::uint64_t kSeeds = 2'000;
constexpr std::uint64_t kCompiledSeeds = 60;
#endif

ir::Program reducible(ir::Program program) {
  for (ir::Function& function : program.functions) {
    ir::make_reducible(function);
    EXPECT_TRUE(is_reducible(function));
  }
  return program;
}

// Whether the calls and returns of a program name registers that there are.
bool has_its_registers(const ir::Program& program) {
  for (const ir::Function& function : program.functions) {
    for (const ir::Instruction& each : function.code) {
      std::size_t count = 1;
      if (each.op == ir::Op::Call || each.op == ir::Op::Enter) {
        const ir::Function& callee = program.functions[each.target];
        count = std::max(callee.params.size(), callee.results.size());
      } else if (each.op == ir::Op::Copy) {
        if (!each.a.is_constant() && each.a.reg() >= function.registers) return false;
      } else {
        continue;
      }
      if (count > 0 && each.dst + count > function.registers) return false;
    }
  }
  return true;
}

struct Pass {
  std::string_view name;
  ir::Program program;
};

// A trap in a machine has a place in one of its members, but not that member's number.
std::string difference(const Behaviour& wanted, Behaviour got, const TrapReport& report,
                       const ir::Program& program) {
  if (!got.trap.empty() && program.functions[report.place.function].machine) {
    got.function = wanted.function;
  }
  if (got == wanted) return "";
  return fmt::format("wanted: {}\ngot: {}", describe(wanted), describe(got));
}

// What the passes met, so that the test knows that it tests something.
struct Met {
  std::uint64_t machines = 0;
  std::uint64_t irreducible = 0;
  std::uint64_t too_large = 0;
};

std::string compare(std::uint64_t seed, Met& met) {
  const std::string text = random_program(seed);
  const Assembly assembly = assemble(text);
  if (assembly.error_count != 0) return messages(assembly, text);
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  if (!program) return "it does not link";
  const ir::Program stacks = with_stacks(*program);
  if (!has_its_registers(stacks)) return fmt::format("seed {}: no such register\n{}", seed, text);
  for (const ir::Function& function : stacks.functions) {
    met.machines += function.machine ? 1 : 0;
    met.irreducible += is_reducible(function) ? 0 : 1;
    if (function.registers <= 0xffff) continue;
    ++met.too_large;  // for the interpreter's instructions
    return "";
  }
  const Pass passes[] = {
      {"explicit stacks", stacks}, {"reducible", reducible(*program)}, {"both", reducible(stacks)}};
  const reference::Program oracle(text);
  std::mt19937_64 random(seed);
  for (int tuple = 0; tuple < kTuples; ++tuple) {
    const std::vector<Cell> arguments = random_arguments(random(), text);
    for (const Limits& limits : limits_of_interest(oracle, arguments, random)) {
      const reference::Outcome outcome =
          oracle.run("main", arguments, {limits.max_depth, limits.fuel, kMostSteps});
      if (outcome.trap == "gave-up") continue;
      const Behaviour wanted = behaviour(outcome);
      for (const Pass& pass : passes) {
        for (const bool count : {true, false}) {
          Prints printed;
          const auto engine = make_interpreter(
              pass.program, {.limits = limits, .output = &printed, .count = count});
          TrapReport report;
          Behaviour got = run(*engine, printed, assembly, pass.program, arguments, &report);
          if (!count) {
            got.steps = wanted.steps;
            got.deepest = wanted.deepest;
          }
          const std::string found = difference(wanted, got, report, pass.program);
          if (found.empty()) continue;
          return fmt::format("seed {}, {}{}, {}\n{}\n{}", seed, pass.name,
                             count ? ", counting" : "", describe(limits, arguments), found, text);
        }
      }
    }
  }
  return "";
}

TEST(ExplicitStacks, RandomProgramsBehaveAsTheyDid) {
  const auto [first, count] = seeds(kSeeds);
  Met met;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    ASSERT_EQ(compare(seed, met), "");
  }
  EXPECT_GT(met.machines, count / 10);
  EXPECT_GT(met.irreducible, count / 200);
  EXPECT_LE(met.too_large, count / 100);
}

std::string compare_compiled(std::uint64_t seed) {
  const std::string text = random_program(seed);
  const Assembly assembly = assemble(text);
  if (assembly.error_count != 0) return messages(assembly, text);
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  if (!program) return "it does not link";
  const ir::Program stacks = with_stacks(*program);
  const bool optimised = seed % 4 != 0;
  const native::Image images[] = {test_image(stacks, false, optimised),
                                  test_image(stacks, true, optimised)};
  const reference::Program oracle(text);
  std::mt19937_64 random(seed);
  for (int tuple = 0; tuple < kTuples; ++tuple) {
    const std::vector<Cell> arguments = random_arguments(random(), text);
    for (const Limits& limits : limits_of_interest(oracle, arguments, random)) {
      const reference::Outcome outcome =
          oracle.run("main", arguments, {limits.max_depth, limits.fuel, kMostSteps});
      if (outcome.trap == "gave-up") continue;
      Behaviour wanted = behaviour(outcome);
      wanted.steps = wanted.deepest = 0;  // which compiled code does not count
      Prints printed;
      const auto engine = native_engine(stacks, {.limits = limits, .output = &printed},
                                        images[limits.fuel.has_value() ? 1 : 0]);
      TrapReport report;
      const Behaviour got = run(*engine, printed, assembly, stacks, arguments, &report);
      const std::string found = difference(wanted, got, report, stacks);
      if (found.empty()) continue;
      return fmt::format("seed {}, {}\n{}\n{}", seed, describe(limits, arguments), found, text);
    }
  }
  return "";
}

TEST(ExplicitStacks, RandomProgramsBehaveAsTheyDidCompiled) {
  for_all_seeds(kCompiledSeeds, compare_compiled);
}

// Compiled once for a text, however many limits it runs with.
const native::Image& image_of(const std::string& text, const ir::Program& stacks, bool fuel) {
  static std::map<std::pair<std::string, bool>, native::Image> images;
  const auto found = images.find({text, fuel});
  if (found != images.end()) return found->second;
  return images.try_emplace({text, fuel}, test_image(stacks, fuel)).first->second;
}

// Runs main of a text with all its limits, as it is and with explicit stacks, compiled too.
void expect_same(const std::string& text, const std::vector<Cell>& arguments, Limits limits) {
  const Assembly assembly = assemble(text);
  ASSERT_EQ(assembly.error_count, 0U) << messages(assembly, text);
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  ASSERT_TRUE(program);
  const ir::Program stacks = reducible(with_stacks(*program));
  Prints before;
  Prints after;
  const auto plain = make_interpreter(*program, {.limits = limits, .output = &before});
  const auto made = make_interpreter(stacks, {.limits = limits, .output = &after});
  TrapReport report;
  const Behaviour wanted = run(*plain, before, assembly, *program, arguments);
  const Behaviour got = run(*made, after, assembly, stacks, arguments, &report);
  EXPECT_EQ(difference(wanted, got, report, stacks), "") << describe(limits, arguments);
  Prints last;
  const auto compiled = native_engine(stacks, {.limits = limits, .output = &last},
                                      image_of(text, stacks, limits.fuel.has_value()));
  const Behaviour then = run(*compiled, last, assembly, stacks, arguments, &report);
  EXPECT_EQ(difference(wanted, then, report, stacks), "")
      << "compiled, " << describe(limits, arguments);
}

constexpr char kSum[] = R"(
fn sum(n) { load n jumpifnot none load n load n push 1 sub call sum add ret none: push 0 ret }
fn main(n) { load n call sum ret }
)";

TEST(ExplicitStacks, RecursionAsDeepAsTheLimit) {
  expect_same(kSum, {999'998}, {});  // main is one, and sum(0)
  expect_same(kSum, {999'999}, {});
  expect_same(kSum, {100}, {.fuel = 101});
  expect_same(kSum, {100}, {.fuel = 100});
}

TEST(ExplicitStacks, ALoopThatCallsOnSomeWays) {
  // The loop goes round with and without a call of its own function.
  const std::string text = R"(
fn f(n) {
    local i local s
again:
    load i load n ge jumpif done
    load i push 1 and jumpif odd
    load s load i call f add store s
odd:
    load i push 1 add store i
    jump again
done:
    load s load n add ret
}
fn main(n) { load n call f ret }
)";
  for (const Cell n : {0U, 1U, 5U, 12U}) expect_same(text, {n}, {});
  expect_same(text, {12}, {.max_depth = 5, .fuel = {}});
  expect_same(text, {12}, {.fuel = 40});
}

TEST(ExplicitStacks, MembersThatAreEnteredFromOutsideAndLeaveByTailCalls) {
  const std::string text = R"(
fn other(a, b) { load a load b mul ret }
fn even(n) { load n jumpifnot yes load n push 1 sub tailcall odd yes: push 2 push 3 tailcall other }
fn odd(n) { load n jumpifnot no load n push 1 sub call even push 1 add ret no: push 0 ret }
fn main(n) { load n call even load n call odd push 100 mul add ret }
)";
  for (const Cell n : {0U, 1U, 2U, 9U, 10U}) {
    expect_same(text, {n}, {});
    for (std::uint64_t fuel = 0; fuel < 30; ++fuel) expect_same(text, {n}, {.fuel = fuel});
    for (std::uint64_t depth = 0; depth < 12; ++depth) {
      expect_same(text, {n}, {.max_depth = depth, .fuel = {}});
    }
  }
}

std::vector<std::uint32_t> pushed(const std::string& text) {
  const Assembly assembly = assemble(text);
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  const ir::Program stacks = with_stacks(*program);
  std::vector<std::uint32_t> cells;
  for (const ir::Instruction& each : stacks.functions.back().code) {
    if (each.op == ir::Op::Push) cells.push_back(each.target);
  }
  return cells;
}

TEST(ExplicitStacks, WhatLivesAcrossACallIsAllThatIsSaved) {
  // The last state; then for the one call `n` and the state behind it: 16 bytes a frame.
  EXPECT_EQ(pushed(kSum), (std::vector<std::uint32_t>{1, 2}));
  // Of two parameters and a local the call leaves one alive, and of two values on the stack one.
  EXPECT_EQ(pushed(R"(
fn f(a, b) {
    local c
    load a jumpifnot none
    load a load b add store c
    load c push 2 mul load c push 1 sub load b call f
    load b add add ret
none:
    push 0 ret
}
fn main(n) { load n load n call f ret }
)"),
            (std::vector<std::uint32_t>{1, 3}));
  const Assembly assembly = assemble(kSum);
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  EXPECT_EQ(ir::most_stack_cells(with_stacks(*program), 1'000), 2'001U);
  EXPECT_EQ(ir::most_stack_cells(*program, 1'000), 0U);
}

TEST(ExplicitStacks, AMachineLeftByATailCallKeepsItsCell) {
  std::string text = "fn f99() { push 7 ret }\n";
  for (int i = 98; i >= 0; --i) {
    text += fmt::format(
        "fn f{0}() {{ push 0 jumpif again push 1 pop tailcall f{1} again: call f{0} ret }}\n", i,
        i + 1);
  }
  text += "fn main() { call f0 ret }\n";
  expect_same(text, {}, {.max_depth = 1, .fuel = {}});
  expect_same(text, {}, {.max_depth = 2, .fuel = {}});
  const Assembly assembly = assemble(text);
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  EXPECT_EQ(ir::most_stack_cells(with_stacks(*program), 2), 2U + 99U);
}

TEST(ExplicitStacks, ATailCallThatLeavesHasRoomForItsResults) {
  expect_same(R"(
fn three() -> (i64, i64, i64) { push 1 push 2 push 3 ret }
fn f(n) -> (i64, i64, i64) {
    load n jumpif more
    tailcall three
more:
    load n push 1 sub call f pop pop pop tailcall three
}
fn main(n) -> (i64, i64, i64) { load n call f ret }
)",
              {3}, {});
}

TEST(ExplicitStacks, CallsReadTheirArguments) {
  const std::string text = R"(
fn ack(m, n) {
    load m jumpif more
    load n push 1 add ret
more:
    load n jumpif both
    load m push 1 sub push 1 tailcall ack
both:
    load m push 1 sub
    load m load n push 1 sub call ack
    call ack ret
}
fn two(n) -> (i64, i64) {
    load n push 2 lt jumpif small
    load n push 1 sub call two swap
    load n push 2 sub call two
    pop rot sub swap load n ret
small:
    load n push 5 ret
}
fn main(m, n) { load m load n call ack load n call two add add ret }
)";
  for (const Cell n : {0U, 1U, 3U, 6U}) expect_same(text, {2, n}, {});
}

TEST(ExplicitStacks, TooMuchToSaveIsAnError) {
  std::string text = "fn f(n) {\n";
  for (int i = 0; i < 3'000; ++i) text += "push 1 ";
  for (int i = 0; i < 1'000; ++i) text += "load n call f pop ";
  text += "jump out out: load n ret }\nfn main(n) { load n call f ret }\n";
  const Assembly assembly = assemble(text);
  ASSERT_EQ(assembly.error_count, 0U) << messages(assembly, text);
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  const Result<ir::Program> made = ir::with_explicit_stacks(*program);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().fault, Fault::Program);
}

TEST(ExplicitStacks, AnEndlessTailCallIsInterrupted) {
  const Assembly assembly = assemble(R"(
fn a(n) { load n jumpif on load n call a ret on: load n tailcall b }
fn b(n) { load n tailcall a }
fn main() { push 1 call a ret }
)");
  const auto program = ir::link(assembly.functions, *assembly.find("main"));
  const ir::Program stacks = with_stacks(*program);
  const auto engine = make_interpreter(stacks, {});
  std::jthread other([&] { engine->interrupt(); });
  Prints printed;
  EXPECT_EQ(run(*engine, printed, assembly, stacks, {}).trap, name(Trap::Interrupted));
}

TEST(Reducible, AFunctionThatIsStaysAsItIs) {
  const Assembly assembly = assemble(kSum);
  auto program = ir::link(assembly.functions, *assembly.find("main"));
  for (ir::Function& function : program->functions) {
    const std::size_t blocks = function.blocks.size();
    EXPECT_TRUE(is_reducible(function));
    ir::make_reducible(function);
    EXPECT_EQ(function.blocks.size(), blocks);
  }
}

TEST(Reducible, ALoopWithTwoEntriesGetsOneHead) {
  const std::string text = R"(
fn main(n, i) {
    load i jumpif second
first:
    load n push 3 sub store n
second:
    load n push 1 sub store n
    load n push 0 gt jumpif first
    load n ret
}
)";
  const Assembly assembly = assemble(text);
  ASSERT_EQ(assembly.error_count, 0U) << messages(assembly, text);
  auto program = ir::link(assembly.functions, *assembly.find("main"));
  EXPECT_FALSE(is_reducible(program->functions[0]));
  for (const Cell i : {0U, 1U}) expect_same(text, {20, i}, {.fuel = 4});
  for (const Cell i : {0U, 1U}) expect_same(text, {20, i}, {});
}

}  // namespace
