// The kernel of a program as LLVM makes it for devices, but for this processor: one lane after the
// other runs its tasks.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "compiled.h"
#include "engine/kernel.h"
#include "engine/native/context.h"
#include "engine/native/mapping.h"
#include "ir/explicit.h"
#include "stacks.h"

namespace rosetta {

class Lanes {
 public:
  // A launch over a batch of tasks, of which the first has number `first`.
  struct Launch {
    std::uint64_t first = 0;
    std::vector<std::vector<Cell>> columns{};  // of arguments; an empty one: the task's number
    std::uint32_t stride = 1;                  // tasks of the batch
    std::vector<std::uint32_t> picks{};        // none: all of them
    std::uint64_t lanes = 1;
    std::uint64_t cells = 0;
    std::uint64_t depth = 1'000'000;
    std::uint64_t fuel = ~std::uint64_t{0};
  };
  struct Outcome {
    std::vector<std::vector<Cell>> results;  // columns
    std::vector<std::uint8_t> statuses;
    std::array<std::uint32_t, gpu::kTotals> totals;
  };
  // What cells and statuses hold that nothing wrote to.
  static constexpr Cell kUntouched = 0xdead'dead'dead'dead;
  static constexpr std::uint8_t kNoStatus = 0xaa;

  explicit Lanes(const ir::Program& program, bool optimised = true)
      : stacks_(with_stacks(program)), code_(compile(optimised)) {}

  [[nodiscard]] const ir::Program& stacks() const { return stacks_; }

  // (What is called has no type in front of it, as a sanitizer would want it.)
  [[nodiscard, clang::no_sanitize("function")]] Outcome run(const Launch& launch) const {
    std::vector<Cell> arguments = head(launch);
    std::vector<Cell> results(stacks_.entry().results.size() * launch.stride, kUntouched);
    // Behind the arena are cells that belong to nobody.
    constexpr std::uint64_t kBehind = 64;
    std::vector<Cell> arena(launch.cells * launch.lanes + kBehind, kUntouched);
    Outcome outcome{.results = {},
                    .statuses = std::vector<std::uint8_t>(launch.stride, kNoStatus),
                    .totals = {}};
    outcome.totals[gpu::kTotalFirst] = ~0U;
    const std::uint64_t count = launch.picks.empty() ? launch.stride : launch.picks.size();
    const Cell parameters[] = {count,
                               launch.first,
                               launch.stride,
                               launch.picks.empty() ? 0 : address(launch.picks.data()),
                               address(arguments.data()),
                               address(results.data()),
                               address(outcome.statuses.data()),
                               address(outcome.totals.data()),
                               launch.cells == 0 ? 0 : address(arena.data()),
                               launch.cells,
                               launch.depth,
                               launch.fuel};
    const auto lane = reinterpret_cast<native::RunLane*>(address(code_.start()));
    for (std::uint64_t i = 0; i < launch.lanes; ++i) lane(i, launch.lanes, parameters);
    EXPECT_TRUE(std::all_of(arena.end() - kBehind, arena.end(),
                            [](Cell cell) { return cell == kUntouched; }));
    for (std::size_t k = 0; k < stacks_.entry().results.size(); ++k) {
      const auto begin = results.begin() + static_cast<std::ptrdiff_t>(k * launch.stride);
      outcome.results.emplace_back(begin, begin + launch.stride);
    }
    return outcome;
  }

 private:
  static ir::Program with_stacks(const ir::Program& program) {
    Result<ir::Program> made = ir::with_explicit_stacks(program);
    if (!made) ADD_FAILURE() << made.error().message;
    return std::move(*made);
  }

  template <class T>
  static Cell address(T* of) {
    return reinterpret_cast<Cell>(of);
  }

  [[nodiscard]] native::Mapping compile(bool optimised) const {
    native::CompileOptions options;
    if (!optimised) options.most_optimised = 0;
    const Result<native::Image> image =
        test_compiler().compile(stacks_, {.kind = native::Start::Kind::Lane}, options);
    if (!image) ADD_FAILURE() << image.error().message;
    return std::move(*native::Mapping::map(*image));
  }

  // A column of one cell is the same for all tasks.
  static std::vector<Cell> head(const Launch& launch) {
    std::vector<Cell> all(2 * launch.columns.size());
    for (std::size_t k = 0; k < launch.columns.size(); ++k) {
      const std::vector<Cell>& column = launch.columns[k];
      if (column.empty()) continue;
      all[2 * k] = all.size();
      all[2 * k + 1] = column.size() == 1 ? 0 : 1;
      all.insert(all.end(), column.begin(), column.end());
    }
    return all;
  }

  ir::Program stacks_;
  native::Mapping code_;
};

}  // namespace rosetta
