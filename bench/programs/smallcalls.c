/* Call-heavy: a loop over tiny functions that the producer did not inline (accessors and fixed-point helpers). */
#define BENCH_SCALE 240
#include "bench.h"

typedef struct {
    int32_t x, y, dx, dy;
} Point;

static NOINLINE int32_t multiply(int32_t a, int32_t b) { return (int32_t)((int64_t)a * b >> 16); }
static NOINLINE int32_t clamp(int32_t value, int32_t limit) {
    return value > limit ? limit : value < -limit ? -limit : value;
}
static NOINLINE int32_t get_x(const Point *point) { return point->x; }
static NOINLINE int32_t get_y(const Point *point) { return point->y; }
static NOINLINE void move(Point *point, int32_t drag) {
    point->dx = clamp(multiply(point->dx, drag) - (get_x(point) >> 4), 1 << 20);
    point->dy = clamp(multiply(point->dy, drag) - (get_y(point) >> 4), 1 << 20);
    point->x += point->dx;
    point->y += point->dy;
}

static uint64_t run(uint32_t scale) {
    Point points[256];
    for (uint32_t i = 0; i < 256; i++) {
        Point point = {(int32_t)(next_random() & 0xfffff), (int32_t)(next_random() & 0xfffff), 1 << 12, -(1 << 12)};
        points[i] = point;
    }
    for (uint32_t round = 0; round < scale * 500; round++)
        for (uint32_t i = 0; i < 256; i++) move(&points[i], 65000);
    return mix_bytes(0, points, sizeof points);
}
