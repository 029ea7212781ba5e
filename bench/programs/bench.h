/* Frame of every C benchmark: main(), the clock, a random source and a checksum.
 *
 * A program includes this file and defines `static uint64_t run(uint32_t scale)`. The frame calls it once with
 * BENCH_SCALE (or the first argument), prints `checksum <hex>` on stdout, which must be equal on every engine,
 * and `inner_ns <n>` on stderr: the time of `run` alone, read from the guest's own monotonic clock.
 * It is not a statistics library: repetition and medians are the runner's work.
 * Invariant: nothing here or in a program depends on the clock, an address or a hash seed.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))

static uint64_t run(uint32_t scale);

static uint64_t bench_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Folds one value into a checksum. */
static inline uint64_t mix(uint64_t sum, uint64_t value) {
    sum ^= value + 0x9e3779b97f4a7c15u + (sum << 6) + (sum >> 2);
    return sum * 0xff51afd7ed558ccdu;
}

static inline uint64_t mix_double(uint64_t sum, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return mix(sum, bits);
}

static inline uint64_t mix_bytes(uint64_t sum, const void *bytes, size_t count) {
    const unsigned char *at = (const unsigned char *)bytes;
    for (size_t i = 0; i < count; i++) sum = mix(sum, at[i]);
    return sum;
}

static uint32_t bench_seed = 0x2545f491u;

/* xorshift: the same sequence everywhere. */
static inline uint32_t next_random(void) {
    uint32_t x = bench_seed;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return bench_seed = x;
}

/* A value the compiler can not see through: keeps calls of pure functions from being merged. */
static inline uint32_t opaque(uint32_t value) {
    volatile uint32_t hidden = value;
    return hidden;
}

static inline void *must_alloc(size_t bytes) {
    void *block = malloc(bytes);
    if (block == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return block;
}

int main(int argc, char **argv) {
    uint32_t scale = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : BENCH_SCALE;
    uint64_t before = bench_clock_ns();
    uint64_t sum = run(scale);
    uint64_t after = bench_clock_ns();
    printf("checksum %016llx\n", (unsigned long long)sum);
    fprintf(stderr, "inner_ns %llu\n", (unsigned long long)(after - before));
    return 0;
}

#endif
