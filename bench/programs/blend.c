/* Vectorizable: alpha blending and brightness on 8-bit pixels. */
#define BENCH_SCALE 70
#include "bench.h"

enum { COUNT = 256 * 256 * 4 };

static NOINLINE void blend(uint8_t *restrict under, const uint8_t *restrict over, uint32_t alpha) {
    for (uint32_t i = 0; i < COUNT; i++)
        under[i] = (uint8_t)((over[i] * alpha + under[i] * (255 - alpha) + 127) >> 8);
}
static NOINLINE void brighten(uint8_t *pixels, uint8_t by) {
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t sum = (uint32_t)pixels[i] + by;
        pixels[i] = sum > 255 ? 255 : (uint8_t)sum;
    }
}

static uint64_t run(uint32_t scale) {
    uint8_t *under = must_alloc(COUNT), *over = must_alloc(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        under[i] = (uint8_t)next_random();
        over[i] = (uint8_t)(next_random() >> 8);
    }
    for (uint32_t round = 0; round < scale * 20; round++) {
        blend(under, over, 16 + round % 200);
        brighten(under, (uint8_t)(round & 3));
    }
    uint64_t sum = mix_bytes(0, under, COUNT);
    free(under);
    free(over);
    return sum;
}
