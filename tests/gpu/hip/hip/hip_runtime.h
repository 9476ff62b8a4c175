// As much of HIP's header as emitted text names, for clang alone, which compiles it and no more.
#pragma once

#include <stddef.h>

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))

struct Dimensions {
  unsigned x, y, z;
};
extern const __device__ Dimensions threadIdx, blockIdx, blockDim, gridDim;
__device__ inline unsigned atomicAdd(unsigned* at, unsigned value) {
  return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
}
__device__ inline unsigned atomicMin(unsigned* at, unsigned value) {
  return __atomic_fetch_min(at, value, __ATOMIC_RELAXED);
}

enum hipError_t { hipSuccess, hipErrorMemoryAllocation };
enum hipMemcpyKind { hipMemcpyHostToDevice, hipMemcpyDeviceToHost };
enum hipLimit_t { hipLimitStackSize };
struct hipDeviceProp_t {
  int multiProcessorCount, maxThreadsPerMultiProcessor;
};
struct dim3 {
  unsigned x, y, z;
  __host__ __device__ dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1)
      : x(x_), y(y_), z(z_) {}
};
typedef struct Stream* hipStream_t;

const char* hipGetErrorString(hipError_t);
hipError_t hipGetLastError();
hipError_t hipGetDeviceCount(int*);
hipError_t hipSetDevice(int);
hipError_t hipGetDeviceProperties(hipDeviceProp_t*, int);
hipError_t hipMemGetInfo(size_t*, size_t*);
hipError_t hipDeviceSetLimit(hipLimit_t, size_t);
hipError_t hipMalloc(void**, size_t);
hipError_t hipFree(void*);
hipError_t hipMemcpy(void*, const void*, size_t, hipMemcpyKind);
hipError_t hipDeviceSynchronize();
hipError_t hipLaunchKernel(const void*, dim3, dim3, void**, size_t, hipStream_t);
