#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// The shortest digits that read back the same, as most languages print a number.
static void print_double(double x) {
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    puts(text);
}

static float p(float x) {
    return ((2.0f * x - 1.5f) * x - 1.0f) * x + 0.5f;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int64_t steps = atoll(argv[1]), n = atoll(argv[2]);
    float dx = 1.0f / steps, x = -1.0f, sum = 0.0f;
    for (int64_t i = 0; i < n; i++) {
        sum += p(x);
        x += dx;
        if (x > 1.0f) x -= 2.0f;
    }
    print_double(sum);
}
