// The checks of every case, example and kernel, on the program that devices get, run by the
// interpreter.
#include "ir/explicit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/interp/interp.h"
#include "ir/reducible.h"
#include "text/assemble.h"

namespace rosetta {
namespace {

void expect(const Assembly& assembly, const Check& check, const std::string& where) {
  const auto program = ir::link(assembly.functions, check.function);
  ASSERT_TRUE(program);
  Result<ir::Program> stacks = ir::with_explicit_stacks(*program);
  ASSERT_TRUE(stacks) << where << ": " << stacks.error().message;
  for (ir::Function& function : stacks->functions) ir::make_reducible(function);
  Limits limits{.fuel = check.fuel};
  if (check.depth) limits.max_depth = *check.depth;
  const auto engine = make_interpreter(*stacks, {.limits = limits});
  std::vector<const Cell*> arguments;
  for (const Cell& cell : check.arguments) arguments.push_back(&cell);
  std::vector<Cell> cells(program->entry().results.size());
  std::vector<Cell*> results;
  for (Cell& cell : cells) results.push_back(&cell);
  std::uint8_t status = 0xff;
  ASSERT_TRUE(engine->run({0, 1, arguments, results, &status})) << where;
  EXPECT_EQ(status, static_cast<std::uint8_t>(check.trap)) << where;
  if (check.trap == Trap::None) EXPECT_EQ(cells, check.results) << where;
}

TEST(ExplicitStacks, ChecksOfAllPrograms) {
  std::size_t count = 0;
  for (const char* const folder : {ROSETTAVM_CASES, ROSETTAVM_EXAMPLES, ROSETTAVM_KERNELS}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".rvm") continue;
      std::ifstream file(entry.path());
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      const Assembly assembly = assemble(text);
      ASSERT_EQ(assembly.error_count, 0U) << entry.path();
      for (const Check& check : assembly.checks) {
        expect(assembly, check,
               entry.path().filename().string() + ", byte " + std::to_string(check.place.begin));
        ++count;
      }
    }
  }
  EXPECT_GT(count, 1'000U);
}

}  // namespace
}  // namespace rosetta
