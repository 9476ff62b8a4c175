#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  rv_u64 tasks;
  rv_u64 depth;
  rv_u64 fuel;
  rv_u64 device;
  rv_u64 stack_bytes; /* of a thread, for native recursion */
  int all;
  int times;
  int constant[RV_PARAMS + 1]; /* by parameter: it is `values[k]`, else the task's number */
  rv_u64 values[RV_PARAMS + 1];
} Options;

typedef struct {
  rv_u32 lanes; /* that keep it busy */
  rv_u64 memory;
} Device;

/* What the kernel works on, in the device's memory (gpu/kernel.h of RosettaVM says how). */
typedef struct {
  rv_u64 first;
  rv_u64 tasks;
  rv_u64* arguments;
  rv_u64* results;
  rv_u8* statuses;
  rv_u32* totals;
  rv_u32* picks; /* room for `tasks` of them */
} Batch;

typedef struct {
  rv_u32 count;
  rv_u32* picks;
  rv_u32 lanes;
  rv_u64* arena;
  rv_u64 cells;
  rv_u64 depth;
  rv_u64 fuel;
} Launch;

#define RV_SLICE ((rv_u64)1 << 24) /* of fuel, that a task gets at first */

static const char* program_name = "program";
