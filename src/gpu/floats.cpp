#include "gpu/floats.h"

#include <algorithm>

#include "isa/opcode.h"

namespace rosetta::gpu {
namespace {

bool computes_with(const ir::Function& function, Type type, ir::Op canon) {
  const auto has = [type](const std::vector<Type>& types) {
    return std::ranges::find(types, type) != types.end();
  };
  return has(function.params) || has(function.results) || has(function.locals) ||
         std::ranges::any_of(function.code, [&](const ir::Instruction& each) {
           if (each.op == canon) return true;
           if (each.op != ir::Op::Regular) return false;
           const OpcodeInfo& row = info(each.opcode);
           return row.operand_type == type || row.result_type == type;
         });
}

}  // namespace

Floats floats_of(const ir::Program& program) {
  Floats floats;
  for (const ir::Function& function : program.functions) {
    floats.f32 = floats.f32 || computes_with(function, Type::F32, ir::Op::CanonF32);
    floats.f64 = floats.f64 || computes_with(function, Type::F64, ir::Op::CanonF64);
  }
  return floats;
}

}  // namespace rosetta::gpu
