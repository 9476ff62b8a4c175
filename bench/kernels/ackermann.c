#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t ackermann(int64_t m, int64_t n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int64_t m = atoll(argv[1]), n = atoll(argv[2]), rounds = atoll(argv[3]), sum = 0;
    for (int64_t i = 0; i < rounds; i++) sum += ackermann(m, n - (i & 1));
    printf("%" PRId64 "\n", sum);
}
