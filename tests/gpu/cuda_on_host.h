// CUDA's words for a host compiler, so that emitted text can be run without a GPU: a launch runs
// every lane, one after the other. Memory is the host's: sanitizers watch it.
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define __global__
#define __device__

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
static dim3 threadIdx, blockIdx, blockDim, gridDim;

static inline int __clz(int a) { return a == 0 ? 32 : __builtin_clz((unsigned)a); }
static inline int __clzll(long long a) {
  return a == 0 ? 64 : __builtin_clzll((unsigned long long)a);
}
static inline int __ffs(int a) { return __builtin_ffs(a); }
static inline int __ffsll(long long a) { return __builtin_ffsll(a); }
static inline int __popc(unsigned a) { return __builtin_popcount(a); }
static inline int __popcll(unsigned long long a) { return __builtin_popcountll(a); }

template <class To, class From>
static inline To bits_as(From from) {
  To to;
  static_assert(sizeof to == sizeof from);
  memcpy(&to, &from, sizeof to);
  return to;
}
static inline int __float_as_int(float a) { return bits_as<int>(a); }
static inline long long __double_as_longlong(double a) { return bits_as<long long>(a); }
static inline float __int_as_float(int a) { return bits_as<float>(a); }
static inline double __longlong_as_double(long long a) { return bits_as<double>(a); }

#pragma STDC FP_CONTRACT OFF
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __fsqrt_rn(float a) { return sqrtf(a); }
static inline double __dadd_rn(double a, double b) { return a + b; }
static inline double __dsub_rn(double a, double b) { return a - b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline double __ddiv_rn(double a, double b) { return a / b; }
static inline double __dsqrt_rn(double a) { return sqrt(a); }

static inline unsigned atomicAdd(unsigned* at, unsigned value) {
  const unsigned before = *at;
  *at += value;
  return before;
}
static inline unsigned atomicMin(unsigned* at, unsigned value) {
  const unsigned before = *at;
  if (value < before) *at = value;
  return before;
}

// The runtime, with a device of 1024 lanes and little memory.
enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation, cudaErrorFailed };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
enum cudaLimit { cudaLimitStackSize };
struct cudaDeviceProp {
  int multiProcessorCount, maxThreadsPerMultiProcessor;
};
enum : size_t { kFakeMemory = size_t{64} << 20 };

static inline const char* cudaGetErrorString(cudaError_t) { return "as the test wants it"; }
static inline cudaError_t cudaGetLastError() { return cudaSuccess; }
static inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = getenv("FAKE_CUDA_NONE") == nullptr ? 1 : 0;
  return cudaSuccess;
}
static inline cudaError_t cudaSetDevice(int) { return cudaSuccess; }
static inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {2, 512};
  return cudaSuccess;
}
static inline cudaError_t cudaMemGetInfo(size_t* available, size_t* all) {
  *available = *all = kFakeMemory;
  return cudaSuccess;
}
static inline cudaError_t cudaDeviceSetLimit(cudaLimit, size_t) { return cudaSuccess; }
static inline cudaError_t cudaMalloc(void** memory, size_t bytes) {
  *memory = bytes <= kFakeMemory / 4 ? malloc(bytes) : nullptr;
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
static inline cudaError_t cudaFree(void* memory) {
  free(memory);
  return cudaSuccess;
}
static inline cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  memcpy(to, from, bytes);
  return cudaSuccess;
}
static inline cudaError_t cudaDeviceSynchronize() {
  return getenv("FAKE_CUDA_FAILS") == nullptr ? cudaSuccess : cudaErrorFailed;
}

static inline cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block,
                                           void** parameters, size_t, void*) {
  using u32 = unsigned;
  using u64 = unsigned long long;
  const auto kernel =
      reinterpret_cast<void (*)(u32, u64, u64, const u32*, const u64*, u64*, unsigned char*, u32*,
                                u64*, u64, u64, u64)>(const_cast<void*>(function));
  const auto at = [&](int k, auto* typed) -> auto& {
    return *static_cast<decltype(typed)>(parameters[k]);
  };
  gridDim = grid;
  blockDim = block;
  for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) {
    for (threadIdx.x = 0; threadIdx.x < block.x; ++threadIdx.x) {
      kernel(at(0, (u32*)0), at(1, (u64*)0), at(2, (u64*)0), at(3, (const u32**)0),
             at(4, (const u64**)0), at(5, (u64**)0), at(6, (unsigned char**)0), at(7, (u32**)0),
             at(8, (u64**)0), at(9, (u64*)0), at(10, (u64*)0), at(11, (u64*)0));
    }
  }
  return cudaSuccess;
}
