/* For OpenCL C 1.2, without build options. Of f32, OpenCL wants neither division nor square root
 * exact: they go through f64, which is wide enough to round twice to the same, and where there is
 * none through integers. Whether subnormal f32 are kept is the device's to say. */
#pragma OPENCL FP_CONTRACT OFF
#ifdef cl_khr_fp64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#elif !defined(RV_WITHOUT_F64)
#error "this program computes with f64, and the device has not cl_khr_fp64"
#endif

typedef uchar rv_u8;
typedef int rv_i32;
typedef long rv_i64;
typedef uint rv_u32;
typedef ulong rv_u64;
typedef float rv_f32;

#define RV_FN static
#define RV_KERNEL __kernel
#define RV_GLOBAL __global
#define RV_LANE get_global_id(0)
#define RV_LANES get_global_size(0)
#define RV_COUNT(total) atomic_add((volatile __global uint*)(total), 1u)
#define RV_LEAST(total, value) atomic_min((volatile __global uint*)(total), (value))

RV_FN rv_i64 rv_clz32(rv_u32 a) { return clz(a); }
RV_FN rv_i64 rv_clz64(rv_u64 a) { return (rv_i64)clz(a); }
RV_FN rv_i64 rv_ctz32(rv_u32 a) { return 31 - clz(a & (0 - a)); }
RV_FN rv_i64 rv_ctz64(rv_u64 a) { return 63 - (rv_i64)clz(a & (0 - a)); }
RV_FN rv_i64 rv_popcnt32(rv_u32 a) { return popcount(a); }
RV_FN rv_i64 rv_popcnt64(rv_u64 a) { return (rv_i64)popcount(a); }

RV_FN rv_u32 rv_bits32(rv_f32 a) { return as_uint(a); }
RV_FN rv_f32 rv_float32(rv_u32 bits) { return as_float(bits); }

RV_FN rv_f32 rv_add32(rv_f32 a, rv_f32 b) { return a + b; }
RV_FN rv_f32 rv_sub32(rv_f32 a, rv_f32 b) { return a - b; }
RV_FN rv_f32 rv_mul32(rv_f32 a, rv_f32 b) { return a * b; }
/* What has a fraction: all else is its own rounding, and where that is a constant (NaN, 0x1p63),
 * PoCL 3.1 makes the rounding undefined, and with it all around. */
#define RV_SMALL32(a) (fabs(a) < 0x1p23f)
#define RV_SMALL64(a) (fabs(a) < 0x1p52)
RV_FN rv_f32 rv_ceil32(rv_f32 a) { return RV_SMALL32(a) ? ceil(a) : a; }
RV_FN rv_f32 rv_floor32(rv_f32 a) { return RV_SMALL32(a) ? floor(a) : a; }
RV_FN rv_f32 rv_trunc32(rv_f32 a) { return RV_SMALL32(a) ? trunc(a) : a; }
RV_FN rv_f32 rv_rint32(rv_f32 a) { return RV_SMALL32(a) ? rint(a) : a; }
#ifdef cl_khr_fp64
RV_FN rv_f32 rv_div32(rv_f32 a, rv_f32 b) { return (rv_f32)((double)a / (double)b); }
RV_FN rv_f32 rv_sqrt32(rv_f32 a) { return (rv_f32)sqrt((double)a); }
#else
/* significand * 2^exponent, the significand's lowest bit set where there is a rest behind it, to
 * the nearest f32. */
