/* For CUDA C++, by nvcc without flags of ours. It fuses what it can, so that each operation is an
 * intrinsic that says how it rounds. */
#if defined(__NVCC_DIAG_PRAGMA_SUPPORT__)
#pragma nv_diag_suppress 177 /* a function that this program does not need */
#endif

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

RV_FN rv_i64 rv_clz32(rv_u32 a) { return __clz((int)a); }
RV_FN rv_i64 rv_clz64(rv_u64 a) { return __clzll((long long)a); }
RV_FN rv_i64 rv_ctz32(rv_u32 a) { return __ffs((int)a) - 1; }
RV_FN rv_i64 rv_ctz64(rv_u64 a) { return __ffsll((long long)a) - 1; }
RV_FN rv_i64 rv_popcnt32(rv_u32 a) { return __popc(a); }
RV_FN rv_i64 rv_popcnt64(rv_u64 a) { return __popcll(a); }

RV_FN rv_u32 rv_bits32(rv_f32 a) { return (rv_u32)__float_as_int(a); }
RV_FN rv_u64 rv_bits64(rv_f64 a) { return (rv_u64)__double_as_longlong(a); }
RV_FN rv_f32 rv_float32(rv_u32 bits) { return __int_as_float((int)bits); }
RV_FN rv_f64 rv_float64(rv_u64 bits) { return __longlong_as_double((long long)bits); }

RV_FN rv_f32 rv_add32(rv_f32 a, rv_f32 b) { return __fadd_rn(a, b); }
RV_FN rv_f32 rv_sub32(rv_f32 a, rv_f32 b) { return __fsub_rn(a, b); }
RV_FN rv_f32 rv_mul32(rv_f32 a, rv_f32 b) { return __fmul_rn(a, b); }
RV_FN rv_f32 rv_div32(rv_f32 a, rv_f32 b) { return __fdiv_rn(a, b); }
RV_FN rv_f32 rv_sqrt32(rv_f32 a) { return __fsqrt_rn(a); }
RV_FN rv_f32 rv_ceil32(rv_f32 a) { return ceilf(a); }
RV_FN rv_f32 rv_floor32(rv_f32 a) { return floorf(a); }
RV_FN rv_f32 rv_trunc32(rv_f32 a) { return truncf(a); }
RV_FN rv_f32 rv_rint32(rv_f32 a) { return rintf(a); }
RV_FN rv_f64 rv_add64(rv_f64 a, rv_f64 b) { return __dadd_rn(a, b); }
RV_FN rv_f64 rv_sub64(rv_f64 a, rv_f64 b) { return __dsub_rn(a, b); }
RV_FN rv_f64 rv_mul64(rv_f64 a, rv_f64 b) { return __dmul_rn(a, b); }
RV_FN rv_f64 rv_div64(rv_f64 a, rv_f64 b) { return __ddiv_rn(a, b); }
RV_FN rv_f64 rv_sqrt64(rv_f64 a) { return __dsqrt_rn(a); }
RV_FN rv_f64 rv_ceil64(rv_f64 a) { return ceil(a); }
RV_FN rv_f64 rv_floor64(rv_f64 a) { return floor(a); }
RV_FN rv_f64 rv_trunc64(rv_f64 a) { return trunc(a); }
RV_FN rv_f64 rv_rint64(rv_f64 a) { return rint(a); }
