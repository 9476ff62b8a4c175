/* For a processor, in C99 or C++, by gcc or clang without flags of ours. An operation rounds once:
 * nothing is fused, whatever the processor has. */
#if defined(__FAST_MATH__)
#error "floats are computed as IEEE 754 says: compile without -ffast-math"
#endif
#if __FLT_EVAL_METHOD__ != 0
#error "floats are computed in their own precision: compile for SSE2, as with -msse2 -mfpmath=sse"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t rv_u8;
typedef int32_t rv_i32;
typedef int64_t rv_i64;
typedef uint32_t rv_u32;
typedef uint64_t rv_u64;
typedef float rv_f32;
typedef double rv_f64;

#define RV_FN static inline
#define RV_KERNEL static
#define RV_GLOBAL
/* One lane runs all tasks. */
#define RV_LANE 0
#define RV_LANES 1
#define RV_COUNT(total) (*(total) += 1)
#define RV_LEAST(total, value) (*(total) = *(total) < (value) ? *(total) : (value))

RV_FN rv_i64 rv_clz32(rv_u32 a) { return __builtin_clz(a); }
RV_FN rv_i64 rv_clz64(rv_u64 a) { return __builtin_clzll(a); }
RV_FN rv_i64 rv_ctz32(rv_u32 a) { return __builtin_ctz(a); }
RV_FN rv_i64 rv_ctz64(rv_u64 a) { return __builtin_ctzll(a); }
RV_FN rv_i64 rv_popcnt32(rv_u32 a) { return __builtin_popcount(a); }
RV_FN rv_i64 rv_popcnt64(rv_u64 a) { return __builtin_popcountll(a); }

RV_FN rv_u32 rv_bits32(rv_f32 a) {
  rv_u32 bits;
  memcpy(&bits, &a, sizeof bits);
  return bits;
}
RV_FN rv_u64 rv_bits64(rv_f64 a) {
  rv_u64 bits;
  memcpy(&bits, &a, sizeof bits);
  return bits;
}
RV_FN rv_f32 rv_float32(rv_u32 bits) {
  rv_f32 a;
  memcpy(&a, &bits, sizeof a);
  return a;
}
RV_FN rv_f64 rv_float64(rv_u64 bits) {
  rv_f64 a;
  memcpy(&a, &bits, sizeof a);
  return a;
}

RV_FN rv_f32 rv_add32(rv_f32 a, rv_f32 b) { return a + b; }
RV_FN rv_f32 rv_sub32(rv_f32 a, rv_f32 b) { return a - b; }
RV_FN rv_f32 rv_mul32(rv_f32 a, rv_f32 b) { return a * b; }
RV_FN rv_f32 rv_div32(rv_f32 a, rv_f32 b) { return a / b; }
RV_FN rv_f32 rv_sqrt32(rv_f32 a) { return sqrtf(a); }
RV_FN rv_f32 rv_ceil32(rv_f32 a) { return ceilf(a); }
RV_FN rv_f32 rv_floor32(rv_f32 a) { return floorf(a); }
RV_FN rv_f32 rv_trunc32(rv_f32 a) { return truncf(a); }
RV_FN rv_f32 rv_rint32(rv_f32 a) { return rintf(a); }
RV_FN rv_f64 rv_add64(rv_f64 a, rv_f64 b) { return a + b; }
RV_FN rv_f64 rv_sub64(rv_f64 a, rv_f64 b) { return a - b; }
RV_FN rv_f64 rv_mul64(rv_f64 a, rv_f64 b) { return a * b; }
RV_FN rv_f64 rv_div64(rv_f64 a, rv_f64 b) { return a / b; }
RV_FN rv_f64 rv_sqrt64(rv_f64 a) { return sqrt(a); }
RV_FN rv_f64 rv_ceil64(rv_f64 a) { return ceil(a); }
RV_FN rv_f64 rv_floor64(rv_f64 a) { return floor(a); }
RV_FN rv_f64 rv_trunc64(rv_f64 a) { return trunc(a); }
RV_FN rv_f64 rv_rint64(rv_f64 a) { return rint(a); }
