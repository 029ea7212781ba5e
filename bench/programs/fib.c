/* Call-heavy: the doubly recursive Fibonacci function. */
#define BENCH_SCALE 41
#include "bench.h"

static NOINLINE uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint64_t run(uint32_t scale) { return mix(0, fib(scale)); }
