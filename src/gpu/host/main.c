/* Runs tasks in batches, those that want more stack or fuel than a launch gives again with eight
 * times of it, and prints the sums of their results. */

static const char* const trap_names[] = {
    "ok",          "integer-divide-by-zero", "integer-overflow", "invalid-conversion",
    "unreachable", "call-depth-exceeded",    "out-of-fuel",      "interrupted"};
#define TRAPS 8

enum { PHASE_OPEN, PHASE_WRITE, PHASE_RUN, PHASE_READ, PHASE_SUM, PHASES };
static const char* const phase_names[] = {"open the device", "write arguments", "run",
                                          "read results", "sum and print"};
static double phases[PHASES];

static double now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}
static double phase(int which, double since) {
  const double then = now();
  phases[which] += then - since;
  return then;
}

static void out_of_memory(const char* what, rv_u64 bytes) {
  fprintf(stderr, "%s: not enough memory for %s: %llu bytes\n", program_name, what,
          (unsigned long long)bytes);
  exit(4);
}
static void* host_allocate(rv_u64 bytes, const char* what) {
  void* const memory = malloc((size_t)bytes + 1);
  if (memory == NULL) out_of_memory(what, bytes);
  return memory;
}
static void* must_allocate(rv_u64 bytes, const char* what) {
  void* const memory = device_allocate(bytes + 8);
  if (memory == NULL) out_of_memory(what, bytes);
  return memory;
}

/* Options. */

static void usage(FILE* to) {
  fprintf(to,
          "usage: %s [N] [options]\n"
          "Runs `%s` of RosettaVM on N tasks (1) and prints the sum of their results.\n"
          "  --args A B ...    an argument for each parameter (%d): a literal, or @index, the\n"
          "                    task's number, which is what each is without --args\n"
          "  --all             print every task's number, status and results instead\n"
          "  --time            say how long each phase took\n"
#if !defined(RV_HOST_C)
          "  --device K        use this device (0)\n"
#endif
          "  --max-depth N     calls active at once in a task, at most (%llu)\n"
          "  --fuel N          calls and backward jumps of a task, at most (no limit)\n"
#if defined(RV_NATIVE_RECURSION) && !defined(RV_HOST_C)
          "  --stack-bytes N   stack of a thread, for the device's own recursion (16384)\n"
#endif
          "  --help            print this\n"
          "Exit status: 0 fine; 1 a task trapped; 2 wrong usage; 4 the device or its memory.\n",
          program_name, RV_ENTRY, RV_PARAMS, (unsigned long long)RV_DEPTH);
}

static void wrong(const char* what, const char* word) {
  fprintf(stderr, "%s: %s `%s`\n", program_name, what, word);
  usage(stderr);
  exit(2);
}

static rv_u64 count_behind(int argc, char** argv, int* at) {
  rv_u64 count;
  if (*at + 1 >= argc) wrong("a number is missing behind", argv[*at]);
  *at += 1;
  if (!read_count(argv[*at], &count)) wrong("this is no number:", argv[*at]);
  return count;
}

static void read_options(int argc, char** argv, Options* options) {
  int at;
  memset(options, 0, sizeof *options);
  options->tasks = 1;
  options->depth = RV_DEPTH;
  options->fuel = ~(rv_u64)0;
  options->stack_bytes = 16384;
  for (at = 1; at < argc; ++at) {
    const char* const word = argv[at];
    if (strcmp(word, "--help") == 0) {
      usage(stdout);
      exit(0);
    } else if (strcmp(word, "--all") == 0) {
      options->all = 1;
    } else if (strcmp(word, "--time") == 0) {
      options->times = 1;
    } else if (strcmp(word, "--max-depth") == 0) {
      options->depth = count_behind(argc, argv, &at);
    } else if (strcmp(word, "--fuel") == 0) {
      options->fuel = count_behind(argc, argv, &at);
#if !defined(RV_HOST_C)
    } else if (strcmp(word, "--device") == 0) {
      options->device = count_behind(argc, argv, &at);
#endif
#if defined(RV_NATIVE_RECURSION) && !defined(RV_HOST_C)
    } else if (strcmp(word, "--stack-bytes") == 0) {
      options->stack_bytes = count_behind(argc, argv, &at);
#endif
    } else if (strcmp(word, "--args") == 0) {
      int k;
      for (k = 0; k < RV_PARAMS; ++k) {
        if (++at >= argc) wrong("an argument for each parameter is wanted behind", word);
        if (strcmp(argv[at], "@index") == 0) continue;
        options->constant[k] = 1;
        if (!read_value(param_types[k], argv[at], &options->values[k])) {
          wrong("this does not fit its parameter:", argv[at]);
        }
      }
    } else if (!read_count(word, &options->tasks)) {
      wrong("this is neither a number of tasks nor an option:", word);
    }
  }
}

