/* For HIP C++, by clang or hipcc without flags of ours. They fuse unless a pragma forbids it; float
 * division and square root are exact by default. */
#pragma STDC FP_CONTRACT OFF
#include <hip/hip_runtime.h>

typedef unsigned char rv_u8;
typedef int rv_i32;
typedef long long rv_i64;
typedef unsigned int rv_u32;
typedef unsigned long long rv_u64;
typedef float rv_f32;
typedef double rv_f64;

#define RV_FN static __device__ inline
#define RV_KERNEL extern "C" __global__
#define RV_GLOBAL
#define RV_LANE ((rv_u64)blockIdx.x * blockDim.x + threadIdx.x)
#define RV_LANES ((rv_u64)gridDim.x * blockDim.x)
#define RV_COUNT(total) atomicAdd((total), 1u)
#define RV_LEAST(total, value) atomicMin((total), (value))

RV_FN rv_i64 rv_clz32(rv_u32 a) { return __builtin_clz(a); }
RV_FN rv_i64 rv_clz64(rv_u64 a) { return __builtin_clzll(a); }
RV_FN rv_i64 rv_ctz32(rv_u32 a) { return __builtin_ctz(a); }
RV_FN rv_i64 rv_ctz64(rv_u64 a) { return __builtin_ctzll(a); }
RV_FN rv_i64 rv_popcnt32(rv_u32 a) { return __builtin_popcount(a); }
RV_FN rv_i64 rv_popcnt64(rv_u64 a) { return __builtin_popcountll(a); }

RV_FN rv_u32 rv_bits32(rv_f32 a) { return __builtin_bit_cast(rv_u32, a); }
RV_FN rv_u64 rv_bits64(rv_f64 a) { return __builtin_bit_cast(rv_u64, a); }
RV_FN rv_f32 rv_float32(rv_u32 bits) { return __builtin_bit_cast(rv_f32, bits); }
RV_FN rv_f64 rv_float64(rv_u64 bits) { return __builtin_bit_cast(rv_f64, bits); }

RV_FN rv_f32 rv_add32(rv_f32 a, rv_f32 b) { return a + b; }
RV_FN rv_f32 rv_sub32(rv_f32 a, rv_f32 b) { return a - b; }
RV_FN rv_f32 rv_mul32(rv_f32 a, rv_f32 b) { return a * b; }
RV_FN rv_f32 rv_div32(rv_f32 a, rv_f32 b) { return a / b; }
RV_FN rv_f32 rv_sqrt32(rv_f32 a) { return __builtin_sqrtf(a); }
RV_FN rv_f32 rv_ceil32(rv_f32 a) { return __builtin_ceilf(a); }
RV_FN rv_f32 rv_floor32(rv_f32 a) { return __builtin_floorf(a); }
RV_FN rv_f32 rv_trunc32(rv_f32 a) { return __builtin_truncf(a); }
RV_FN rv_f32 rv_rint32(rv_f32 a) { return __builtin_rintf(a); }
RV_FN rv_f64 rv_add64(rv_f64 a, rv_f64 b) { return a + b; }
RV_FN rv_f64 rv_sub64(rv_f64 a, rv_f64 b) { return a - b; }
RV_FN rv_f64 rv_mul64(rv_f64 a, rv_f64 b) { return a * b; }
RV_FN rv_f64 rv_div64(rv_f64 a, rv_f64 b) { return a / b; }
RV_FN rv_f64 rv_sqrt64(rv_f64 a) { return __builtin_sqrt(a); }
RV_FN rv_f64 rv_ceil64(rv_f64 a) { return __builtin_ceil(a); }
RV_FN rv_f64 rv_floor64(rv_f64 a) { return __builtin_floor(a); }
RV_FN rv_f64 rv_trunc64(rv_f64 a) { return __builtin_trunc(a); }
RV_FN rv_f64 rv_rint64(rv_f64 a) { return __builtin_rint(a); }
