/* Indirect-call-heavy: the C library's qsort with four comparators over records. */
#define BENCH_SCALE 6
#include "bench.h"

typedef struct {
    uint32_t id, price;
    float weight;
    char name[12];
} Item;

static int by_id(const void *a, const void *b) {
    uint32_t x = ((const Item *)a)->id, y = ((const Item *)b)->id;
    return x < y ? -1 : x > y;
}
static int by_price(const void *a, const void *b) {
    uint32_t x = ((const Item *)a)->price, y = ((const Item *)b)->price;
    return x < y ? 1 : x > y ? -1 : by_id(a, b);
}
static int by_weight(const void *a, const void *b) {
    float x = ((const Item *)a)->weight, y = ((const Item *)b)->weight;
    return x < y ? -1 : x > y ? 1 : by_id(a, b);
}
static int by_name(const void *a, const void *b) {
    int order = strcmp(((const Item *)a)->name, ((const Item *)b)->name);
    return order ? order : by_id(a, b);
}

static uint64_t run(uint32_t scale) {
    enum { COUNT = 40000 };
    static int (*const orders[])(const void *, const void *) = {by_price, by_name, by_weight, by_id};
    Item *items = must_alloc(COUNT * sizeof *items);
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i].id = i * 2654435761u;
        items[i].price = next_random() % 5000;
        items[i].weight = (float)(next_random() % 100000) / 64.0f;
        memset(items[i].name, 0, sizeof items[i].name);
        for (uint32_t c = 0; c < 3 + i % 8; c++) items[i].name[c] = (char)('a' + next_random() % 4);
    }
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale; round++)
        for (uint32_t o = 0; o < 4; o++) {
            qsort(items, COUNT, sizeof *items, orders[o]);
            for (uint32_t i = 0; i < COUNT; i += 97) sum = mix(sum, items[i].id);
        }
    free(items);
    return sum;
}
