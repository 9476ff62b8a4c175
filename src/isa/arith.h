/* The one meaning of every regular opcode of opcodes.def, for every engine: the interpreter's
 * handlers inline these functions, the LLVM engine links them as bitcode, emitted sources carry
 * this text. So it is the common subset of C++, C, CUDA C and OpenCL C: no include, no template, no
 * undefined behaviour. A prelude (host.h on this machine) stands before it and names the types and
 * primitives.
 *
 * A function that can trap returns the trap, or 0, and writes its result through its last
 * parameter. Integers wrap by going through unsigned types. A float result may be any NaN: making
 * it canonical where its bits are seen is lowering's business. */
#ifndef RV_ARITH_H
#define RV_ARITH_H

#define RV_TRAP_DIVIDE_BY_ZERO 1
#define RV_TRAP_OVERFLOW 2
#define RV_TRAP_INVALID_CONVERSION 3

/* i32: comparisons. */
RV_FN rv_i64 rv_i32_eqz(rv_i32 a) { return a == 0; }
RV_FN rv_i64 rv_i32_eq(rv_i32 a, rv_i32 b) { return a == b; }
RV_FN rv_i64 rv_i32_ne(rv_i32 a, rv_i32 b) { return a != b; }
RV_FN rv_i64 rv_i32_lt_s(rv_i32 a, rv_i32 b) { return a < b; }
RV_FN rv_i64 rv_i32_lt_u(rv_i32 a, rv_i32 b) { return (rv_u32)a < (rv_u32)b; }
RV_FN rv_i64 rv_i32_gt_s(rv_i32 a, rv_i32 b) { return a > b; }
RV_FN rv_i64 rv_i32_gt_u(rv_i32 a, rv_i32 b) { return (rv_u32)a > (rv_u32)b; }
RV_FN rv_i64 rv_i32_le_s(rv_i32 a, rv_i32 b) { return a <= b; }
RV_FN rv_i64 rv_i32_le_u(rv_i32 a, rv_i32 b) { return (rv_u32)a <= (rv_u32)b; }
RV_FN rv_i64 rv_i32_ge_s(rv_i32 a, rv_i32 b) { return a >= b; }
RV_FN rv_i64 rv_i32_ge_u(rv_i32 a, rv_i32 b) { return (rv_u32)a >= (rv_u32)b; }

/* i32: arithmetic. */
RV_FN rv_i32 rv_i32_clz(rv_i32 a) { return a == 0 ? 32 : (rv_i32)rv_clz32((rv_u32)a); }
RV_FN rv_i32 rv_i32_ctz(rv_i32 a) { return a == 0 ? 32 : (rv_i32)rv_ctz32((rv_u32)a); }
RV_FN rv_i32 rv_i32_popcnt(rv_i32 a) { return (rv_i32)rv_popcnt32((rv_u32)a); }
RV_FN rv_i32 rv_i32_add(rv_i32 a, rv_i32 b) { return (rv_i32)((rv_u32)a + (rv_u32)b); }
RV_FN rv_i32 rv_i32_sub(rv_i32 a, rv_i32 b) { return (rv_i32)((rv_u32)a - (rv_u32)b); }
RV_FN rv_i32 rv_i32_mul(rv_i32 a, rv_i32 b) { return (rv_i32)((rv_u32)a * (rv_u32)b); }
RV_FN rv_i32 rv_i32_div_s(rv_i32 a, rv_i32 b, rv_i32* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  if (b == -1 && a == (-0x7fffffff - 1)) return RV_TRAP_OVERFLOW;
  *result = a / b;
  return 0;
}
RV_FN rv_i32 rv_i32_div_u(rv_i32 a, rv_i32 b, rv_i32* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  *result = (rv_i32)((rv_u32)a / (rv_u32)b);
  return 0;
}
RV_FN rv_i32 rv_i32_rem_s(rv_i32 a, rv_i32 b, rv_i32* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  *result = b == -1 ? 0 : a % b; /* the quotient of minimum and -1 does not exist */
  return 0;
}
RV_FN rv_i32 rv_i32_rem_u(rv_i32 a, rv_i32 b, rv_i32* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  *result = (rv_i32)((rv_u32)a % (rv_u32)b);
  return 0;
}
RV_FN rv_i32 rv_i32_and(rv_i32 a, rv_i32 b) { return a & b; }
RV_FN rv_i32 rv_i32_or(rv_i32 a, rv_i32 b) { return a | b; }
RV_FN rv_i32 rv_i32_xor(rv_i32 a, rv_i32 b) { return a ^ b; }
RV_FN rv_i32 rv_i32_shl(rv_i32 a, rv_i32 b) { return (rv_i32)((rv_u32)a << (b & 31)); }
RV_FN rv_i32 rv_i32_shr_s(rv_i32 a, rv_i32 b) { return a >> (b & 31); }
RV_FN rv_i32 rv_i32_shr_u(rv_i32 a, rv_i32 b) { return (rv_i32)((rv_u32)a >> (b & 31)); }
RV_FN rv_i32 rv_i32_rotl(rv_i32 a, rv_i32 b) {
  return (rv_i32)(((rv_u32)a << (b & 31)) | ((rv_u32)a >> ((32 - (b & 31)) & 31)));
}
RV_FN rv_i32 rv_i32_rotr(rv_i32 a, rv_i32 b) {
  return (rv_i32)(((rv_u32)a >> (b & 31)) | ((rv_u32)a << ((32 - (b & 31)) & 31)));
}
RV_FN rv_i32 rv_i32_neg(rv_i32 a) { return (rv_i32)(0 - (rv_u32)a); }
RV_FN rv_i32 rv_i32_abs(rv_i32 a) { return a < 0 ? (rv_i32)(0 - (rv_u32)a) : a; }
RV_FN rv_i32 rv_i32_min(rv_i32 a, rv_i32 b) { return a < b ? a : b; }
RV_FN rv_i32 rv_i32_max(rv_i32 a, rv_i32 b) { return a > b ? a : b; }
RV_FN rv_i32 rv_i32_inv(rv_i32 a) { return ~a; }

