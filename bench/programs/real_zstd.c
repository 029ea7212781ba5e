/* Real (compression): Zstandard at three levels, compressed and expanded again. Library: zstd-sys. */
#define BENCH_SCALE 3
#include <zstd.h>
#include "bench.h"

enum { COUNT = 1 << 20 };

/* Text-like bytes: words of a small vocabulary, some numbers, some repeats from far back. */
static void fill(uint8_t *bytes) {
    char words[512][10];
    for (uint32_t w = 0; w < 512; w++) {
        uint32_t length = 2 + next_random() % 7;
        for (uint32_t c = 0; c < length; c++) words[w][c] = (char)('a' + next_random() % 26);
        words[w][length] = 0;
    }
    uint32_t at = 0;
    while (at < COUNT - 64) {
        uint32_t pick = next_random();
        if (pick % 29 == 0) {
            at += (uint32_t)sprintf((char *)bytes + at, "%u,", pick >> 8);
        } else if (pick % 31 == 0 && at > 5000) {
            uint32_t length = 8 + (pick >> 16) % 48;
            memcpy(bytes + at, bytes + at - 64 - (pick >> 8) % 4000, length);
            at += length;
        } else {
            uint32_t square = (pick >> 8) % 512;
            square = square * square >> 9;
            at += (uint32_t)sprintf((char *)bytes + at, "%s ", words[square]);
        }
    }
    memset(bytes + at, '.', COUNT - at);
}

static uint64_t run(uint32_t scale) {
    static const int levels[] = {1, 5, 12};
    size_t room = ZSTD_compressBound(COUNT);
    uint8_t *bytes = must_alloc(COUNT), *small = must_alloc(room), *back = must_alloc(COUNT);
    uint64_t sum = 0;
    fill(bytes);
    for (uint32_t round = 0; round < scale; round++)
        for (uint32_t l = 0; l < 3; l++) {
            bytes[round * 1000 + l] ^= 1;
            size_t count = ZSTD_compress(small, room, bytes, COUNT, levels[l]);
            if (ZSTD_isError(count) || ZSTD_decompress(back, COUNT, small, count) != COUNT || memcmp(back, bytes, COUNT)) {
                fputs("zstd did not give the bytes back\n", stderr);
                exit(1);
            }
            sum = mix_bytes(mix(sum, count), small, count);
        }
    return sum;
}
