#include "gpu/emit.h"
#include "ir/explicit.h"
#include "ir/reducible.h"

namespace rosetta::gpu {

Result<ir::Program> prepare(const ir::Program& program) {
  Result<ir::Program> made = ir::with_explicit_stacks(program);
  if (!made) return made;
  for (ir::Function& function : made->functions) ir::make_reducible(function);
  return made;
}

}  // namespace rosetta::gpu
