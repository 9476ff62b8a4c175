// Which types of floats a program computes with: not every device has all of them.
#pragma once

#include "ir/program.h"

namespace rosetta::gpu {

struct Floats {
  bool f32 = false;
  bool f64 = false;
};

Floats floats_of(const ir::Program& program);

}  // namespace rosetta::gpu
