/* Compiled and linked by compilers that are themselves WebAssembly, then run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char word[16];
    int count;
};

static int by_count(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    return x->count != y->count ? y->count - x->count : strcmp(x->word, y->word);
}

int main(int argc, char **argv) {
    struct entry table[64];
    int used = 0;
    for (int i = 1; i < argc; i++) {
        int at = 0;
        while (at < used && strcmp(table[at].word, argv[i])) at++;
        if (at == used) {
            strncpy(table[at].word, argv[i], 15);
            table[at].word[15] = 0;
            table[used++].count = 0;
        }
        table[at].count++;
    }
    qsort(table, (size_t)used, sizeof *table, by_count);
    for (int i = 0; i < used; i++) printf("%d %s\n", table[i].count, table[i].word);
    double sum = 0;
    for (int i = 1; i <= 1000; i++) sum += 1.0 / i;
    printf("%.10f\n", sum);
    return 21;
}
