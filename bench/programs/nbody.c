/* Scalar: planets under gravity in double precision. */
#define BENCH_SCALE 70
#include <math.h>
#include "bench.h"

enum { BODIES = 5 };
typedef struct {
    double place[3], speed[3], mass;
} Body;

static Body bodies[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, 39.5},
    {{4.8, -1.2, -0.1}, {0.6, 2.8, -0.02}, 0.038},
    {{8.3, 4.1, -0.4}, {-1.0, 1.8, 0.01}, 0.011},
    {{12.9, -15.1, -0.2}, {1.1, 0.9, -0.01}, 0.0017},
    {{15.4, -25.9, 0.2}, {1.0, 0.6, -0.03}, 0.002},
};

static void advance(double step) {
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            double delta[3], square = 0;
            for (int d = 0; d < 3; d++) {
                delta[d] = bodies[i].place[d] - bodies[j].place[d];
                square += delta[d] * delta[d];
            }
            double pull = step / (square * sqrt(square));
            for (int d = 0; d < 3; d++) {
                bodies[i].speed[d] -= delta[d] * bodies[j].mass * pull;
                bodies[j].speed[d] += delta[d] * bodies[i].mass * pull;
            }
        }
    for (int i = 0; i < BODIES; i++)
        for (int d = 0; d < 3; d++) bodies[i].place[d] += step * bodies[i].speed[d];
}

static uint64_t run(uint32_t scale) {
    for (uint32_t i = 0; i < scale * 100000; i++) advance(0.001);
    return mix_bytes(0, bodies, sizeof bodies);
}
