// The devices of this machine beside its processors, and engines on them.
#pragma once

#include <string>
#include <vector>

#include "app/engines.h"
#include "gpu/cuda.h"
#include "gpu/opencl.h"

namespace rosetta {

// OpenCL's devices, found when first asked for. The error says what is missing.
Result<const gpu::OpenCl*> opencl();

// Which of them --device means, each a number or a part of the name. Where nothing is named, the
// first GPU, or else the first device.
Result<std::vector<std::size_t>> find_devices(const std::vector<gpu::OpenClDevice>& devices,
                                              const std::vector<std::string>& wanted);

// The device with the program's kernel. It is compiled where the cache, if there is one, has it
// not.
Result<gpu::OpenCl::Loaded> load_kernel(const gpu::OpenCl& opencl, std::size_t device,
                                        const ir::Program& program,
                                        const std::optional<Cache>& cache);

// An engine for the program on OpenCL devices. The program has to outlive it; `stages` may be null.
Result<ChosenEngine> choose_opencl(const EngineSettings& settings, const ir::Program& program,
                                   const EngineOptions& options, Stages* stages);

// NVIDIA's GPUs, found when first asked for. The error says what is missing.
Result<gpu::Cuda*> cuda();

// Which of them --device means. Where nothing is named, all.
Result<std::vector<std::size_t>> find_devices(const std::vector<gpu::CudaGpu>& gpus,
                                              const std::vector<std::string>& wanted);

// A GPU with the program's kernel, by way of the compiler's PTX; both are kept in the cache, if
// there is one.
Result<gpu::Cuda::Loaded> load_kernel(gpu::Cuda& cuda, std::size_t gpu, const ir::Program& program,
                                      const std::optional<Cache>& cache);

// An engine for the program on GPUs. The program has to outlive it; `stages`
// may be null.
Result<ChosenEngine> choose_cuda(const EngineSettings& settings, const ir::Program& program,
                                 const EngineOptions& options, Stages* stages);

}  // namespace rosetta
