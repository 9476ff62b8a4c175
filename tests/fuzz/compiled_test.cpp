// Random programs, compiled and run, against the oracle; the call chains of traps, which the oracle
// does not have, against the interpreter.
//
// ROSETTAVM_SEEDS="first:count" in the environment asks for other seeds than the suite's
// (fuzz/seeds.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "compiled.h"
#include "engine/auto/auto.h"
#include "engine/interp/interp.h"
#include "fuzz/behaviour.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "replayed.h"

namespace {

using namespace rosetta;
using namespace fuzz;

#if __has_feature(address_sanitizer)
constexpr std::uint64_t kSeeds = 16;
#else
constexpr std::uint64_t kSeeds = 200;
#endif

std::string words(const TrapReport& report) {
  std::string text = fmt::format("{} frames:", report.frames);
  for (const std::vector<Frame>* part : {&report.innermost, &report.outermost}) {
    for (const Frame& frame : *part)
      text += fmt::format(" {}+{}", frame.function, frame.instruction);
    text += ";";
  }
  return text;
}

// Compiles a loop or a function once, however often it is asked.
class Remembering final : public native::Compiler {
 public:
  Result<native::Image> compile(const ir::Program& program, const native::Start& start,
                                const native::CompileOptions& options) const override {
    const auto key = std::tuple(start.kind, start.function, start.loop, options.fuel);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    Result<native::Image> image = test_compiler().compile(program, start, options);
    if (image) known_.emplace(key, *image);
    return image;
  }
  Result<std::string> list(const ir::Program&, const native::CompileOptions&,
                           native::Listing) const override {
    return "";
  }

 private:
  mutable std::map<std::tuple<native::Start::Kind, std::uint32_t, ir::BlockId, bool>, native::Image>
      known_;
};

// One program under test; each function says what differs, or nothing.
class Compiled {
 public:
  explicit Compiled(std::uint64_t seed)
      : seed_(seed), text_(random_program(seed)), assembly_(assemble(text_)) {}

  std::string compare();

 private:
  [[nodiscard]] std::string report(const std::string& what) const {
    return fmt::format("seed {}: {}\n{}", seed_, what, text_);
  }
  std::string one(const reference::Program& oracle, const std::vector<Cell>& arguments,
                  const Limits& limits);
  std::string columns(const reference::Program& oracle,
                      const std::vector<std::vector<Cell>>& tuples);

  std::string mixed(const reference::Program& oracle, const std::vector<Cell>& arguments,
                    const Limits& limits, std::uint64_t choice);

  [[nodiscard]] const native::Image& image(bool fuel) const { return fuel ? counting_ : plain_; }

