/* Indirect-call-heavy: functions with captured values, composed into pipelines (map, filter, fold) over a sequence. */
#define BENCH_SCALE 16
#include "bench.h"

typedef struct Closure Closure;
struct Closure {
    int64_t (*call)(const Closure *, int64_t);
    int64_t captured;
    const Closure *inner;
};

static int64_t call(const Closure *closure, int64_t value) { return closure->call(closure, value); }
static int64_t add(const Closure *self, int64_t value) { return value + self->captured; }
static int64_t scale_by(const Closure *self, int64_t value) { return value * self->captured; }
static int64_t mask(const Closure *self, int64_t value) { return value & self->captured; }
static int64_t shift(const Closure *self, int64_t value) { return value ^ (value >> (self->captured & 31)); }
static int64_t then(const Closure *self, int64_t value) {
    return call((const Closure *)(uintptr_t)self->captured, call(self->inner, value));
}
static int64_t is_odd(const Closure *self, int64_t value) { return (value + self->captured) & 1; }

static NOINLINE int64_t fold(const Closure *map, const Closure *filter, uint32_t count) {
    int64_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t value = call(map, i);
        if (call(filter, value)) total += value;
    }
    return total;
}

static uint64_t run(uint32_t scale) {
    Closure parts[6] = {{add, 17, NULL}, {scale_by, 2862933555777941757, NULL}, {shift, 29, NULL},
                        {mask, 0xffffffffff, NULL}, {add, -5, NULL}, {shift, 11, NULL}};
    Closure chain[6];
    chain[0] = parts[0];
    for (uint32_t i = 1; i < 6; i++) {
        Closure both = {then, (int64_t)(uintptr_t)&parts[i], &chain[i - 1]};
        chain[i] = both;
    }
    uint64_t sum = 0;
    for (uint32_t round = 0; round < 16; round++) {
        Closure filter = {is_odd, (int64_t)round, NULL};
        sum = mix(sum, (uint64_t)fold(&chain[5 - round % 2], &filter, scale * 40000));
    }
    return sum;
}
