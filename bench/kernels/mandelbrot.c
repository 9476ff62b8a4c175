#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t rounds(double cx, double cy, int64_t limit) {
    double x = 0, y = 0;
    for (int64_t count = 0;; count++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4.0 || count >= limit) return count;
        y = x * y * 2.0 + cy;
        x = xx - yy + cx;
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int64_t width = atoll(argv[1]), height = atoll(argv[2]), limit = atoll(argv[3]), sum = 0;
    double dx = 3.0 / width, dy = 3.0 / height;
    for (int64_t i = 0; i < height; i++)
        for (int64_t j = 0; j < width; j++) sum += rounds(j * dx - 2.0, i * dy - 1.5, limit);
    printf("%" PRId64 "\n", sum);
}
