/* Scalar: base64 there and back. */
#define BENCH_SCALE 340
#include "bench.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t values[256];

static NOINLINE uint32_t encode(char *to, const uint8_t *from, uint32_t count) {
    char *start = to;
    for (uint32_t i = 0; i < count; i += 3) {
        uint32_t word = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
        *to++ = letters[word >> 18];
        *to++ = letters[word >> 12 & 63];
        *to++ = letters[word >> 6 & 63];
        *to++ = letters[word & 63];
    }
    return (uint32_t)(to - start);
}
static NOINLINE uint32_t decode(uint8_t *to, const char *from, uint32_t count) {
    uint8_t *start = to;
    for (uint32_t i = 0; i < count; i += 4) {
        uint32_t word = 0;
        for (uint32_t c = 0; c < 4; c++) {
            uint8_t value = values[(uint8_t)from[i + c]];
            if (value == 255) return 0;
            word = word << 6 | value;
        }
        *to++ = (uint8_t)(word >> 16);
        *to++ = (uint8_t)(word >> 8);
        *to++ = (uint8_t)word;
    }
    return (uint32_t)(to - start);
}

static uint64_t run(uint32_t scale) {
    enum { COUNT = 3 << 18 };
    memset(values, 255, sizeof values);
    for (uint32_t i = 0; i < 64; i++) values[(uint8_t)letters[i]] = (uint8_t)i;
    uint8_t *bytes = must_alloc(COUNT), *back = must_alloc(COUNT);
    char *text = must_alloc(COUNT / 3 * 4);
    for (uint32_t i = 0; i < COUNT; i++) bytes[i] = (uint8_t)next_random();
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale; round++) {
        uint32_t count = encode(text, bytes, COUNT);
        if (decode(back, text, count) != COUNT) exit(1);
        bytes[round] ^= back[COUNT - 1 - round];
        sum = mix(sum, (uint8_t)text[round * 7]);
    }
    sum = mix_bytes(sum, back, 1000);
    free(bytes);
    free(back);
    free(text);
    return sum;
}
