#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t rotl(uint32_t x, int count) {
    return x << count | x >> (32 - count);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint32_t hash = atoll(argv[1]);
    int32_t n = atoll(argv[2]);
    for (int32_t i = 0; i < n; i++) {
        hash ^= rotl(i * 0xcc9e2d51, 15) * 0x1b873593;
        hash = rotl(hash, 13) * 5 + 0xe6546b64;
    }
    printf("%" PRId32 "\n", (int32_t)hash);
}
