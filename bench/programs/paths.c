/* Scalar: shortest paths in a random graph with a binary heap. */
#define BENCH_SCALE 55
#include "bench.h"

enum { NODES = 20000, DEGREE = 6 };
typedef struct {
    uint32_t cost, node;
} Entry;

static uint32_t to[NODES][DEGREE], price[NODES][DEGREE], best[NODES];
static Entry heap[NODES * DEGREE];
static uint32_t heap_count;

static void heap_push(Entry entry) {
    uint32_t at = heap_count++;
    while (at && heap[(at - 1) / 2].cost > entry.cost) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = entry;
}
static Entry heap_pop(void) {
    Entry top = heap[0], last = heap[--heap_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= heap_count) break;
        if (child + 1 < heap_count && heap[child + 1].cost < heap[child].cost) child++;
        if (heap[child].cost >= last.cost) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

static NOINLINE uint64_t search(uint32_t from) {
    uint64_t total = 0;
    memset(best, 255, sizeof best);
    best[from] = 0;
    Entry first = {0, from};
    heap_push(first);
    while (heap_count) {
        Entry entry = heap_pop();
        if (entry.cost != best[entry.node]) continue;
        total += entry.cost;
        for (uint32_t e = 0; e < DEGREE; e++) {
            Entry next = {entry.cost + price[entry.node][e], to[entry.node][e]};
            if (next.cost >= best[next.node]) continue;
            best[next.node] = next.cost;
            heap_push(next);
        }
    }
    return total;
}

static uint64_t run(uint32_t scale) {
    for (uint32_t node = 0; node < NODES; node++)
        for (uint32_t e = 0; e < DEGREE; e++) {
            to[node][e] = e ? next_random() % NODES : (node + 1) % NODES;
            price[node][e] = 1 + next_random() % 1000;
        }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < scale * 3; i++) sum = mix(sum, search(next_random() % NODES));
    return sum;
}
