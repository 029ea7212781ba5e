/* Call-heavy: Ackermann's function, deep and narrow recursion. */
#define BENCH_SCALE 80
#include "bench.h"

static NOINLINE uint32_t ackermann(uint32_t m, uint32_t n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t run(uint32_t scale) {
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale; round++)
        for (uint32_t n = 1; n <= 8; n++) sum = mix(sum, ackermann(3, opaque(n)));
    return sum;
}
