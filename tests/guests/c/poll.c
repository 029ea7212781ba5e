/* A C command that waits: a sleep, a poll on standard input with a time limit, many small writes, random bytes. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(void) {
    long long before = now_us();
    struct timespec nap = {0, 20000000};
    nanosleep(&nap, NULL);
    long long slept = now_us() - before;
    printf("slept at least 20 ms: %d\n", slept >= 20000);
    printf("slept less than 5 s: %d\n", slept < 5000000);
    struct pollfd wait[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
    int ready = poll(wait, 2, 1000);
    printf("ready: %d, output: %d\n", ready > 0, (wait[1].revents & POLLOUT) != 0);
    unsigned char first[32], second[32];
    printf("random: %d %d\n", getentropy(first, sizeof first), getentropy(second, sizeof second));
    printf("differ: %d\n", memcmp(first, second, sizeof first) != 0);
    for (int i = 0; i < 1000; i++)
        if (write(1, i % 50 == 49 ? "\n" : ".", 1) != 1) return 1;
    return 0;
}
