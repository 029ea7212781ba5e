/* See thread.h. */
#include "thread.h"

#define STACK_BYTES 65536
#define AGAIN 6

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int thread_spawn(void *argument);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int fd_write(
    int fd, const void *list, int count, int *written);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"))) _Noreturn void proc_exit(int code);

static _Thread_local int own_id;
extern char __heap_base;
static _Atomic size_t heap_next;

static void *take(size_t bytes) {
    size_t expected = 0;
    __c11_atomic_compare_exchange_strong(&heap_next, &expected, (size_t)&__heap_base, 5, 5);
    size_t start = __c11_atomic_fetch_add(&heap_next, (bytes + 15) & ~(size_t)15, 5);
    size_t end = start + bytes;
    while (end > __builtin_wasm_memory_size(0) << 16)
        if (__builtin_wasm_memory_grow(0, (end >> 16) + 1 - __builtin_wasm_memory_size(0)) == (size_t)-1) return 0;
    return (void *)start;
}

int pthread_create(pthread_t *thread, void *(*function)(void *), void *argument) {
    size_t locals = (__builtin_wasm_tls_size() + 15) & ~(size_t)15;
    size_t header = (sizeof(struct thread) + 15) & ~(size_t)15;
    char *block = take(header + locals + __builtin_wasm_tls_align() + STACK_BYTES);
    if (!block) return AGAIN;
    struct thread *made = (struct thread *)block;
    size_t align = __builtin_wasm_tls_align() ? __builtin_wasm_tls_align() - 1 : 0;
    made->locals = (void *)(((size_t)block + header + align) & ~align);
    made->stack_end = (void *)(((size_t)made->locals + locals + STACK_BYTES - 16) & ~(size_t)15);
    made->function = function;
    made->argument = argument;
    made->done = 0;
    if (thread_spawn(made) < 0) return AGAIN;
    *thread = made;
    return 0;
}

/* Called by thread_start.s, on the thread's own stack. */
void thread_main(int id, struct thread *self) {
    own_id = id;
    self->result = self->function(self->argument);
    self->done = 1;
    __builtin_wasm_memory_atomic_notify((int *)&self->done, -1);
}

int pthread_join(pthread_t thread, void **result) {
    while (!thread->done) __builtin_wasm_memory_atomic_wait32((int *)&thread->done, 0, -1);
    if (result) *result = thread->result;
    return 0;
}

/* 0 free, 1 held, 2 held and somebody waits. */
void pthread_mutex_lock(pthread_mutex_t *mutex) {
    int expected = 0;
    if (__c11_atomic_compare_exchange_strong(&mutex->word, &expected, 1, 5, 5)) return;
    while (__c11_atomic_exchange(&mutex->word, 2, 5) != 0)
        __builtin_wasm_memory_atomic_wait32((int *)&mutex->word, 2, -1);
}

void pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (__c11_atomic_exchange(&mutex->word, 0, 5) == 2) __builtin_wasm_memory_atomic_notify((int *)&mutex->word, 1);
}

void pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    int seen = condition->word;
    pthread_mutex_unlock(mutex);
    __builtin_wasm_memory_atomic_wait32((int *)&condition->word, seen, -1);
    pthread_mutex_lock(mutex);
}

void pthread_cond_broadcast(pthread_cond_t *condition) {
    condition->word++;
    __builtin_wasm_memory_atomic_notify((int *)&condition->word, -1);
}

int thread_id(void) { return own_id; }

void print(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    struct {
        const char *start;
        size_t length;
    } list = {text, length};
    int written;
    fd_write(1, &list, 1, &written);
}

void print_number(unsigned long long number) {
    char text[24];
    int at = 23;
    text[at] = 0;
    do text[--at] = '0' + number % 10;
    while (number /= 10);
    print(text + at);
}

void quit(int code) { proc_exit(code); }
