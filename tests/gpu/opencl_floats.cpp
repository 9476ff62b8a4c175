// The OpenCL prelude's f32 division and square root for devices without f64, which compute in
// integers, against this machine's: random bits, and all pairs of special values.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>

using uchar = unsigned char;
using uint = unsigned;
using ulong = unsigned long;
#define __global
#define __kernel
static uint as_uint(float a) {
  uint bits;
  std::memcpy(&bits, &a, sizeof bits);
  return bits;
}
static float as_float(uint bits) {
  float a;
  std::memcpy(&a, &bits, sizeof a);
  return a;
}
static uint clz(uint a) { return a == 0 ? 32 : static_cast<uint>(__builtin_clz(a)); }
static ulong clz(ulong a) { return a == 0 ? 64 : static_cast<ulong>(__builtin_clzl(a)); }
static int popcount(uint a) { return __builtin_popcount(a); }
static int popcount(ulong a) { return __builtin_popcountl(a); }
using std::ceil;
using std::floor;
using std::rint;
using std::trunc;

#define RV_WITHOUT_F64
#include "gpu/prelude/opencl.h"

static int failures;

static void same(float found, float expected, const char* what, float a, float b) {
  const bool equal = expected != expected ? found != found : as_uint(found) == as_uint(expected);
  if (equal || ++failures > 10) return;
  std::printf("%s of %a and %a: %a, expected %a\n", what, a, b, found, expected);
}

int main() {
  std::mt19937 random(1);
  const uint special[] = {0,          1,          2,          0x7fffff,   0x800000,   0x800001,
                          0x3f800000, 0x3f800001, 0x40000000, 0x7f7fffff, 0x7f800000, 0x7fc00000,
                          0x33800000, 0x00ffffff, 0x4b000000, 0x3effffff};
  for (uint a : special) {
    for (uint b : special) {
      for (uint signs = 0; signs < 4; ++signs) {
        const float x = as_float(a | (signs & 1) << 31);
        const float y = as_float(b | (signs & 2) << 30);
        same(rv_div32(x, y), x / y, "quotient", x, y);
        same(rv_sqrt32(x), std::sqrt(x), "root", x, y);
      }
    }
  }
  for (int i = 0; i < 20'000'000; ++i) {
    const float x = as_float(static_cast<uint>(random()));
    // Half of them near, so that the quotient is a plain number; some with few bits.
    uint bits = static_cast<uint>(random());
    if (i % 2 == 0) bits = as_uint(x) ^ (bits & 0x00ff'ffff);
    if (i % 8 == 1) bits &= 0xffff'0000;
    const float y = as_float(bits);
    same(rv_div32(x, y), x / y, "quotient", x, y);
    same(rv_sqrt32(x), std::sqrt(x), "root", x, y);
  }
  std::printf("%d wrong\n", failures);
  return failures != 0;
}
