// Programs with explicit stacks, where nothing is in the way of that.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "ir/explicit.h"

namespace rosetta {

inline ir::Program with_stacks(const ir::Program& program) {
  Result<ir::Program> made = ir::with_explicit_stacks(program);
  if (!made) ADD_FAILURE() << made.error().message;
  return std::move(*made);
}

}  // namespace rosetta
