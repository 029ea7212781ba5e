/* Scalar: CRC-32 by tables of one and of eight bytes at a time. */
#define BENCH_SCALE 120
#include "bench.h"

static uint32_t tables[8][256];

static NOINLINE uint32_t plain(uint32_t crc, const uint8_t *bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) crc = crc >> 8 ^ tables[0][(crc ^ bytes[i]) & 255];
    return crc;
}
static NOINLINE uint32_t sliced(uint32_t crc, const uint8_t *bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 8) {
        uint32_t low, high;
        memcpy(&low, bytes + i, 4);
        memcpy(&high, bytes + i + 4, 4);
        low ^= crc;
        crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^
              tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^ tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
    }
    return crc;
}

static uint64_t run(uint32_t scale) {
    enum { COUNT = 1 << 20 };
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        tables[0][i] = crc;
    }
    for (uint32_t t = 1; t < 8; t++)
        for (uint32_t i = 0; i < 256; i++) tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
    uint8_t *bytes = must_alloc(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) bytes[i] = (uint8_t)next_random();
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale; round++) {
        uint32_t one = plain(~round, bytes, COUNT), two = sliced(~round, bytes, COUNT);
        if (one != two) exit(1);
        sum = mix(sum, one);
    }
    free(bytes);
    return sum;
}
