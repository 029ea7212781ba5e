/* Vectorizable: byte loops over text (count, change case, find the largest, xor two buffers). */
#define BENCH_SCALE 45
#include "bench.h"

enum { COUNT = 65536 };

static NOINLINE uint32_t count_spaces(const uint8_t *text) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < COUNT; i++) found += text[i] == ' ';
    return found;
}
static NOINLINE void upper(uint8_t *restrict to, const uint8_t *restrict from) {
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t c = from[i];
        to[i] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
    }
}
static NOINLINE uint8_t largest(const uint8_t *text) {
    uint8_t most = 0;
    for (uint32_t i = 0; i < COUNT; i++) most = text[i] > most ? text[i] : most;
    return most;
}
static NOINLINE void combine(uint8_t *restrict to, const uint8_t *restrict from) {
    for (uint32_t i = 0; i < COUNT; i++) to[i] ^= (uint8_t)(from[i] + 1);
}

static uint64_t run(uint32_t scale) {
    uint8_t *text = must_alloc(COUNT), *copy = must_alloc(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) text[i] = (uint8_t)(' ' + next_random() % 90);
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale * 50; round++) {
        text[next_random() % COUNT] = (uint8_t)(' ' + round % 90);
        upper(copy, text);
        sum = mix(sum, count_spaces(copy) + largest(text));
        combine(copy, text);
        sum = mix(sum, largest(copy));
    }
    free(text);
    free(copy);
    return sum;
}