/* i64: comparisons. */
RV_FN rv_i64 rv_i64_eqz(rv_i64 a) { return a == 0; }
RV_FN rv_i64 rv_i64_eq(rv_i64 a, rv_i64 b) { return a == b; }
RV_FN rv_i64 rv_i64_ne(rv_i64 a, rv_i64 b) { return a != b; }
RV_FN rv_i64 rv_i64_lt_s(rv_i64 a, rv_i64 b) { return a < b; }
RV_FN rv_i64 rv_i64_lt_u(rv_i64 a, rv_i64 b) { return (rv_u64)a < (rv_u64)b; }
RV_FN rv_i64 rv_i64_gt_s(rv_i64 a, rv_i64 b) { return a > b; }
RV_FN rv_i64 rv_i64_gt_u(rv_i64 a, rv_i64 b) { return (rv_u64)a > (rv_u64)b; }
RV_FN rv_i64 rv_i64_le_s(rv_i64 a, rv_i64 b) { return a <= b; }
RV_FN rv_i64 rv_i64_le_u(rv_i64 a, rv_i64 b) { return (rv_u64)a <= (rv_u64)b; }
RV_FN rv_i64 rv_i64_ge_s(rv_i64 a, rv_i64 b) { return a >= b; }
RV_FN rv_i64 rv_i64_ge_u(rv_i64 a, rv_i64 b) { return (rv_u64)a >= (rv_u64)b; }

