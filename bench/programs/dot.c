/* Vectorizable: dot products of 16-bit samples and of floats kept in eight partial sums. */
#define BENCH_SCALE 50
#include "bench.h"

enum { COUNT = 8192 };

static NOINLINE int32_t dot_samples(const int16_t *a, const int16_t *b) {
    int32_t total = 0;
    for (uint32_t i = 0; i < COUNT; i++) total = (int32_t)((uint32_t)total + (uint32_t)((int32_t)a[i] * b[i]));
    return total;
}

static NOINLINE float dot_floats(const float *a, const float *b) {
    float part[8] = {0};
    for (uint32_t i = 0; i < COUNT; i += 8)
        for (uint32_t lane = 0; lane < 8; lane++) part[lane] += a[i + lane] * b[i + lane];
    return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

static uint64_t run(uint32_t scale) {
    static int16_t a[COUNT], b[COUNT];
    static float c[COUNT], d[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        a[i] = (int16_t)next_random();
        b[i] = (int16_t)next_random();
        c[i] = (float)a[i] / 4096.0f;
        d[i] = (float)b[i] / 4096.0f;
    }
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale * 1000; round++) {
        a[round % COUNT] ^= (int16_t)round;
        c[round % COUNT] += 0.25f;
        sum = mix(sum, (uint32_t)dot_samples(a, b));
        sum = mix_double(sum, dot_floats(c, d));
    }
    return sum;
}
