/* Scalar: pancake flips over all permutations, small arrays and many short loops. */
#define BENCH_SCALE 10
#include "bench.h"

static uint64_t run(uint32_t scale) {
    uint8_t order[16], work[16], turn[16];
    for (uint32_t i = 0; i < scale; i++) order[i] = (uint8_t)i;
    uint32_t most = 0, level = scale, index = 0;
    int64_t checksum = 0;
    for (;;) {
        for (; level > 1; level--) turn[level - 1] = (uint8_t)level;
        memcpy(work, order, scale);
        uint32_t flips = 0;
        while (work[0]) {
            uint32_t last = work[0];
            for (uint32_t i = 0, j = last; i < j; i++, j--) {
                uint8_t held = work[i];
                work[i] = work[j];
                work[j] = held;
            }
            flips++;
        }
        if (flips > most) most = flips;
        checksum += index++ & 1 ? -(int64_t)flips : (int64_t)flips;
        for (;; level++) {
            if (level == scale) return mix(mix(0, most), (uint64_t)checksum);
            uint8_t first = order[0];
            memmove(order, order + 1, level);
            order[level] = first;
            if (--turn[level]) break;
        }
    }
}