RV_FN rv_f32 rv_round32(rv_u32 sign, rv_u64 significand, rv_i32 exponent) {
  rv_i32 shift = 40 - (rv_i32)clz(significand); /* 24 bits are left */
  if (exponent + shift < -149) shift = -149 - exponent;
  if (shift > 63) return rv_float32(sign);
  if (shift > 0) {
    const rv_u64 rest = significand & (((rv_u64)1 << shift) - 1);
    const rv_u64 middle = (rv_u64)1 << (shift - 1);
    significand >>= shift;
    if (rest > middle || (rest == middle && (significand & 1) != 0)) significand += 1;
  } else {
    significand <<= -shift;
  }
  exponent += shift;
  if (significand == 0x1000000u) {
    significand >>= 1;
    exponent += 1;
  }
  if (exponent > 104) return rv_float32(sign | 0x7f800000u);
  if (significand < 0x800000u) return rv_float32(sign | (rv_u32)significand);
  return rv_float32(sign | ((rv_u32)(exponent + 150) << 23) | ((rv_u32)significand & 0x7fffffu));
}
/* Of a finite number but zero: 24 bits, and their exponent. */
RV_FN rv_u32 rv_parts32(rv_f32 a, rv_i32* exponent) {
  const rv_u32 bits = rv_bits32(a);
  rv_u32 significand = bits & 0x7fffffu;
  rv_i32 e = (rv_i32)((bits >> 23) & 0xff);
  if (e == 0) {
    const rv_i32 up = (rv_i32)clz(significand) - 8;
    significand <<= up;
    e = 1 - up;
  } else {
    significand |= 0x800000u;
  }
  *exponent = e - 150;
  return significand;
}
RV_FN rv_f32 rv_div32(rv_f32 a, rv_f32 b) {
  const rv_u32 sign = (rv_bits32(a) ^ rv_bits32(b)) & 0x80000000u;
  const rv_u32 x = rv_bits32(a) & 0x7fffffffu;
  const rv_u32 y = rv_bits32(b) & 0x7fffffffu;
  rv_i32 ea;
  rv_i32 eb;
  if (x > 0x7f800000u || y > 0x7f800000u) return rv_float32(0x7fc00000u);
  if (x == y && (x == 0 || x == 0x7f800000u)) return rv_float32(0x7fc00000u);
  if (x == 0x7f800000u || y == 0) return rv_float32(sign | 0x7f800000u);
  if (x == 0 || y == 0x7f800000u) return rv_float32(sign);
  {
    const rv_u64 top = (rv_u64)rv_parts32(a, &ea) << 38;
    const rv_u64 bottom = rv_parts32(b, &eb);
    const rv_u64 quotient = top / bottom;
    return rv_round32(sign, (quotient << 1) | (quotient * bottom != top), ea - eb - 39);
  }
}
RV_FN rv_f32 rv_sqrt32(rv_f32 a) {
  const rv_u32 bits = rv_bits32(a);
  rv_i32 exponent;
  rv_u64 square;
  rv_u64 root = 0;
  rv_i32 bit;
  if ((bits & 0x7fffffffu) == 0 || bits == 0x7f800000u) return a;
  if (bits > 0x7f800000u) return rv_float32(0x7fc00000u);
  square = (rv_u64)rv_parts32(a, &exponent) << 38;
  if ((exponent & 1) != 0) {
    square >>= 1;
    exponent += 1;
  }
  for (bit = 30; bit >= 0; --bit) {
    const rv_u64 more = root | ((rv_u64)1 << bit);
    if (more * more <= square) root = more;
  }
  return rv_round32(0, (root << 1) | (root * root != square), (exponent - 38) / 2 - 1);
}
#endif

#ifndef RV_WITHOUT_F64
typedef double rv_f64;
RV_FN rv_u64 rv_bits64(rv_f64 a) { return as_ulong(a); }
RV_FN rv_f64 rv_float64(rv_u64 bits) { return as_double(bits); }
RV_FN rv_f64 rv_add64(rv_f64 a, rv_f64 b) { return a + b; }
RV_FN rv_f64 rv_sub64(rv_f64 a, rv_f64 b) { return a - b; }
RV_FN rv_f64 rv_mul64(rv_f64 a, rv_f64 b) { return a * b; }
RV_FN rv_f64 rv_div64(rv_f64 a, rv_f64 b) { return a / b; }
RV_FN rv_f64 rv_sqrt64(rv_f64 a) { return sqrt(a); }
RV_FN rv_f64 rv_ceil64(rv_f64 a) { return RV_SMALL64(a) ? ceil(a) : a; }
RV_FN rv_f64 rv_floor64(rv_f64 a) { return RV_SMALL64(a) ? floor(a) : a; }
RV_FN rv_f64 rv_trunc64(rv_f64 a) { return RV_SMALL64(a) ? trunc(a) : a; }
RV_FN rv_f64 rv_rint64(rv_f64 a) { return RV_SMALL64(a) ? rint(a) : a; }
#endif
