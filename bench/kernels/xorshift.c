#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint64_t state = strtoull(argv[1], NULL, 10);
    int64_t n = atoll(argv[2]);
    for (int64_t i = 0; i < n; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    printf("%" PRId64 "\n", (int64_t)state);
}
