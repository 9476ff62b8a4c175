// What the dialects do not have in common: a few words, and a prelude of their own.
#pragma once

#include <array>
#include <string_view>

#include "gpu/emit.h"

namespace rosetta::gpu {

// The types and primitives of isa/host.h in the dialect's own way, and RV_FN, RV_KERNEL,
// RV_GLOBAL, RV_LANE, RV_LANES, RV_COUNT and RV_LEAST. It may ask for RV_WITHOUT_F64.
std::string_view prelude(Dialect dialect);
// isa/arith.h, behind it.
std::string_view arithmetic();
// What the kernel's own text is made of, behind that.
std::string_view task_prelude();
// The host program of `emit_program`, in its parts, behind the kernel and the words that say what
// kernel it is. Not of OpenCL.
std::array<std::string_view, 5> host(Dialect dialect);

}  // namespace rosetta::gpu
