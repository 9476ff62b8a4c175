/* How a task can end besides with results: a trap (those that arithmetic does not know), for want
 * of stack, or as a whole from within a call. */
#define RV_UNREACHABLE 4
#define RV_CALL_DEPTH_EXCEEDED 5
#define RV_OUT_OF_FUEL 6
#define RV_NO_STACK 0xfe
#define RV_HALTED 0xff

/* Of `totals`: behind the traps, by kind. */
#define RV_TOTAL_NO_STACK 8
#define RV_TOTAL_FIRST 9

/* The k-th argument of the batch's task `at`; without a column it is the task's number. */
RV_FN rv_u64 rv_argument(RV_GLOBAL const rv_u64* arguments, rv_u32 k, rv_u64 first, rv_u32 at) {
  const rv_u64 begin = arguments[2 * k];
  return begin == 0 ? first + at : arguments[begin + at * arguments[2 * k + 1]];
}
/* The same of float parameters: the bits of a column, else the number as a float. */
RV_FN rv_f32 rv_argument_f32(RV_GLOBAL const rv_u64* arguments, rv_u32 k, rv_u64 first, rv_u32 at) {
  const rv_u64 cell = rv_argument(arguments, k, first, at);
  return arguments[2 * k] == 0 ? (rv_f32)cell : rv_float32((rv_u32)cell);
}
#ifndef RV_WITHOUT_F64
RV_FN rv_f64 rv_argument_f64(RV_GLOBAL const rv_u64* arguments, rv_u32 k, rv_u64 first, rv_u32 at) {
  const rv_u64 cell = rv_argument(arguments, k, first, at);
  return arguments[2 * k] == 0 ? (rv_f64)cell : rv_float64(cell);
}
#endif

RV_FN void rv_note(RV_GLOBAL rv_u32* totals, rv_i32 status, rv_u32 at) {
  if (status == RV_NO_STACK) {
    RV_COUNT(totals + RV_TOTAL_NO_STACK);
  } else {
    RV_COUNT(totals + status);
    RV_LEAST(totals + RV_TOTAL_FIRST, at);
  }
}
