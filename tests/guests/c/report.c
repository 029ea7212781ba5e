/* A C command: arguments, environment, standard input, a file read, a file written, directory listing, clocks, exit code.
 * Prints nothing that depends on the time or the place. Ends with code 3. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void arguments(int argc, char **argv) {
    printf("arguments: %d\n", argc - 1);
    for (int i = 1; i < argc; i++) printf("  [%s]\n", argv[i]);
    const char *greeting = getenv("GREETING");
    printf("GREETING: %s\n", greeting ? greeting : "(not set)");
    printf("NOT_GIVEN: %s\n", getenv("NOT_GIVEN") ? "set" : "not set");
}

static void input(void) {
    int lines = 0, bytes = 0, c, last = '\n';
    while ((c = getchar()) != EOF) {
        bytes++;
        lines += c == '\n';
        last = c;
    }
    printf("input: %d lines, %d bytes, %s\n", lines, bytes, last == '\n' ? "ends" : "cut off");
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void listing(const char *folder) {
    char *names[64];
    size_t count = 0;
    DIR *open = opendir(folder);
    if (!open) {
        printf("%s: %s\n", folder, strerror(errno));
        return;
    }
    for (struct dirent *entry; count < 64 && (entry = readdir(open));)
        if (entry->d_name[0] != '.') names[count++] = strdup(entry->d_name);
    closedir(open);
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        char path[256];
        struct stat about;
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (stat(path, &about) == 0) printf("  %s %lld %s\n", names[i], (long long)about.st_size, S_ISDIR(about.st_mode) ? "folder" : "file");
        free(names[i]);
    }
}

static int totals(const char *from, const char *to) {
    char line[128], name[32];
    int items = 0, count;
    double price, sum = 0;
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    if (!in || !out) return printf("%s or %s: %s\n", from, to, strerror(errno)), 0;
    if (!fgets(line, sizeof line, in)) return 0;
    while (fgets(line, sizeof line, in))
        if (sscanf(line, "%31[^,],%d,%lf", name, &count, &price) == 3) {
            fprintf(out, "%-8s %10.2f\n", name, count * price);
            sum += count * price;
            items++;
        }
    fprintf(out, "%-8s %10.2f\n", "total", sum);
    fclose(in);
    fclose(out);
    return items;
}

static void clocks(void) {
    struct timespec first, second, wall;
    clock_gettime(CLOCK_MONOTONIC, &first);
    clock_gettime(CLOCK_MONOTONIC, &second);
    clock_gettime(CLOCK_REALTIME, &wall);
    int forward = second.tv_sec > first.tv_sec || (second.tv_sec == first.tv_sec && second.tv_nsec >= first.tv_nsec);
    printf("clocks: %s, %s\n", forward ? "forward" : "backward", wall.tv_sec > 1700000000 ? "after 2023" : "before 2023");
}

int main(int argc, char **argv) {
    arguments(argc, argv);
    input();
    printf("items: %d\n", totals("/data/numbers.csv", "/data/totals.txt"));
    listing("/data");
    FILE *file = fopen("/data/totals.txt", "r");
    for (int c; file && (c = getc(file)) != EOF;) putchar(c);
    if (file) fclose(file);
    printf("remove: %d\n", unlink("/data/totals.txt"));
    printf("missing: %d\n", open("/data/absent", O_RDONLY) == -1 && errno == ENOENT);
    printf("outside: %d\n", open("/data/../../etc/passwd", O_RDONLY) == -1);
    clocks();
    fprintf(stderr, "report: done\n");
    return 3;
}
