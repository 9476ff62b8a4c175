#include "gpu/emit/dialect.h"

namespace rosetta::gpu {
namespace {

constexpr char kCuda[] = {
#embed "gpu/prelude/cuda.h"
};
constexpr char kHip[] = {
#embed "gpu/prelude/hip.h"
};
constexpr char kOpenCl[] = {
#embed "gpu/prelude/opencl.h"
};
constexpr char kC[] = {
#embed "gpu/prelude/c.h"
};
constexpr char kTask[] = {
#embed "gpu/prelude/task.h"
};
constexpr char kTypes[] = {
#embed "gpu/host/types.c"
};
constexpr char kValues[] = {
#embed "gpu/host/values.c"
};
constexpr char kSum[] = {
#embed "gpu/host/sum.c"
};
constexpr char kOnProcessor[] = {
#embed "gpu/host/c.c"
};
constexpr char kOnGpu[] = {
#embed "gpu/host/gpu.c"
};
constexpr char kMain[] = {
#embed "gpu/host/main.c"
};
constexpr char kArithmetic[] = {
#embed "isa/arith.h"
};

template <std::size_t kSize>
std::string_view text(const char (&bytes)[kSize]) {
  return {bytes, kSize};
}

}  // namespace

std::string_view prelude(Dialect dialect) {
  switch (dialect) {
    case Dialect::Cuda: return text(kCuda);
    case Dialect::Hip: return text(kHip);
    case Dialect::OpenCl: return text(kOpenCl);
    case Dialect::C: return text(kC);
  }
  return {};
}

std::string_view arithmetic() { return text(kArithmetic); }
std::string_view task_prelude() { return text(kTask); }

std::array<std::string_view, 5> host(Dialect dialect) {
  return {text(kTypes), text(kValues), text(kSum),
          dialect == Dialect::C ? text(kOnProcessor) : text(kOnGpu), text(kMain)};
}

}  // namespace rosetta::gpu
