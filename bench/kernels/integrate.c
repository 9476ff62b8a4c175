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

static double f(double x) {
    return 4.0 / (1.0 + x * x);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int64_t n = atoll(argv[1]);
    double width = 1.0 / n, sum = 0.0;
    for (int64_t i = 0; i < n; i++) sum += f((i + 0.5) * width);
    print_double(sum * width);
}
