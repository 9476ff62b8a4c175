#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t place(int64_t full, int64_t taken, int64_t left, int64_t right) {
    if (taken == full) return 1;
    int64_t count = 0;
    for (int64_t free = ~(taken | left | right) & full; free != 0;) {
        int64_t bit = free & -free;
        free ^= bit;
        count += place(full, taken | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int64_t n = atoll(argv[1]), rounds = atoll(argv[2]), sum = 0;
    for (int64_t i = 0; i < rounds; i++) sum += place(((int64_t)1 << (n - (i & 1))) - 1, 0, 0, 0);
    printf("%" PRId64 "\n", sum);
}
