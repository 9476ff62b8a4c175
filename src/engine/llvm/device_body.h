// Bodies of functions for devices.
#pragma once

#include "engine/llvm/device_module.h"

namespace rosetta::llvm_engine {

void write_body(DeviceModule& module, std::uint32_t number, llvm::Function* into);

}  // namespace rosetta::llvm_engine