  std::uint64_t seed_;
  std::string text_;
  Assembly assembly_;
  ir::Program program_;
  native::Image plain_;
  native::Image counting_;  // fuel
  std::shared_ptr<const ir::Program> shared_;
  Remembering remembering_;
};

std::string Compiled::one(const reference::Program& oracle, const std::vector<Cell>& arguments,
                          const Limits& limits) {
  const reference::Outcome outcome =
      oracle.run("main", arguments, {limits.max_depth, limits.fuel, kMostSteps});
  if (outcome.trap == "gave-up") return "";
  Behaviour wanted = behaviour(outcome);
  wanted.steps = wanted.deepest = 0;  // which compiled code does not count
  Prints printed;
  const EngineOptions options{.limits = limits, .output = &printed};
  TrapReport trap;
  Replayed engine(native_engine(program_, options, image(limits.fuel.has_value())), program_,
                  options);
  const Behaviour got = run(engine, printed, assembly_, program_, arguments, &trap);
  if (got != wanted) {
    return report(fmt::format("{}\noracle: {}\ncompiled: {}", describe(limits, arguments),
                              describe(wanted), describe(got)));
  }
  if (wanted.trap.empty()) return "";
  Prints again;
  TrapReport interpreted;
  run(*make_interpreter(program_, {.limits = limits, .output = &again}), again, assembly_, program_,
      arguments, &interpreted);
  if (words(interpreted) == words(trap)) return "";
  return report(fmt::format("{}\n{}\ninterpreter: {}\ncompiled: {}", describe(limits, arguments),
                            describe(wanted), words(interpreted), words(trap)));
}

// In the interpreter, but for the loops and functions that `choice` picks, which are compiled.
std::string Compiled::mixed(const reference::Program& oracle, const std::vector<Cell>& arguments,
                            const Limits& limits, std::uint64_t choice) {
  const reference::Outcome outcome =
      oracle.run("main", arguments, {limits.max_depth, limits.fuel, kMostSteps});
  if (outcome.trap == "gave-up") return "";
  Behaviour wanted = behaviour(outcome);
  wanted.steps = wanted.deepest = 0;
  Prints printed;
  AutoOptions how;
  how.compiler = [this] { return &remembering_; };
  // The lowest bits say what of each kind; the entry itself is mostly left to the interpreter.
  how.eagerly = [choice](const native::Start& start) {
    const std::uint64_t of = start.function * 7 + start.loop + (start.outermost ? 3 : 0);
    const bool loop = start.kind == native::Start::Kind::Loop;
    if (!loop && start.function == 0 && choice % 8 != 0) return false;
    return ((choice >> (8 + of % 50)) & 1) != 0 || (loop && choice % 2 == 0);
  };
  const auto engine = make_auto(shared_, {.limits = limits, .output = &printed}, how);
  const Behaviour got = run(*engine, printed, assembly_, *shared_, arguments);
  if (got == wanted) return "";
  return report(fmt::format("choice {:#x}, {}\noracle: {}\nmixed: {}", choice,
                            describe(limits, arguments), describe(wanted), describe(got)));
}

// All tuples as the tasks of one run.
std::string Compiled::columns(const reference::Program& oracle,
                              const std::vector<std::vector<Cell>>& tuples) {
  constexpr Cell kUntouched = 0xdead'dead'dead'dead;
  const Limits limits{.max_depth = 1'000, .fuel = 5'000};
  const std::size_t params = program_.entry().params.size();
  std::vector<std::vector<Cell>> arguments(params);
  std::vector<std::vector<Cell>> results(program_.entry().results.size(),
                                         std::vector<Cell>(tuples.size(), kUntouched));
  std::vector<const Cell*> from;
  std::vector<Cell*> to;
  for (std::size_t i = 0; i < params; ++i) {
    for (const std::vector<Cell>& tuple : tuples) arguments[i].push_back(tuple[i]);
    from.push_back(arguments[i].data());
  }
  for (std::vector<Cell>& column : results) to.push_back(column.data());
  std::vector<std::uint8_t> statuses(tuples.size(), 0xff);
  Prints printed;
  const auto engine = native_engine(program_, {.limits = limits, .output = &printed}, image(true));
  const auto outcome = engine->run({0, tuples.size(), from, to, statuses.data()});
  if (!outcome) return report(outcome.error().message);
  std::string text;
  std::uint64_t trapped = 0;
  for (std::size_t task = 0; task < tuples.size(); ++task) {
    const reference::Outcome wanted =
        oracle.run("main", tuples[task], {limits.max_depth, limits.fuel, kMostSteps});
    text += wanted.printed;
    trapped += wanted.trap.empty() ? 0 : 1;
    std::vector<Cell> got;
    for (const std::vector<Cell>& column : results) got.push_back(column[task]);
    const std::string_view trap =
        statuses[task] == 0 ? "" : name(static_cast<Trap>(statuses[task]));
    const std::vector<Cell> cells =
        wanted.trap.empty() ? wanted.results : std::vector<Cell>(results.size(), kUntouched);
    if (trap == wanted.trap && got == cells) continue;
    return report(fmt::format("task {} of a column: {} instead of {}", task, trap, wanted.trap));
  }
  if (outcome->trapped != trapped) return report("it counts trapped tasks wrongly");
  return text == printed.all ? "" : report("tasks of a column print something else");
}

std::string Compiled::compare() {
  if (assembly_.error_count != 0) return report(messages(assembly_, text_));
  auto program = ir::link(assembly_.functions, *assembly_.find("main"));
  if (!program) return report("it does not link");
  program_ = std::move(*program);
  shared_ = std::make_shared<const ir::Program>(program_);
  // One in four as functions that are too large to be optimised.
  plain_ = test_image(program_, false, seed_ % 4 != 0);
  counting_ = test_image(program_, true, seed_ % 4 != 0);
  const reference::Program oracle(text_);
  std::mt19937_64 random(seed_);
  std::vector<std::vector<Cell>> tuples;
  for (int tuple = 0; tuple < kTuples; ++tuple) {
    const std::vector<Cell>& arguments = tuples.emplace_back(random_arguments(random(), text_));
    for (const Limits& each : limits_of_interest(oracle, arguments, random)) {
      const std::string difference = one(oracle, arguments, each);
      if (!difference.empty()) return difference;
      const std::string other = mixed(oracle, arguments, each, random());
      if (!other.empty()) return other;
    }
  }
  return columns(oracle, tuples);
}

TEST(CompiledTest, AgreesWithTheOracle) {
  for_all_seeds(kSeeds, [](std::uint64_t seed) { return Compiled(seed).compare(); });
}

}  // namespace
