/* Real (hashing): BLAKE3's portable C code, plain, keyed and with long output. Library: blake3. */
#define BENCH_SCALE 250
#include <blake3.h>
#include "bench.h"

static uint64_t run(uint32_t scale) {
    enum { COUNT = 1 << 20 };
    uint8_t *bytes = must_alloc(COUNT), out[256], key[BLAKE3_KEY_LEN];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < COUNT; i++) bytes[i] = (uint8_t)next_random();
    memset(key, 7, sizeof key);
    for (uint32_t round = 0; round < scale; round++) {
        blake3_hasher hasher;
        if (round & 1) blake3_hasher_init(&hasher); else blake3_hasher_init_keyed(&hasher, key);
        for (uint32_t at = 0; at < COUNT; at += 4096 + round) {
            uint32_t count = COUNT - at < 4096 + round ? COUNT - at : 4096 + round;
            blake3_hasher_update(&hasher, bytes + at, count);
        }
        blake3_hasher_finalize(&hasher, out, sizeof out);
        memcpy(key, out, sizeof key);
        sum = mix_bytes(sum, out, sizeof out);
    }
    free(bytes);
    return sum;
}