/* i64: arithmetic. */
RV_FN rv_i64 rv_i64_clz(rv_i64 a) { return a == 0 ? 64 : (rv_i64)rv_clz64((rv_u64)a); }
RV_FN rv_i64 rv_i64_ctz(rv_i64 a) { return a == 0 ? 64 : (rv_i64)rv_ctz64((rv_u64)a); }
RV_FN rv_i64 rv_i64_popcnt(rv_i64 a) { return (rv_i64)rv_popcnt64((rv_u64)a); }
RV_FN rv_i64 rv_i64_add(rv_i64 a, rv_i64 b) { return (rv_i64)((rv_u64)a + (rv_u64)b); }
RV_FN rv_i64 rv_i64_sub(rv_i64 a, rv_i64 b) { return (rv_i64)((rv_u64)a - (rv_u64)b); }
RV_FN rv_i64 rv_i64_mul(rv_i64 a, rv_i64 b) { return (rv_i64)((rv_u64)a * (rv_u64)b); }
RV_FN rv_i32 rv_i64_div_s(rv_i64 a, rv_i64 b, rv_i64* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  if (b == -1 && a == (-0x7fffffffffffffff - 1)) return RV_TRAP_OVERFLOW;
  *result = a / b;
  return 0;
}
RV_FN rv_i32 rv_i64_div_u(rv_i64 a, rv_i64 b, rv_i64* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  *result = (rv_i64)((rv_u64)a / (rv_u64)b);
  return 0;
}
RV_FN rv_i32 rv_i64_rem_s(rv_i64 a, rv_i64 b, rv_i64* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  *result = b == -1 ? 0 : a % b; /* the quotient of minimum and -1 does not exist */
  return 0;
}
RV_FN rv_i32 rv_i64_rem_u(rv_i64 a, rv_i64 b, rv_i64* result) {
  if (b == 0) return RV_TRAP_DIVIDE_BY_ZERO;
  *result = (rv_i64)((rv_u64)a % (rv_u64)b);
  return 0;
}
RV_FN rv_i64 rv_i64_and(rv_i64 a, rv_i64 b) { return a & b; }
RV_FN rv_i64 rv_i64_or(rv_i64 a, rv_i64 b) { return a | b; }
RV_FN rv_i64 rv_i64_xor(rv_i64 a, rv_i64 b) { return a ^ b; }
RV_FN rv_i64 rv_i64_shl(rv_i64 a, rv_i64 b) { return (rv_i64)((rv_u64)a << (b & 63)); }
RV_FN rv_i64 rv_i64_shr_s(rv_i64 a, rv_i64 b) { return a >> (b & 63); }
RV_FN rv_i64 rv_i64_shr_u(rv_i64 a, rv_i64 b) { return (rv_i64)((rv_u64)a >> (b & 63)); }
RV_FN rv_i64 rv_i64_rotl(rv_i64 a, rv_i64 b) {
  return (rv_i64)(((rv_u64)a << (b & 63)) | ((rv_u64)a >> ((64 - (b & 63)) & 63)));
}
RV_FN rv_i64 rv_i64_rotr(rv_i64 a, rv_i64 b) {
  return (rv_i64)(((rv_u64)a >> (b & 63)) | ((rv_u64)a << ((64 - (b & 63)) & 63)));
}
RV_FN rv_i64 rv_i64_neg(rv_i64 a) { return (rv_i64)(0 - (rv_u64)a); }
RV_FN rv_i64 rv_i64_abs(rv_i64 a) { return a < 0 ? (rv_i64)(0 - (rv_u64)a) : a; }
RV_FN rv_i64 rv_i64_min(rv_i64 a, rv_i64 b) { return a < b ? a : b; }
RV_FN rv_i64 rv_i64_max(rv_i64 a, rv_i64 b) { return a > b ? a : b; }
RV_FN rv_i64 rv_i64_inv(rv_i64 a) { return ~a; }

/* Sign extension: the sign bit of the narrow value, moved up by exclusive or and subtraction. */
RV_FN rv_i32 rv_i32_extend8_s(rv_i32 a) { return ((a & 0xff) ^ 0x80) - 0x80; }
RV_FN rv_i32 rv_i32_extend16_s(rv_i32 a) { return ((a & 0xffff) ^ 0x8000) - 0x8000; }
RV_FN rv_i64 rv_i64_extend8_s(rv_i64 a) { return ((a & 0xff) ^ 0x80) - 0x80; }
RV_FN rv_i64 rv_i64_extend16_s(rv_i64 a) { return ((a & 0xffff) ^ 0x8000) - 0x8000; }
RV_FN rv_i64 rv_i64_extend32_s(rv_i64 a) { return (rv_i64)(rv_i32)(rv_u32)(rv_u64)a; }

