/* A command around SQLite: runs the statements of a file against a database on disk and prints every row.
 * Arguments: DATABASE SCRIPT. Built with the library's own sources, which are fetched. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int row(void *unused, int columns, char **values, char **names) {
    (void)unused;
    (void)names;
    for (int i = 0; i < columns; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    printf("\n");
    return 0;
}

int main(int argc, char **argv) {
    static char script[1 << 16];
    sqlite3 *database;
    char *message = NULL;
    FILE *file = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (!file) return 2;
    script[fread(script, 1, sizeof script - 1, file)] = 0;
    fclose(file);
    if (sqlite3_open(argv[1], &database) != SQLITE_OK || sqlite3_exec(database, script, row, NULL, &message) != SQLITE_OK) {
        fprintf(stderr, "%s\n", message ? message : sqlite3_errmsg(database));
        return 1;
    }
    return sqlite3_close(database) != SQLITE_OK;
}
