/* Indirect-call-heavy: objects of several classes behind tables of function pointers, in a mixed order. */
#define BENCH_SCALE 60
#include "bench.h"

typedef struct Shape Shape;
typedef struct {
    int64_t (*area)(const Shape *);
    int64_t (*outline)(const Shape *);
    void (*stretch)(Shape *, int32_t);
} Class;
struct Shape {
    const Class *class;
    int32_t a, b, c;
};

static int64_t square_area(const Shape *shape) { return (int64_t)shape->a * shape->a; }
static int64_t square_outline(const Shape *shape) { return 4 * (int64_t)shape->a; }
static void square_stretch(Shape *shape, int32_t by) { shape->a = (shape->a + by) & 0xfff; }
static int64_t box_area(const Shape *shape) { return (int64_t)shape->a * shape->b; }
static int64_t box_outline(const Shape *shape) { return 2 * ((int64_t)shape->a + shape->b); }
static void box_stretch(Shape *shape, int32_t by) {
    shape->a = (shape->a + by) & 0xfff;
    shape->b = (shape->b ^ by) & 0xfff;
}
static int64_t triangle_area(const Shape *shape) { return (int64_t)shape->a * shape->c / 2; }
static int64_t triangle_outline(const Shape *shape) { return (int64_t)shape->a + shape->b + shape->c; }
static void triangle_stretch(Shape *shape, int32_t by) { shape->c = (shape->c + 3 * by) & 0xfff; }
static int64_t disc_area(const Shape *shape) { return (int64_t)shape->a * shape->a * 355 / 113; }
static int64_t disc_outline(const Shape *shape) { return (int64_t)shape->a * 710 / 113; }
static void disc_stretch(Shape *shape, int32_t by) { shape->a = (shape->a + by / 2 + 1) & 0x7ff; }

static const Class classes[4] = {
    {square_area, square_outline, square_stretch},
    {box_area, box_outline, box_stretch},
    {triangle_area, triangle_outline, triangle_stretch},
    {disc_area, disc_outline, disc_stretch},
};

static uint64_t run(uint32_t scale) {
    enum { COUNT = 4096 };
    Shape *shapes = must_alloc(COUNT * sizeof *shapes);
    for (uint32_t i = 0; i < COUNT; i++) {
        Shape shape = {&classes[next_random() >> 30], (int32_t)(next_random() & 0xfff), (int32_t)(next_random() & 0xfff),
                       (int32_t)(next_random() & 0xfff)};
        shapes[i] = shape;
    }
    uint64_t total = 0;
    for (uint32_t round = 0; round < scale * 100; round++)
        for (uint32_t i = 0; i < COUNT; i++) {
            Shape *shape = &shapes[i];
            shape->class->stretch(shape, (int32_t)(round & 7));
            total += (uint64_t)(shape->class->area(shape) + shape->class->outline(shape));
        }
    free(shapes);
    return mix(0, total);
}
