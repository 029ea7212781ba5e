/* Indirect-call-heavy: a bytecode interpreter that finds each handler in a table of functions. */
#define BENCH_SCALE 22
#include "bench.h"

enum { PUSH, ADD, SUB, MUL, DUP, SWAP, LOAD, STORE, JUMP_IF, XOR, MODULO, HALT, OPERATORS };

typedef struct {
    const int32_t *code;
    uint32_t at, top;
    int32_t stack[64], slots[16];
    int running;
} Machine;

static void push(Machine *m, int32_t value) { m->stack[m->top++ & 63] = value; }
static int32_t pop(Machine *m) { return m->stack[--m->top & 63]; }

static void do_push(Machine *m) { push(m, m->code[m->at++]); }
static void do_add(Machine *m) { int32_t b = pop(m); push(m, (int32_t)((uint32_t)pop(m) + (uint32_t)b)); }
static void do_sub(Machine *m) { int32_t b = pop(m); push(m, (int32_t)((uint32_t)pop(m) - (uint32_t)b)); }
static void do_mul(Machine *m) { int32_t b = pop(m); push(m, (int32_t)((uint32_t)pop(m) * (uint32_t)b)); }
static void do_dup(Machine *m) { int32_t a = pop(m); push(m, a); push(m, a); }
static void do_swap(Machine *m) { int32_t b = pop(m), a = pop(m); push(m, b); push(m, a); }
static void do_load(Machine *m) { push(m, m->slots[m->code[m->at++] & 15]); }
static void do_store(Machine *m) { m->slots[m->code[m->at++] & 15] = pop(m); }
static void do_jump_if(Machine *m) { int32_t to = m->code[m->at++]; if (pop(m)) m->at = (uint32_t)to; }
static void do_xor(Machine *m) { int32_t b = pop(m); push(m, pop(m) ^ b); }
static void do_modulo(Machine *m) { uint32_t b = (uint32_t)pop(m); push(m, (int32_t)((uint32_t)pop(m) % (b ? b : 1))); }
static void do_halt(Machine *m) { m->running = 0; }

static void (*const handlers[OPERATORS])(Machine *) = {do_push, do_add,   do_sub,     do_mul, do_dup,    do_swap,
                                                       do_load, do_store, do_jump_if, do_xor, do_modulo, do_halt};

/* for (n = slot 0; n; n--) acc = ((acc * 31 + n) ^ (n % 7)); with acc in slot 1 */
static const int32_t program[] = {
    LOAD, 1, PUSH, 31, MUL, LOAD, 0, ADD, LOAD, 0, PUSH, 7, MODULO, XOR, STORE, 1,
    LOAD, 0, PUSH, 1,  SUB, DUP,  STORE, 0, JUMP_IF, 0, HALT,
};

static uint64_t run(uint32_t scale) {
    Machine *machine = must_alloc(sizeof *machine);
    memset(machine, 0, sizeof *machine);
    machine->code = program;
    machine->slots[0] = (int32_t)scale * 100000;
    machine->running = 1;
    while (machine->running) handlers[machine->code[machine->at++] % OPERATORS](machine);
    uint64_t sum = mix(0, (uint32_t)machine->slots[1]);
    free(machine);
    return sum;
}
