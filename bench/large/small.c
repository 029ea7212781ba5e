/* Something to be compiled: a loop, a branch, a call. */
static unsigned step(unsigned n) { return n % 2 ? 3 * n + 1 : n / 2; }

unsigned rounds(unsigned n) {
    unsigned count = 0;
    for (; n > 1; count++) n = step(n);
    return count;
}
