#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t gcd(int64_t a, int64_t b) {
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int64_t n = atoll(argv[1]), sum = 0;
    for (int64_t i = 1; i <= n; i++)
        for (int64_t j = 1; j <= n; j++) sum += gcd(i, j);
    printf("%" PRId64 "\n", sum);
}
