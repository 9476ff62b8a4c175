#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t next(uint64_t state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double unit(uint64_t state) {
    return (double)(state >> 11) * 0x1p-53;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint64_t state = strtoull(argv[1], NULL, 10);
    int64_t n = atoll(argv[2]), inside = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = unit(state = next(state));
        double y = unit(state = next(state));
        inside += x * x + y * y < 1.0;
    }
    printf("%" PRId64 "\n", inside);
}
