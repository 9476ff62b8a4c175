/* The sum of a result over all tasks: a balanced binary tree over their numbers, in which a task
 * that trapped is absent. So the sum of floats does not depend on how the tasks were run. */

typedef struct {
  rv_u64 cells[64]; /* where bit l of `end` is set: the sum of 2^l tasks */
  char there[64];
  rv_u64 end;
} Sum;

static rv_u64 add_cells(char type, rv_u64 a, rv_u64 b) {
  if (type == 'l') return a + b;
  if (type == 'i') return (rv_u32)(a + b);
  if (type == 'd') return float_cell('d', cell_float('d', a) + cell_float('d', b));
  return float_cell('f', (float)cell_float('f', a) + (float)cell_float('f', b));
}

static void sum_add(Sum* sum, char type, int there, rv_u64 cell) {
  int level = 0;
  for (; (sum->end >> level & 1) != 0; ++level) {
    if (there && sum->there[level]) {
      cell = add_cells(type, sum->cells[level], cell);
    } else if (sum->there[level]) {
      cell = sum->cells[level];
      there = 1;
    }
  }
  sum->cells[level] = cell;
  sum->there[level] = (char)there;
  sum->end += 1;
}

/* Of no tasks it is 0; a NaN is the canonical one. */
static rv_u64 sum_total(const Sum* sum, char type) {
  rv_u64 total = 0;
  int there = 0;
  int level;
  for (level = 0; level < 64; ++level) {
    if ((sum->end >> level & 1) == 0 || !sum->there[level]) continue;
    total = there ? add_cells(type, sum->cells[level], total) : sum->cells[level];
    there = 1;
  }
  if ((type == 'd' || type == 'f') && cell_float(type, total) != cell_float(type, total)) {
    return type == 'd' ? (rv_u64)0x7ff8 << 48 : 0x7fc00000u;
  }
  return total;
}
