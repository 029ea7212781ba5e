/* Scalar: escape times of the Mandelbrot set. */
#define BENCH_SCALE 20
#include "bench.h"

static uint64_t run(uint32_t scale) {
    uint64_t sum = 0;
    uint32_t size = scale * 50;
    for (uint32_t row = 0; row < size; row++)
        for (uint32_t column = 0; column < size; column++) {
            double cx = 3.0 * column / size - 2.0, cy = 2.0 * row / size - 1.0, x = 0, y = 0;
            uint32_t steps = 0;
            while (steps < 500 && x * x + y * y < 4.0) {
                double next = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = next;
                steps++;
            }
            sum += (uint64_t)steps * (row * 31 + column);
        }
    return mix(0, sum);
}
