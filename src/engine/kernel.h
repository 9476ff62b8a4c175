// The kernel: what every device runs, as C-family text or as PTX, and what its launcher passes.
//
//   rosettavm_tasks(count, first, stride, picks, arguments, results, statuses, totals,
//                   arena, cells, depth, fuel)
//
//   u32  count      tasks of this launch
//   u64  first      the number of the batch's first task
//   u64  stride     tasks of the batch: the length of its columns, count or more
//   u32* picks      which tasks of the batch these are; null: the first `count`
//   u64* arguments  for each parameter two cells, where its column begins (an index into
//                   `arguments`; 0: there is none, and the task's number is its value: for integers
//                   alone) and the step from task to task (1, or 0 where all have one value); then
//                   the columns
//   u64* results    the k-th result of the batch's task i at [k * stride + i]; of a task that did
//                   not end without a trap, nothing
//   u8*  statuses   of the batch's task i at [i]: 0, a Trap, or kNoStack
//   u32* totals     kTotals numbers, added to: see below
//   u64* arena      the tasks' stacks; may be null where `cells` is 0
//   u64  cells      of a lane's stack. Cell c of lane l is arena[c * lanes + l]
//   u64  depth      call depth that a task may have
//   u64  fuel       of each task; always counted
//
// One task a lane at a time: lane l of all `lanes` (the launch's threads, fewer than 2^32) runs
// tasks l, l + lanes, … of the launch. A task that trapped, or had not enough stack, leaves its
// neighbours alone. The kernel uses no barrier, no shared memory and no recursion.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/trap.h"

namespace rosetta::gpu {

inline constexpr char kKernelName[] = "rosettavm_tasks";

// The status of a task whose stack had not enough cells: it says nothing of the program.
inline constexpr std::uint8_t kNoStack = 0xfe;

// totals[t] for t below 8: tasks that ended with Trap t (of 0 none are counted), then those with
// kNoStack, then the least index in the batch of a task that trapped (set to all ones before).
inline constexpr std::size_t kTotalNoStack = 8;
inline constexpr std::size_t kTotalFirst = 9;
inline constexpr std::size_t kTotals = 10;
static_assert(kTrapNames.size() <= kTotalNoStack);

}  // namespace rosetta::gpu
