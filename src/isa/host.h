/* The host's prelude for arith.h: the types and the few primitives that C dialects spell in their
 * own way. Serves C and C++ with clang or gcc; every other dialect brings a prelude with the same
 * names. Bit counts are of a nonzero argument, where the builtins are defined. */
#ifndef RV_HOST_H
#define RV_HOST_H

typedef __INT32_TYPE__ rv_i32;
typedef __INT64_TYPE__ rv_i64;
typedef __UINT32_TYPE__ rv_u32;
typedef __UINT64_TYPE__ rv_u64;
typedef float rv_f32;
typedef double rv_f64;

#ifndef RV_FN
#define RV_FN static inline
#endif

RV_FN rv_i64 rv_clz32(rv_u32 a) { return __builtin_clz(a); }
RV_FN rv_i64 rv_clz64(rv_u64 a) { return __builtin_clzll(a); }
RV_FN rv_i64 rv_ctz32(rv_u32 a) { return __builtin_ctz(a); }
RV_FN rv_i64 rv_ctz64(rv_u64 a) { return __builtin_ctzll(a); }
RV_FN rv_i64 rv_popcnt32(rv_u32 a) { return __builtin_popcount(a); }
RV_FN rv_i64 rv_popcnt64(rv_u64 a) { return __builtin_popcountll(a); }

RV_FN rv_u32 rv_bits32(rv_f32 a) {
  rv_u32 bits;
  __builtin_memcpy(&bits, &a, sizeof bits);
  return bits;
}
RV_FN rv_u64 rv_bits64(rv_f64 a) {
  rv_u64 bits;
  __builtin_memcpy(&bits, &a, sizeof bits);
  return bits;
}
RV_FN rv_f32 rv_float32(rv_u32 bits) {
  rv_f32 a;
  __builtin_memcpy(&a, &bits, sizeof a);
  return a;
}
RV_FN rv_f64 rv_float64(rv_u64 bits) {
  rv_f64 a;
  __builtin_memcpy(&a, &bits, sizeof a);
  return a;
}

/* One IEEE operation each, rounded once and never fused (the build says -ffp-contract=off). */
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

#endif
