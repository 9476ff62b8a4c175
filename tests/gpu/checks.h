/* Runs a table of checks on kernels, each on several tasks: all at once, and some of them by their
 * numbers, which has to leave the others alone. With RV_TEST_LANES, on lanes of cuda_on_host.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void Kernel(rv_u32 count, rv_u64 first, rv_u64 stride, const rv_u32* picks,
                    const rv_u64* arguments, rv_u64* results, rv_u8* statuses, rv_u32* totals,
                    rv_u64* arena, rv_u64 cells, rv_u64 depth, rv_u64 fuel);

typedef struct {
  const char* name;
  Kernel* kernel;
  int params;
  rv_u64 arguments[16];
  int results;
  rv_u64 expected[16];
  int status;
  rv_u64 depth;
  rv_u64 fuel;
  rv_u64 per_depth;
} Check;

enum { TASKS = 5, STRIDE = 7, UNTOUCHED = 0x77 };

static int failures;

static void wrong(const Check* check, const char* what, rv_u64 found, rv_u64 expected) {
  if (++failures > 20) return;
  printf("%s: %s: %#llx, expected %#llx\n", check->name, what, (unsigned long long)found,
         (unsigned long long)expected);
}

static void run(const Check* check, rv_u32 count, const rv_u32* picks) {
  rv_u64 arguments[48] = {0};
  rv_u64 results[16 * STRIDE];
  rv_u8 statuses[TASKS];
  rv_u32 totals[10];
  rv_u64 cells = 64;
  rv_u64 most = check->depth * check->per_depth;
  int k, i;
#ifdef RV_TEST_LANES
  const rv_u64 lanes = RV_TEST_LANES;
#else
  const rv_u64 lanes = 1;
#endif
  for (k = 0; k < check->params; ++k) {
    arguments[2 * k] = (rv_u64)(2 * check->params + k);
    arguments[2 * check->params + k] = check->arguments[k];
  }
  for (;; cells *= 8) {
    if (cells > most) cells = most;
    /* Exactly what it may touch, so that a sanitizer sees what it must not. */
    rv_u64* const arena = (rv_u64*)malloc(cells * lanes * sizeof *arena + (cells == 0));
    memset(totals, 0, sizeof totals);
    totals[9] = ~(rv_u32)0;
    memset(statuses, UNTOUCHED, sizeof statuses);
    memset(results, UNTOUCHED, sizeof results);
#ifdef RV_TEST_LANES
    blockDim = dim3(2);
    gridDim = dim3(RV_TEST_LANES / 2);
    for (rv_u32 lane = 0; lane < RV_TEST_LANES; ++lane) {
      blockIdx = dim3(lane / 2);
      threadIdx = dim3(lane % 2);
#endif
      check->kernel(count, 100, STRIDE, picks, arguments, results, statuses, totals, arena, cells,
                    check->depth, check->fuel);
#ifdef RV_TEST_LANES
    }
#endif
    free(arena);
    if (totals[8] == 0) break;
    if (totals[8] != count) wrong(check, "tasks without stack", totals[8], count);
    if (cells == most) {
      wrong(check, "cells of stack, and it wants more", cells, 0);
      break;
    }
  }
  for (i = 0; i < TASKS; ++i) {
    const int runs = picks == NULL || i == (int)picks[0] || i == (int)picks[1];
    const int status = runs ? check->status : UNTOUCHED;
    if (statuses[i] != status) wrong(check, "status", statuses[i], (rv_u64)status);
    for (k = 0; k < check->results; ++k) {
      rv_u64 expected = check->expected[k];
      if (!runs || status != 0) memset(&expected, UNTOUCHED, sizeof expected);
      if (results[k * STRIDE + i] != expected) {
        wrong(check, "result", results[k * STRIDE + i], expected);
      }
    }
  }
  if (check->status == 0) return;
  if (totals[check->status] != count) wrong(check, "total", totals[check->status], count);
  if (totals[9] != (picks == NULL ? 0 : 1)) wrong(check, "first that trapped", totals[9], 0);
}

static int run_checks(const Check* checks, size_t count) {
  static const rv_u32 picks[] = {3, 1};
  size_t i;
  for (i = 0; i < count; ++i) {
    run(&checks[i], TASKS, NULL);
    run(&checks[i], 2, picks);
  }
  printf("%zu checks, %d wrong\n", count, failures);
  return failures != 0;
}