/* f32. */
RV_FN rv_i64 rv_f32_eq(rv_f32 a, rv_f32 b) { return a == b; }
RV_FN rv_i64 rv_f32_ne(rv_f32 a, rv_f32 b) { return a != b; }
RV_FN rv_i64 rv_f32_lt(rv_f32 a, rv_f32 b) { return a < b; }
RV_FN rv_i64 rv_f32_gt(rv_f32 a, rv_f32 b) { return a > b; }
RV_FN rv_i64 rv_f32_le(rv_f32 a, rv_f32 b) { return a <= b; }
RV_FN rv_i64 rv_f32_ge(rv_f32 a, rv_f32 b) { return a >= b; }
RV_FN rv_f32 rv_f32_abs(rv_f32 a) { return rv_float32(rv_bits32(a) & ~(rv_u32)0x80000000u); }
RV_FN rv_f32 rv_f32_neg(rv_f32 a) { return rv_float32(rv_bits32(a) ^ 0x80000000u); }
RV_FN rv_f32 rv_f32_ceil(rv_f32 a) { return rv_ceil32(a); }
RV_FN rv_f32 rv_f32_floor(rv_f32 a) { return rv_floor32(a); }
RV_FN rv_f32 rv_f32_trunc(rv_f32 a) { return rv_trunc32(a); }
RV_FN rv_f32 rv_f32_nearest(rv_f32 a) { return rv_rint32(a); }
RV_FN rv_f32 rv_f32_sqrt(rv_f32 a) { return rv_sqrt32(a); }
RV_FN rv_f32 rv_f32_add(rv_f32 a, rv_f32 b) { return rv_add32(a, b); }
RV_FN rv_f32 rv_f32_sub(rv_f32 a, rv_f32 b) { return rv_sub32(a, b); }
RV_FN rv_f32 rv_f32_mul(rv_f32 a, rv_f32 b) { return rv_mul32(a, b); }
RV_FN rv_f32 rv_f32_div(rv_f32 a, rv_f32 b) { return rv_div32(a, b); }
RV_FN rv_f32 rv_f32_min(rv_f32 a, rv_f32 b) {
  if (a != a || b != b) return rv_add32(a, b);
  if (a == b) return rv_float32(rv_bits32(a) | rv_bits32(b)); /* differ in a zero's sign only */
  return a < b ? a : b;
}
RV_FN rv_f32 rv_f32_max(rv_f32 a, rv_f32 b) {
  if (a != a || b != b) return rv_add32(a, b);
  if (a == b) return rv_float32(rv_bits32(a) & rv_bits32(b));
  return a > b ? a : b;
}
RV_FN rv_f32 rv_f32_copysign(rv_f32 a, rv_f32 b) {
  return rv_float32((rv_bits32(a) & ~(rv_u32)0x80000000u) | (rv_bits32(b) & 0x80000000u));
}

/* Float to integer, towards zero. The bounds are the nearest floats outside the range: exact. */
RV_FN rv_i32 rv_i32_trunc_f32_s(rv_f32 a, rv_i32* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a < -2147483648.0f || a >= 2147483648.0f) return RV_TRAP_OVERFLOW;
  *result = (rv_i32)a;
  return 0;
}
RV_FN rv_i32 rv_i32_trunc_f32_u(rv_f32 a, rv_i32* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a <= -1.0f || a >= 4294967296.0f) return RV_TRAP_OVERFLOW;
  *result = (rv_i32)(rv_u32)a;
  return 0;
}
RV_FN rv_i32 rv_i64_trunc_f32_s(rv_f32 a, rv_i64* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a < -9223372036854775808.0f || a >= 9223372036854775808.0f) return RV_TRAP_OVERFLOW;
  *result = (rv_i64)a;
  return 0;
}
RV_FN rv_i32 rv_i64_trunc_f32_u(rv_f32 a, rv_i64* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a <= -1.0f || a >= 18446744073709551616.0f) return RV_TRAP_OVERFLOW;
  *result = (rv_i64)(rv_u64)a;
  return 0;
}
RV_FN rv_i32 rv_i32_trunc_sat_f32_s(rv_f32 a) {
  if (a != a || a < -2147483648.0f) return a != a ? 0 : (-0x7fffffff - 1);
  return a >= 2147483648.0f ? 0x7fffffff : (rv_i32)a;
}
RV_FN rv_i32 rv_i32_trunc_sat_f32_u(rv_f32 a) {
  if (a != a || a <= -1.0f) return 0;
  return a >= 4294967296.0f ? -1 : (rv_i32)(rv_u32)a;
}
RV_FN rv_i64 rv_i64_trunc_sat_f32_s(rv_f32 a) {
  if (a != a || a < -9223372036854775808.0f) return a != a ? 0 : (-0x7fffffffffffffff - 1);
  return a >= 9223372036854775808.0f ? 0x7fffffffffffffff : (rv_i64)a;
}
RV_FN rv_i64 rv_i64_trunc_sat_f32_u(rv_f32 a) {
  if (a != a || a <= -1.0f) return 0;
  return a >= 18446744073709551616.0f ? -1 : (rv_i64)(rv_u64)a;
}

