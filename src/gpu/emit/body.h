// The body of a function as C text.
#pragma once

#include <string>

#include "gpu/emit/shape.h"

namespace rosetta::gpu {

// From `{` to `}`.
std::string body(const Shape& shape, std::uint32_t function);

}  // namespace rosetta::gpu
