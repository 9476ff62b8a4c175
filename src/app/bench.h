// `par KERNEL`: how fast this machine runs a built-in kernel, interpreted and compiled, on one
// thread and on all.
#pragma once

#include <string>

#include "app/options.h"

namespace rosetta {

bool is_kernel(const std::string& program);
int list_kernels(const Common& common);
int bench_kernel(const ParOptions& options, const Common& common);

}  // namespace rosetta