/* The other conversions. */
RV_FN rv_i32 rv_i32_wrap_i64(rv_i64 a) { return (rv_i32)(rv_u32)(rv_u64)a; }
RV_FN rv_i64 rv_i64_extend_i32_s(rv_i32 a) { return (rv_i64)a; }
RV_FN rv_i64 rv_i64_extend_i32_u(rv_i32 a) { return (rv_i64)(rv_u64)(rv_u32)a; }
RV_FN rv_f32 rv_f32_convert_i32_s(rv_i32 a) { return (rv_f32)a; }
RV_FN rv_f32 rv_f32_convert_i32_u(rv_i32 a) { return (rv_f32)(rv_u32)a; }
RV_FN rv_f32 rv_f32_convert_i64_s(rv_i64 a) { return (rv_f32)a; }
RV_FN rv_f32 rv_f32_convert_i64_u(rv_i64 a) { return (rv_f32)(rv_u64)a; }
RV_FN rv_i32 rv_i32_reinterpret_f32(rv_f32 a) { return (rv_i32)rv_bits32(a); }
RV_FN rv_f32 rv_f32_reinterpret_i32(rv_i32 a) { return rv_float32((rv_u32)a); }

/* No opcode, but what lowering inserts where a NaN's bits are seen: any NaN becomes the positive
 * quiet NaN without payload. */
RV_FN rv_f32 rv_f32_canon(rv_f32 a) { return a != a ? rv_float32(0x7fc00000u) : a; }

/* f64, and what converts from and to it: apart, because some devices do not know the type. */
#ifndef RV_WITHOUT_F64
RV_FN rv_i64 rv_f64_eq(rv_f64 a, rv_f64 b) { return a == b; }
RV_FN rv_i64 rv_f64_ne(rv_f64 a, rv_f64 b) { return a != b; }
RV_FN rv_i64 rv_f64_lt(rv_f64 a, rv_f64 b) { return a < b; }
RV_FN rv_i64 rv_f64_gt(rv_f64 a, rv_f64 b) { return a > b; }
RV_FN rv_i64 rv_f64_le(rv_f64 a, rv_f64 b) { return a <= b; }
RV_FN rv_i64 rv_f64_ge(rv_f64 a, rv_f64 b) { return a >= b; }
RV_FN rv_f64 rv_f64_abs(rv_f64 a) {
  return rv_float64(rv_bits64(a) & ~(rv_u64)0x8000000000000000u);
}
RV_FN rv_f64 rv_f64_neg(rv_f64 a) { return rv_float64(rv_bits64(a) ^ 0x8000000000000000u); }
RV_FN rv_f64 rv_f64_ceil(rv_f64 a) { return rv_ceil64(a); }
RV_FN rv_f64 rv_f64_floor(rv_f64 a) { return rv_floor64(a); }
RV_FN rv_f64 rv_f64_trunc(rv_f64 a) { return rv_trunc64(a); }
RV_FN rv_f64 rv_f64_nearest(rv_f64 a) { return rv_rint64(a); }
RV_FN rv_f64 rv_f64_sqrt(rv_f64 a) { return rv_sqrt64(a); }
RV_FN rv_f64 rv_f64_add(rv_f64 a, rv_f64 b) { return rv_add64(a, b); }
RV_FN rv_f64 rv_f64_sub(rv_f64 a, rv_f64 b) { return rv_sub64(a, b); }
RV_FN rv_f64 rv_f64_mul(rv_f64 a, rv_f64 b) { return rv_mul64(a, b); }
RV_FN rv_f64 rv_f64_div(rv_f64 a, rv_f64 b) { return rv_div64(a, b); }
RV_FN rv_f64 rv_f64_min(rv_f64 a, rv_f64 b) {
  if (a != a || b != b) return rv_add64(a, b);
  if (a == b) return rv_float64(rv_bits64(a) | rv_bits64(b)); /* differ in a zero's sign only */
  return a < b ? a : b;
}
RV_FN rv_f64 rv_f64_max(rv_f64 a, rv_f64 b) {
  if (a != a || b != b) return rv_add64(a, b);
  if (a == b) return rv_float64(rv_bits64(a) & rv_bits64(b));
  return a > b ? a : b;
}
RV_FN rv_f64 rv_f64_copysign(rv_f64 a, rv_f64 b) {
  return rv_float64((rv_bits64(a) & ~(rv_u64)0x8000000000000000u) |
                    (rv_bits64(b) & 0x8000000000000000u));
}