/* Running. */

/* Reads the statuses, and gathers the tasks that want more than the launch gave: `picks` has room
 * for all. */
static rv_u32 stragglers(const Batch* batch, const Launch* launch, rv_u64 fuel, rv_u8* statuses,
                         rv_u32* picks, int* stack, int* more_fuel) {
  rv_u64 i;
  rv_u32 count = 0;
  device_read(statuses, batch->statuses, batch->tasks);
  *stack = *more_fuel = 0;
  for (i = 0; i < batch->tasks; ++i) {
    const int wants_stack = statuses[i] == RV_NO_STACK;
    const int wants_fuel = statuses[i] == RV_OUT_OF_FUEL && launch->fuel < fuel;
    if (!wants_stack && !wants_fuel) continue;
    *stack |= wants_stack;
    *more_fuel |= wants_fuel;
    picks[count++] = (rv_u32)i;
  }
  return count;
}

static rv_u64 times_eight(rv_u64 of, rv_u64 most) { return of < most / 8 ? of * 8 : most; }

static rv_u32 fewer(rv_u32 lanes) {
  return lanes > RV_GROUP ? lanes / 2 / RV_GROUP * RV_GROUP : lanes / 2;
}

/* The stacks for a launch: for so many of its lanes as there is memory for. `room` is how many
 * cells the arena has. Gives 0 where there is no memory for one lane. */
static int make_arena(const Device* device, Launch* launch, rv_u64* room) {
  const rv_u64 most = device->memory / 2 / sizeof *launch->arena;
  if (launch->cells == 0) return 1;
  while (launch->lanes > 0 && launch->cells > most / launch->lanes) {
    launch->lanes = fewer(launch->lanes);
  }
  if (launch->lanes > 0 && launch->lanes * launch->cells <= *room) return 1;
  if (launch->arena != NULL) device_free(launch->arena);
  launch->arena = NULL;
  *room = 0;
  for (; launch->lanes > 0; launch->lanes = fewer(launch->lanes)) {
    const rv_u64 cells = launch->lanes * launch->cells;
    launch->arena = (rv_u64*)device_allocate(cells * sizeof *launch->arena);
    if (launch->arena == NULL) continue;
    *room = cells;
    return 1;
  }
  return 0;
}

static void run_batch(const Options* options, const Device* device, const Batch* batch,
                      Launch* launch, rv_u64* room, rv_u8* statuses, rv_u32* picks) {
  /* What a task can need within the call depth. */
  const rv_u64 most = options->depth < ~(rv_u64)0 / 8 / (RV_CELLS_PER_DEPTH + 1)
                          ? options->depth * RV_CELLS_PER_DEPTH
                          : ~(rv_u64)0 / 8;
  rv_u32 none[10] = {0};
  int stack, more_fuel;
  rv_u64 had = 0;
  none[9] = ~(rv_u32)0;
  picks[0] = 0;
  device_write(batch->totals, none, sizeof none);
  launch->count = (rv_u32)batch->tasks;
  launch->picks = NULL;
  launch->lanes = device->lanes;
  launch->cells = most < RV_CELLS ? most : RV_CELLS;
  launch->depth = options->depth;
  launch->fuel = options->fuel < RV_SLICE ? options->fuel : RV_SLICE;
  while (launch->count > 0) {
    if (!make_arena(device, launch, room)) {
      fprintf(stderr,
              "%s: tasks want more than %llu cells of stack, and %s has no memory for %llu: %u of "
              "them, the first is task %llu; with a lesser --max-depth they trap\n",
              program_name, (unsigned long long)had, RV_DEVICE_NAME,
              (unsigned long long)launch->cells, launch->count,
              (unsigned long long)(batch->first + picks[0]));
      exit(4);
    }
    device_launch(batch, launch);
    had = launch->cells;
    launch->count = stragglers(batch, launch, options->fuel, statuses, picks, &stack, &more_fuel);
    if (launch->count == 0) break;
    launch->picks = batch->picks;
    device_write(launch->picks, picks, (rv_u64)launch->count * sizeof *picks);
    if (stack) launch->cells = times_eight(launch->cells, most);
    if (more_fuel) launch->fuel = times_eight(launch->fuel, options->fuel);
  }
}

/* Results. */

static void print_task(rv_u64 task, int status, const rv_u64* results, rv_u64 stride) {
  char text[400];
  int k;
  printf("%llu %s", (unsigned long long)task, trap_names[status]);
  for (k = 0; status == 0 && k < RV_RESULTS; ++k) {
    write_value(result_types[k], results[(rv_u64)k * stride], text);
    printf(" %s", text);
  }
  printf("\n");
}

