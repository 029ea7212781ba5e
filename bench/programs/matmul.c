/* Scalar: dense matrix product in double precision, blocked by rows. */
#define BENCH_SCALE 45
#include "bench.h"

enum { SIZE = 300 };

static NOINLINE void multiply(double *restrict to, const double *restrict a, const double *restrict b) {
    for (uint32_t i = 0; i < SIZE; i++)
        for (uint32_t k = 0; k < SIZE; k++) {
            double factor = a[i * SIZE + k];
            for (uint32_t j = 0; j < SIZE; j++) to[i * SIZE + j] += factor * b[k * SIZE + j];
        }
}

static uint64_t run(uint32_t scale) {
    size_t bytes = SIZE * SIZE * sizeof(double);
    double *a = must_alloc(bytes), *b = must_alloc(bytes), *c = must_alloc(bytes);
    for (uint32_t i = 0; i < SIZE * SIZE; i++) {
        a[i] = (double)(next_random() % 1000) / 1024.0;
        b[i] = (double)(next_random() % 1000) / 1024.0;
        c[i] = 0;
    }
    for (uint32_t round = 0; round < scale; round++) multiply(c, a, b);
    uint64_t sum = mix_bytes(0, c, bytes);
    free(a);
    free(b);
    free(c);
    return sum;
}
