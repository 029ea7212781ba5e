/* Real (hashing), own implementation: SHA-256 over a megabyte, chained. */
#define BENCH_SCALE 50
#include "bench.h"

static uint32_t table[64], start[8];

static uint32_t rotr(uint32_t x, uint32_t n) { return x >> n | x << (32 - n); }

/* The constants are the first 32 bits of the fractional parts of roots of primes; found here by integer search. */
static uint32_t root_fraction(uint32_t prime, int cube) {
    uint64_t low = 0, high = (uint64_t)1 << 37;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        /* 128-bit products keep 32 bits of fraction exact. */
        unsigned __int128 power = (unsigned __int128)middle * middle;
        int above;
        if (cube) {
            unsigned __int128 third = power * (middle & 0xffffffffu) + ((power * (middle >> 32)) << 32);
            above = third > (unsigned __int128)prime << 96;
        } else {
            above = power > (unsigned __int128)prime << 64;
        }
        if (above) high = middle; else low = middle;
    }
    return (uint32_t)low;
}

static void prepare(void) {
    uint32_t found = 0;
    for (uint32_t n = 2; found < 64; n++) {
        int prime = 1;
        for (uint32_t d = 2; d * d <= n; d++) prime &= n % d != 0;
        if (!prime) continue;
        table[found] = root_fraction(n, 1);
        if (found < 8) start[found] = root_fraction(n, 0);
        found++;
    }
}

static NOINLINE void block(uint32_t *state, const uint8_t *bytes) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 | (uint32_t)bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = rotr(s[4], 6) ^ rotr(s[4], 11) ^ rotr(s[4], 25);
        uint32_t one = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + table[i] + w[i];
        uint32_t a = rotr(s[0], 2) ^ rotr(s[0], 13) ^ rotr(s[0], 22);
        uint32_t two = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

/* Hashes `count` bytes, a multiple of 64. */
static void hash(uint32_t *state, const uint8_t *bytes, uint32_t count) {
    uint8_t last[64] = {0x80};
    memcpy(state, start, sizeof start);
    for (uint32_t at = 0; at < count; at += 64) block(state, bytes + at);
    uint64_t bits = (uint64_t)count * 8;
    for (int i = 0; i < 8; i++) last[63 - i] = (uint8_t)(bits >> (8 * i));
    block(state, last);
}

static uint64_t run(uint32_t scale) {
    enum { COUNT = 1 << 20 };
    uint8_t *bytes = must_alloc(COUNT);
    uint32_t state[8];
    prepare();
    hash(state, bytes, 0);
    if (state[0] != 0xe3b0c442u || state[7] != 0x7852b855u) {
        fputs("sha-256 of nothing is wrong\n", stderr);
        exit(1);
    }
    for (uint32_t i = 0; i < COUNT; i++) bytes[i] = (uint8_t)next_random();
    for (uint32_t round = 0; round < scale; round++) {
        hash(state, bytes, COUNT);
        memcpy(bytes + 64 * round % COUNT, state, sizeof state);
    }
    free(bytes);
    return mix_bytes(0, state, sizeof state);
}
