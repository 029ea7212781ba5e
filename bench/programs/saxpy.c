/* Vectorizable: y = a * x + y over arrays that stay in the cache. */
#define BENCH_SCALE 130
#include "bench.h"

enum { COUNT = 8192 };

static NOINLINE void saxpy(float *restrict y, const float *restrict x, float a) {
    for (uint32_t i = 0; i < COUNT; i++) y[i] = a * x[i] + y[i];
}

static uint64_t run(uint32_t scale) {
    float *x = must_alloc(COUNT * sizeof *x), *y = must_alloc(COUNT * sizeof *y);
    for (uint32_t i = 0; i < COUNT; i++) {
        x[i] = (float)(next_random() & 0xffff) / 65536.0f;
        y[i] = (float)(next_random() & 0xffff) / 65536.0f;
    }
    for (uint32_t round = 0; round < scale * 1000; round++) saxpy(y, x, round & 1 ? 0.5f : -0.5f);
    uint64_t sum = mix_bytes(0, y, COUNT * sizeof *y);
    free(x);
    free(y);
    return sum;
}
