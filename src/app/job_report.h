// What is said of a job when it is over.
#pragma once

#include <optional>

#include "app/engines.h"
#include "app/memo.h"
#include "app/program.h"
#include "app/stages.h"
#include "par/job.h"

namespace rosetta {

// What `par` prints of all results as a reduction's; the count and nothing are none.
std::optional<par::Operation> operation(ReduceChoice choice);

struct Finished {
  const ParOptions& options;
  const par::Report& report;
  std::optional<TrapReport> explained;  // the first trap, where that is to be said
  std::uint64_t tasks;
  const ir::Program& program;
  const FunctionNames& names;
  Listings& listings;
};

// What --stats shows.
struct Stats {
  const Stages& stages;
  const ChosenEngine& engine;
  unsigned threads;
  double seconds;  // of the job
  const StoredOutcomes* outcomes;
};

// The reduction on standard output, everything else on standard error; as JSON, one object.
// `stats` may be null.
void say(const Finished& job, const Stats* stats, const Common& common);

}  // namespace rosetta
