/* Call-heavy: solves sudoku puzzles by plain backtracking with small helper functions. */
#define BENCH_SCALE 200
#include "bench.h"

static const char *const puzzles[] = {
    "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9",
    "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
    "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..",
};

typedef struct {
    uint8_t cell[81];
    uint16_t row[9], column[9], box[9];
    uint64_t steps, limit;
} Grid;

static NOINLINE uint32_t box_of(uint32_t at) { return at / 27 * 3 + at % 9 / 3; }

static NOINLINE uint16_t candidates(const Grid *grid, uint32_t at) {
    return (uint16_t)(0x3fe & ~(grid->row[at / 9] | grid->column[at % 9] | grid->box[box_of(at)]));
}

static NOINLINE void toggle(Grid *grid, uint32_t at, uint32_t digit) {
    uint16_t bit = (uint16_t)(1u << digit);
    grid->row[at / 9] ^= bit;
    grid->column[at % 9] ^= bit;
    grid->box[box_of(at)] ^= bit;
}

static NOINLINE int solve(Grid *grid, uint32_t at) {
    while (at < 81 && grid->cell[at]) at++;
    if (at == 81 || ++grid->steps > grid->limit) return 1;
    uint16_t open = candidates(grid, at);
    for (uint32_t digit = 1; digit <= 9; digit++) {
        if (!(open >> digit & 1)) continue;
        grid->cell[at] = (uint8_t)digit;
        toggle(grid, at, digit);
        if (solve(grid, at + 1)) return 1;
        toggle(grid, at, digit);
    }
    grid->cell[at] = 0;
    return 0;
}

static uint64_t run(uint32_t scale) {
    uint64_t sum = 0;
    for (uint32_t p = 0; p < sizeof puzzles / sizeof *puzzles; p++) {
        Grid grid;
        memset(&grid, 0, sizeof grid);
        grid.limit = (uint64_t)scale * 100000;
        for (uint32_t at = 0; at < 81; at++) {
            if (puzzles[p][at] == '.') continue;
            grid.cell[at] = (uint8_t)(puzzles[p][at] - '0');
            toggle(&grid, at, grid.cell[at]);
        }
        solve(&grid, 0);
        sum = mix_bytes(mix(sum, grid.steps), grid.cell, sizeof grid.cell);
    }
    return sum;
}
