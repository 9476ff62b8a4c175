#include "engine/auto/spots.h"

#include <algorithm>

#include "base/graph.h"
#include "ir/loops.h"

namespace rosetta {
namespace {

constexpr std::size_t kMostLoops = 16;  // looked at around an instruction

bool is_taken(std::span<const native::Start> taken, const native::Start& spot) {
  return std::ranges::any_of(taken, [&](const native::Start& each) {
    return each.kind == spot.kind && each.function == spot.function && each.loop == spot.loop;
  });
}

}  // namespace

std::vector<bool> tail_cycles(const ir::Program& program) {
  Graph graph;
  for (const ir::Function& function : program.functions) {
    std::vector<std::uint32_t> to;
    for (const ir::Instruction& each : function.code) {
      if (each.op == ir::Op::TailCall) to.push_back(each.target);
    }
    graph.add_node(to);
  }
  const Components parts = components(graph);
  std::vector<bool> cycles;
  for (const std::uint32_t part : parts.of) cycles.push_back(parts.cyclic[part]);
  return cycles;
}

std::optional<native::Start> find_spot(const ir::Program& program,
                                       const std::vector<bool>& goes_round,
                                       std::span<const interp::Code::Place> frames,
                                       std::span<const native::Start> taken) {
  for (std::size_t i = frames.size(); i-- > 0;) {
    const auto [number, instruction] = frames[i];
    const ir::Function& function = program.functions[number];
    bool outermost = true;
    for (const ir::BlockId head :
         ir::loops_around(function, ir::block_of(function, instruction), kMostLoops)) {
      const native::Start loop{native::Start::Kind::Loop, number, head, outermost, {}};
      if (!is_taken(taken, loop)) return loop;
      outermost = false;
    }
    // Frames further in may come back to this one's function; and tail calls, which leave no
    // frames.
    const native::Start whole{native::Start::Kind::Function, number, 0, false, {}};
    const bool again =
        goes_round[number] || std::ranges::any_of(frames.first(i), [number](const auto& inner) {
          return inner.function == number;
        });
    if (again && !is_taken(taken, whole)) return whole;
  }
  return std::nullopt;
}

std::vector<native::Start> all_spots(const ir::Program& program) {
  std::vector<native::Start> spots;
  for (std::uint32_t number = 0; number < program.functions.size(); ++number) {
    const ir::Function& function = program.functions[number];
    spots.push_back({native::Start::Kind::Function, number, 0, false, {}});
    for (ir::BlockId head = 0; head < function.blocks.size(); ++head) {
      if (ir::jumps_back(function, head).empty()) continue;
      const std::vector<ir::BlockId> around = ir::loops_around(function, head, kMostLoops);
      const bool outermost = around.empty() || around.front() == head;
      spots.push_back({native::Start::Kind::Loop, number, head, outermost, {}});
    }
  }
  return spots;
}

std::vector<Latch> latches(const ir::Program& program, const interp::Code& code,
                           const native::Start& loop) {
  const ir::Function& function = program.functions[loop.function];
  const std::vector<std::uint32_t>& offsets = code.offsets[loop.function];
  std::vector<Latch> found;
  for (const std::uint32_t jump : ir::jumps_back(function, loop.loop)) {
    // The events of the jump are the last of its block. What is one with it begins where it does:
    // the first instruction at the same word.
    const ir::BlockId block = ir::block_of(function, jump);
    const std::uint32_t begin = offsets[function.blocks[block].begin];
    const std::uint32_t end =
        jump + 1 < offsets.size() ? offsets[jump + 1] : code.begin[loop.function + 1];
    const auto behind = std::ranges::lower_bound(code.events, end);
    std::optional<std::uint32_t> from;
    for (auto event = behind; event != code.events.begin() && *(event - 1) >= begin; --event) {
      const std::uint32_t at = *(event - 1);
      std::uint32_t mine = code.place(code.words.data() + at).instruction;
      while (mine > function.blocks[block].begin && offsets[mine - 1] == offsets[mine]) --mine;
      if (!from) from = mine;
      if (mine != *from) break;
      found.push_back({at, mine});
    }
  }
  return found;
}

}  // namespace rosetta
