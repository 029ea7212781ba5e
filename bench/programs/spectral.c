/* Scalar: power iteration on an implicit matrix, dominated by floating-point division. */
#define BENCH_SCALE 160
#include "bench.h"

enum { SIZE = 500 };

static double entry(uint32_t i, uint32_t j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }

static NOINLINE void multiply(double *to, const double *from, int transposed) {
    for (uint32_t i = 0; i < SIZE; i++) {
        double total = 0;
        for (uint32_t j = 0; j < SIZE; j++) total += (transposed ? entry(j, i) : entry(i, j)) * from[j];
        to[i] = total;
    }
}

static uint64_t run(uint32_t scale) {
    static double u[SIZE], v[SIZE], between[SIZE];
    for (uint32_t i = 0; i < SIZE; i++) u[i] = 1;
    for (uint32_t round = 0; round < scale * 2; round++) {
        multiply(between, u, 0);
        multiply(v, between, 1);
        multiply(between, v, 0);
        multiply(u, between, 1);
    }
    double uv = 0, vv = 0;
    for (uint32_t i = 0; i < SIZE; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    return mix_double(mix_double(0, uv), vv);
}
