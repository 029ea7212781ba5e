/* Threads that take work from a queue under a mutex, sleep at a condition, count with atomics, and keep variables of their
   own. Every sum is the same however they take turns. */
#include "thread.h"

#define THREADS 8
#define JOBS 2000
#define ADDS 20000

static pthread_mutex_t lock;
static pthread_cond_t changed;
static int next_job, ready, open_gate;
static unsigned long long sum;
static _Atomic unsigned int counter;
static _Thread_local unsigned int own;

static unsigned int steps(unsigned long long n) {
    unsigned int count = 0;
    for (; n != 1; count++) n = n % 2 ? 3 * n + 1 : n / 2;
    return count;
}

static void *work(void *argument) {
    unsigned int number = (unsigned int)(size_t)argument;
    pthread_mutex_lock(&lock);
    ready++;
    pthread_cond_broadcast(&changed);
    while (!open_gate) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < ADDS; i++) {
        counter++;
        own += number;
    }
    for (;;) {
        pthread_mutex_lock(&lock);
        int job = next_job++;
        pthread_mutex_unlock(&lock);
        if (job >= JOBS) break;
        unsigned int found = steps((unsigned long long)job + 1);
        pthread_mutex_lock(&lock);
        sum += found;
        pthread_mutex_unlock(&lock);
    }
    return (void *)(size_t)own;
}

__attribute__((export_name("_start"))) void _start(void) {
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], work, (void *)i)) quit(2);
    pthread_mutex_lock(&lock);
    while (ready < THREADS) pthread_cond_wait(&changed, &lock);
    open_gate = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    unsigned long long owned = 0;
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        owned += (size_t)result;
    }
    print("counted ");
    print_number(counter);
    print(", owned ");
    print_number(owned);
    print(", steps ");
    print_number(sum);
    print("\n");
    quit(thread_id() == 0 && own == 0 ? 3 : 1);
}