RV_FN rv_i32 rv_i32_trunc_f64_s(rv_f64 a, rv_i32* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a <= -2147483649.0 || a >= 2147483648.0) return RV_TRAP_OVERFLOW;
  *result = (rv_i32)a;
  return 0;
}
RV_FN rv_i32 rv_i32_trunc_f64_u(rv_f64 a, rv_i32* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a <= -1.0 || a >= 4294967296.0) return RV_TRAP_OVERFLOW;
  *result = (rv_i32)(rv_u32)a;
  return 0;
}
RV_FN rv_i32 rv_i64_trunc_f64_s(rv_f64 a, rv_i64* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a < -9223372036854775808.0 || a >= 9223372036854775808.0) return RV_TRAP_OVERFLOW;
  *result = (rv_i64)a;
  return 0;
}
RV_FN rv_i32 rv_i64_trunc_f64_u(rv_f64 a, rv_i64* result) {
  if (a != a) return RV_TRAP_INVALID_CONVERSION;
  if (a <= -1.0 || a >= 18446744073709551616.0) return RV_TRAP_OVERFLOW;
  *result = (rv_i64)(rv_u64)a;
  return 0;
}
RV_FN rv_i32 rv_i32_trunc_sat_f64_s(rv_f64 a) {
  if (a != a || a <= -2147483649.0) return a != a ? 0 : (-0x7fffffff - 1);
  return a >= 2147483648.0 ? 0x7fffffff : (rv_i32)a;
}
RV_FN rv_i32 rv_i32_trunc_sat_f64_u(rv_f64 a) {
  if (a != a || a <= -1.0) return 0;
  return a >= 4294967296.0 ? -1 : (rv_i32)(rv_u32)a;
}
RV_FN rv_i64 rv_i64_trunc_sat_f64_s(rv_f64 a) {
  if (a != a || a < -9223372036854775808.0) return a != a ? 0 : (-0x7fffffffffffffff - 1);
  return a >= 9223372036854775808.0 ? 0x7fffffffffffffff : (rv_i64)a;
}
RV_FN rv_i64 rv_i64_trunc_sat_f64_u(rv_f64 a) {
  if (a != a || a <= -1.0) return 0;
  return a >= 18446744073709551616.0 ? -1 : (rv_i64)(rv_u64)a;
}

RV_FN rv_f64 rv_f64_convert_i32_s(rv_i32 a) { return (rv_f64)a; }
RV_FN rv_f64 rv_f64_convert_i32_u(rv_i32 a) { return (rv_f64)(rv_u32)a; }
RV_FN rv_f64 rv_f64_convert_i64_s(rv_i64 a) { return (rv_f64)a; }
RV_FN rv_f64 rv_f64_convert_i64_u(rv_i64 a) { return (rv_f64)(rv_u64)a; }
RV_FN rv_f32 rv_f32_demote_f64(rv_f64 a) { return (rv_f32)a; }
RV_FN rv_f64 rv_f64_promote_f32(rv_f32 a) { return (rv_f64)a; }
RV_FN rv_i64 rv_i64_reinterpret_f64(rv_f64 a) { return (rv_i64)rv_bits64(a); }
RV_FN rv_f64 rv_f64_reinterpret_i64(rv_i64 a) { return rv_float64((rv_u64)a); }
RV_FN rv_f64 rv_f64_canon(rv_f64 a) { return a != a ? rv_float64(0x7ff8000000000000u) : a; }
#endif

#endif
