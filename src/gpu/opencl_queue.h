// A device with its kernel, and its queues.
#pragma once

#include <memory>

#include "gpu/device.h"
#include "gpu/opencl_program.h"

namespace rosetta::gpu::opencl {

// What all queues of a device have in common; it lives as long as the last of them.
struct Kernel {
  std::shared_ptr<const Library> library;
  Target target;
  DeviceInfo info;
  Handle<cl_context> context;
  Handle<cl_program> program;
};

std::unique_ptr<Device> make_device(std::shared_ptr<const Kernel> kernel);

}  // namespace rosetta::gpu::opencl
