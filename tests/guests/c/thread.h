/* Threads over raw wasi-threads, for programs without a C library: the parts of pthreads that the tests use.

   A thread is a block of memory: this header, its thread-local variables, its stack. Mutexes and conditions are words to
   wait at. Nothing is freed. */
#ifndef THREAD_H
#define THREAD_H

typedef unsigned long size_t;
typedef struct thread *pthread_t;
typedef struct { _Atomic int word; } pthread_mutex_t;
typedef struct { _Atomic int word; } pthread_cond_t;

/* The first four words are known to thread_start.s. */
struct thread {
    void *stack_end;
    void *locals;
    void *(*function)(void *);
    void *argument;
    void *result;
    _Atomic int done;
};

int pthread_create(pthread_t *thread, void *(*function)(void *), void *argument);
int pthread_join(pthread_t thread, void **result);
void pthread_mutex_lock(pthread_mutex_t *mutex);
void pthread_mutex_unlock(pthread_mutex_t *mutex);
void pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
void pthread_cond_broadcast(pthread_cond_t *condition);
int thread_id(void);
void print(const char *text);
void print_number(unsigned long long number);
_Noreturn void quit(int code);

#endif
