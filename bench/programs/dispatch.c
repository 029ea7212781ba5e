/* Indirect-call-heavy: one virtual method on objects of one class, the call that speculation would inline. */
#define BENCH_SCALE 14
#include "bench.h"

typedef struct Stage Stage;
struct Stage {
    uint32_t (*apply)(const Stage *, uint32_t);
    uint32_t key, shift;
};

static uint32_t rotate(const Stage *stage, uint32_t value) {
    value ^= stage->key;
    return value << stage->shift | value >> (32 - stage->shift);
}
static uint32_t never(const Stage *stage, uint32_t value) { return value + stage->key; }

static NOINLINE uint32_t through(const Stage *stages, uint32_t count, uint32_t value) {
    for (uint32_t i = 0; i < count; i++) value = stages[i].apply(&stages[i], value);
    return value;
}

static uint64_t run(uint32_t scale) {
    Stage stages[16];
    for (uint32_t i = 0; i < 16; i++) {
        /* The second class exists for the compiler only: the condition is false for every seed used here. */
        Stage stage = {next_random() == 0 ? never : rotate, next_random(), 1 + next_random() % 30};
        stages[i] = stage;
    }
    uint32_t value = 1;
    for (uint32_t round = 0; round < scale * 1000000; round++) value = through(stages, 16, value);
    return mix(0, value);
}
