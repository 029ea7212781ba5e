/* Plain: one function with one loop, called once; `scale` million rounds of it. */
#define BENCH_SCALE 400
#include "bench.h"

static uint64_t run(uint32_t scale) {
    uint64_t rounds = (uint64_t)scale * 1000000u, state = opaque(88172645), sum = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sum += state & 0xff;
    }
    return mix(sum, state);
}
