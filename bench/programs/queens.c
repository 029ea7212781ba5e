/* Call-heavy: counts the solutions of the n-queens problem, one call per placed queen. */
#define BENCH_SCALE 13
#include "bench.h"

typedef struct {
    uint32_t size;
    uint8_t column[32], rising[64], falling[64];
} Board;

static NOINLINE int is_free(const Board *board, uint32_t row, uint32_t column) {
    return !board->column[column] && !board->rising[row + column] && !board->falling[row + 32 - column];
}

static NOINLINE void set(Board *board, uint32_t row, uint32_t column, uint8_t value) {
    board->column[column] = value;
    board->rising[row + column] = value;
    board->falling[row + 32 - column] = value;
}

static NOINLINE uint32_t place(Board *board, uint32_t row) {
    if (row == board->size) return 1;
    uint32_t found = 0;
    for (uint32_t column = 0; column < board->size; column++) {
        if (!is_free(board, row, column)) continue;
        set(board, row, column, 1);
        found += place(board, row + 1);
        set(board, row, column, 0);
    }
    return found;
}

static uint64_t run(uint32_t scale) {
    uint64_t sum = 0;
    for (uint32_t size = 4; size <= scale; size++) {
        Board board = {.size = size};
        sum = mix(sum, place(&board, 0));
    }
    return sum;
}
