/* Scalar: the sieve of Eratosthenes over bytes, then over bits. */
#define BENCH_SCALE 50
#include "bench.h"

static uint64_t run(uint32_t scale) {
    uint32_t limit = 2000000;
    uint8_t *composite = must_alloc(limit);
    uint32_t *bits = must_alloc(limit / 8 + 4);
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale; round++) {
        uint32_t end = limit - round * 1000;
        memset(composite, 0, limit);
        for (uint32_t i = 2; i * i < end; i++)
            if (!composite[i])
                for (uint32_t j = i * i; j < end; j += i) composite[j] = 1;
        memset(bits, 0, limit / 8 + 4);
        for (uint32_t i = 2; i * i < end; i++)
            if (!(bits[i >> 5] >> (i & 31) & 1))
                for (uint32_t j = i * i; j < end; j += i) bits[j >> 5] |= 1u << (j & 31);
        uint32_t primes = 0;
        for (uint32_t i = 2; i < end; i++) primes += !composite[i] && !(bits[i >> 5] >> (i & 31) & 1);
        sum = mix(sum, primes);
    }
    free(composite);
    free(bits);
    return sum;
}
