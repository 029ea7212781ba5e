/* Scalar: an open-addressing hash map under inserts, look-ups and removals; memory-latency bound. */
#define BENCH_SCALE 120
#include "bench.h"

typedef struct {
    uint64_t *keys, *values;
    uint32_t mask, count;
} Map;

static uint32_t slot_of(const Map *map, uint64_t key) {
    uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & map->mask;
    while (map->keys[at] && map->keys[at] != key) at = (at + 1) & map->mask;
    return at;
}
static Map map_new(uint32_t slots) {
    Map map = {calloc(slots, 8), calloc(slots, 8), slots - 1, 0};
    if (!map.keys || !map.values) exit(1);
    return map;
}
static void map_set(Map *map, uint64_t key, uint64_t value);
static void map_double(Map *map) {
    Map larger = map_new((map->mask + 1) * 2);
    for (uint32_t i = 0; i <= map->mask; i++)
        if (map->keys[i]) map_set(&larger, map->keys[i], map->values[i]);
    free(map->keys);
    free(map->values);
    *map = larger;
}
static NOINLINE void map_set(Map *map, uint64_t key, uint64_t value) {
    if (map->count * 2 > map->mask) map_double(map);
    uint32_t at = slot_of(map, key);
    map->count += !map->keys[at];
    map->keys[at] = key;
    map->values[at] = value;
}
static NOINLINE uint64_t map_get(const Map *map, uint64_t key) {
    uint32_t at = slot_of(map, key);
    return map->keys[at] ? map->values[at] : 0;
}
static NOINLINE void map_remove(Map *map, uint64_t key) {
    uint32_t hole = slot_of(map, key);
    if (!map->keys[hole]) return;
    map->count--;
    for (uint32_t at = (hole + 1) & map->mask; map->keys[at]; at = (at + 1) & map->mask) {
        uint32_t home = (uint32_t)((map->keys[at] * 0x9e3779b97f4a7c15u) >> 32) & map->mask;
        if (((at - home) & map->mask) < ((at - hole) & map->mask)) continue;
        map->keys[hole] = map->keys[at];
        map->values[hole] = map->values[at];
        hole = at;
    }
    map->keys[hole] = 0;
}

static uint64_t run(uint32_t scale) {
    Map map = map_new(16);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < scale * 100000; i++) {
        uint32_t key = next_random() % 200000 + 1;
        switch (i % 4) {
        case 0: case 1: map_set(&map, key, map_get(&map, key) + i); break;
        case 2: sum += map_get(&map, key); break;
        default: map_remove(&map, key);
        }
    }
    sum = mix(mix(0, sum), map.count);
    free(map.keys);
    free(map.values);
    return sum;
}
