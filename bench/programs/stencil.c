/* Vectorizable: a five-point stencil over a grid of floats, two buffers in turn. */
#define BENCH_SCALE 70
#include "bench.h"

enum { WIDTH = 512, HEIGHT = 256 };

static NOINLINE void relax(float *restrict to, const float *restrict from) {
    for (uint32_t y = 1; y < HEIGHT - 1; y++)
        for (uint32_t x = 1; x < WIDTH - 1; x++) {
            uint32_t at = y * WIDTH + x;
            to[at] = 0.5f * from[at] + 0.125f * (from[at - 1] + from[at + 1] + from[at - WIDTH] + from[at + WIDTH]);
        }
}

static uint64_t run(uint32_t scale) {
    size_t bytes = WIDTH * HEIGHT * sizeof(float);
    float *even = must_alloc(bytes), *odd = must_alloc(bytes);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) even[i] = odd[i] = (float)(next_random() & 0xff);
    for (uint32_t round = 0; round < scale * 20; round++) {
        relax(odd, even);
        relax(even, odd);
    }
    uint64_t sum = mix_bytes(0, even, bytes);
    free(even);
    free(odd);
    return sum;
}
