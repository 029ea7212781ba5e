/* Call-heavy: Takeuchi's function, four calls per step with three arguments each. */
#define BENCH_SCALE 260
#include "bench.h"

static NOINLINE int32_t tak(int32_t x, int32_t y, int32_t z) {
    if (y >= x) return z;
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

static uint64_t run(uint32_t scale) {
    uint64_t sum = 0;
    for (int32_t i = 0; i < (int32_t)scale; i++) sum = mix(sum, (uint32_t)tak(18, 12, 3 + i % 4));
    return sum;
}