static void print_sums(const Sum* sums) {
  char text[400];
  int k;
  for (k = 0; k < RV_RESULTS; ++k) {
    write_value(result_types[k], sum_total(&sums[k], result_types[k]), text);
    printf("%s\n", text);
  }
}

static int report_traps(const rv_u64* ended, rv_u64 tasks, rv_u64 first) {
  int trap;
  if (ended[0] == tasks) return 0;
  fprintf(stderr, "%llu of %llu tasks trapped:", (unsigned long long)(tasks - ended[0]),
          (unsigned long long)tasks);
  for (trap = 1; trap < TRAPS; ++trap) {
    if (ended[trap] > 0)
      fprintf(stderr, " %llu %s", (unsigned long long)ended[trap], trap_names[trap]);
  }
  fprintf(stderr, "; the first is task %llu\n", (unsigned long long)first);
  return 1;
}

/* Each parameter's column: none, or one cell for all. */
static void write_arguments(const Options* options, rv_u64* arguments) {
  rv_u64 cells[3 * RV_PARAMS + 1] = {0};
  int k;
  for (k = 0; k < RV_PARAMS; ++k) {
    if (!options->constant[k]) continue;
    cells[2 * k] = (rv_u64)(2 * RV_PARAMS + k);
    cells[2 * RV_PARAMS + k] = options->values[k];
  }
  device_write(arguments, cells, sizeof cells);
}

int main(int argc, char** argv) {
  Options options;
  Device device;
  Batch batch;
  Launch launch;
  Sum sums[RV_RESULTS + 1];
  rv_u64 ended[TRAPS] = {0};
  rv_u64 room = 0, first_trap = 0, task = 0, most;
  rv_u64* results;
  rv_u8* statuses;
  rv_u32* picks;
  double time = now();
  int status, k;
  if (argc > 0) program_name = argv[0];
  read_options(argc, argv, &options);
  memset(&launch, 0, sizeof launch);
  memset(sums, 0, sizeof sums);
  device_open(&options, &device);
  time = phase(PHASE_OPEN, time);

  most = options.tasks < RV_BATCH ? options.tasks : RV_BATCH;
  batch.arguments = (rv_u64*)must_allocate((3 * RV_PARAMS + 1) * 8, "arguments");
  batch.results = (rv_u64*)must_allocate(most * RV_RESULTS * 8, "results");
  batch.statuses = (rv_u8*)must_allocate(most, "statuses");
  batch.totals = (rv_u32*)must_allocate(10 * sizeof *batch.totals, "totals");
  batch.picks = (rv_u32*)must_allocate(most * sizeof *batch.picks, "tasks that run again");
  results = (rv_u64*)host_allocate(most * RV_RESULTS * 8, "results");
  statuses = (rv_u8*)host_allocate(most, "statuses");
  picks = (rv_u32*)host_allocate(most * sizeof *picks, "tasks that run again");
  write_arguments(&options, batch.arguments);
  time = phase(PHASE_WRITE, time);

  for (batch.first = 0; batch.first < options.tasks; batch.first += batch.tasks) {
    batch.tasks = options.tasks - batch.first < most ? options.tasks - batch.first : most;
    run_batch(&options, &device, &batch, &launch, &room, statuses, picks);
    time = phase(PHASE_RUN, time);
    device_read(results, batch.results, batch.tasks * RV_RESULTS * 8);
    time = phase(PHASE_READ, time);
    for (task = 0; task < batch.tasks; ++task) {
      status = statuses[task];
      if (status != 0 && ended[0] == batch.first + task) first_trap = batch.first + task;
      ended[status] += 1;
      if (options.all) print_task(batch.first + task, status, results + task, batch.tasks);
      for (k = 0; k < RV_RESULTS; ++k) {
        sum_add(&sums[k], result_types[k], status == 0, results[(rv_u64)k * batch.tasks + task]);
      }
    }
    time = phase(PHASE_SUM, time);
  }
  if (!options.all) print_sums(sums);
  status = report_traps(ended, options.tasks, first_trap);
  if (fflush(stdout) != 0) {
    fprintf(stderr, "%s: cannot write the results: %s\n", program_name, strerror(errno));
    status = 4;
  }
  phase(PHASE_SUM, time);
  for (k = 0; options.times && k < PHASES; ++k) {
    fprintf(stderr, "%-16s %10.3f ms\n", phase_names[k], phases[k] * 1e3);
  }
  if (launch.arena != NULL) device_free(launch.arena);
  device_free(batch.arguments);
  device_free(batch.results);
  device_free(batch.statuses);
  device_free(batch.totals);
  device_free(batch.picks);
  free(results);
  free(statuses);
  free(picks);
  return status;
}
