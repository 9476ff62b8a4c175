#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t factorial(int64_t n) {
    return n < 2 ? 1 : n * factorial(n - 1);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int64_t n = atoll(argv[1]), sum = 0;
    for (int64_t i = 0; i < n; i++) sum += factorial(3 + (i & 7));
    printf("%" PRId64 "\n", sum);
}
