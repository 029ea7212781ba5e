/* Scalar: edit distances by dynamic programming; three-way minima and dependent loads. */
#define BENCH_SCALE 280
#include "bench.h"

enum { LENGTH = 1000 };

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static NOINLINE uint32_t distance(const char *a, const char *b) {
    uint32_t row[LENGTH + 1];
    for (uint32_t j = 0; j <= LENGTH; j++) row[j] = j;
    for (uint32_t i = 1; i <= LENGTH; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= LENGTH; j++) {
            uint32_t above = row[j];
            row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[LENGTH];
}

static uint64_t run(uint32_t scale) {
    char a[LENGTH], b[LENGTH];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < LENGTH; i++) {
        a[i] = (char)('a' + next_random() % 4);
        b[i] = (char)('a' + next_random() % 4);
    }
    for (uint32_t round = 0; round < scale; round++) {
        a[round % LENGTH] = (char)('a' + next_random() % 4);
        sum = mix(sum, distance(a, b));
    }
    return sum;
}
