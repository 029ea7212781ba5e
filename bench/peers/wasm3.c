/* Runs a WASI command on wasm3: wasm3 FILE [ARGS…]. A peer of the benchmarks; `cargo xtask peers wasm3` compiles it with
 * wasm3's sources. What the benchmark programs call of WASI is here, nothing else; there are no folders and no variables. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "wasm3.h"

enum { WASI_BADF = 8, WASI_INVAL = 28, WASI_IO = 29, WASI_NOSYS = 52, WASI_SPIPE = 70 };

static char **guest_arguments;
static uint32_t guest_argument_count;
static int exit_code;

typedef struct {
    uint32_t at, len;
} Piece;

m3ApiRawFunction(args_sizes_get) {
    m3ApiReturnType(uint32_t) m3ApiGetArgMem(uint32_t *, count) m3ApiGetArgMem(uint32_t *, bytes)
    m3ApiCheckMem(count, 4);
    m3ApiCheckMem(bytes, 4);
    *count = guest_argument_count;
    *bytes = 0;
    for (uint32_t i = 0; i < guest_argument_count; i++) *bytes += strlen(guest_arguments[i]) + 1;
    m3ApiReturn(0);
}

m3ApiRawFunction(args_get) {
    m3ApiReturnType(uint32_t) m3ApiGetArgMem(uint32_t *, places) m3ApiGetArgMem(char *, text)
    for (uint32_t i = 0; i < guest_argument_count; i++) {
        size_t len = strlen(guest_arguments[i]) + 1;
        m3ApiCheckMem(places + i, 4);
        m3ApiCheckMem(text, len);
        places[i] = m3ApiPtrToOffset(text);
        memcpy(text, guest_arguments[i], len);
        text += len;
    }
    m3ApiReturn(0);
}

m3ApiRawFunction(environ_sizes_get) {
    m3ApiReturnType(uint32_t) m3ApiGetArgMem(uint32_t *, count) m3ApiGetArgMem(uint32_t *, bytes)
    m3ApiCheckMem(count, 4);
    m3ApiCheckMem(bytes, 4);
    *count = *bytes = 0;
    m3ApiReturn(0);
}

m3ApiRawFunction(environ_get) {
    m3ApiReturnType(uint32_t) m3ApiReturn(0);
}

m3ApiRawFunction(clock_time_get) {
    m3ApiReturnType(uint32_t) m3ApiGetArg(uint32_t, clock) m3ApiGetArg(uint64_t, precision) m3ApiGetArgMem(uint64_t *, out)
    (void)precision;
    m3ApiCheckMem(out, 8);
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    struct timespec now;
    if (clock > 3 || clock_gettime(clocks[clock], &now) != 0) m3ApiReturn(WASI_INVAL);
    uint64_t nanoseconds = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    memcpy(out, &nanoseconds, 8);
    m3ApiReturn(0);
}

m3ApiRawFunction(random_get) {
    m3ApiReturnType(uint32_t) m3ApiGetArgMem(uint8_t *, out) m3ApiGetArg(uint32_t, len)
    m3ApiCheckMem(out, len);
    while (len > 0) {
        ssize_t got = getrandom(out, len, 0);
        if (got < 0) m3ApiReturn(WASI_IO);
        out += got;
        len -= (uint32_t)got;
    }
    m3ApiReturn(0);
}

m3ApiRawFunction(fd_write) {
    m3ApiReturnType(uint32_t) m3ApiGetArg(uint32_t, fd) m3ApiGetArgMem(Piece *, pieces) m3ApiGetArg(uint32_t, count)
    m3ApiGetArgMem(uint32_t *, written)
    if (fd != 1 && fd != 2) m3ApiReturn(WASI_BADF);
    m3ApiCheckMem(pieces, (uint64_t)count * sizeof(Piece));
    m3ApiCheckMem(written, 4);
    uint32_t all = 0;
    for (uint32_t i = 0; i < count; i++) {
        char *at = m3ApiOffsetToPtr(pieces[i].at);
        if (pieces[i].len == 0) continue;
        m3ApiCheckMem(at, pieces[i].len);
        ssize_t done = write((int)fd, at, pieces[i].len);
        if (done < 0) m3ApiReturn(WASI_IO);
        all += (uint32_t)done;
        if ((uint32_t)done < pieces[i].len) break;
    }
    *written = all;
    m3ApiReturn(0);
}

m3ApiRawFunction(fd_read) {
    m3ApiReturnType(uint32_t) m3ApiGetArg(uint32_t, fd) m3ApiGetArgMem(Piece *, pieces) m3ApiGetArg(uint32_t, count)
    m3ApiGetArgMem(uint32_t *, got)
    if (fd != 0) m3ApiReturn(WASI_BADF);
    m3ApiCheckMem(pieces, (uint64_t)count * sizeof(Piece));
    m3ApiCheckMem(got, 4);
    *got = 0;
    for (uint32_t i = 0; i < count; i++) {
        char *at = m3ApiOffsetToPtr(pieces[i].at);
        if (pieces[i].len == 0) continue;
        m3ApiCheckMem(at, pieces[i].len);
        ssize_t done = read(0, at, pieces[i].len);
        if (done < 0) m3ApiReturn(WASI_IO);
        *got += (uint32_t)done;
        if ((uint32_t)done < pieces[i].len) break;
    }
    m3ApiReturn(0);
}

m3ApiRawFunction(fd_close) {
    m3ApiReturnType(uint32_t) m3ApiGetArg(uint32_t, fd) m3ApiReturn(fd > 2 ? WASI_BADF : 0);
}

m3ApiRawFunction(fd_seek) {
    m3ApiReturnType(uint32_t) m3ApiGetArg(uint32_t, fd) m3ApiReturn(fd > 2 ? WASI_BADF : WASI_SPIPE);
}

m3ApiRawFunction(fd_fdstat_get) {
    m3ApiReturnType(uint32_t) m3ApiGetArg(uint32_t, fd) m3ApiGetArgMem(uint8_t *, out)
    m3ApiCheckMem(out, 24);
    if (fd > 2) m3ApiReturn(WASI_BADF);
    memset(out, 0, 24);
    out[0] = 2;
    memset(out + 8, 0xff, 16);
    m3ApiReturn(0);
}

m3ApiRawFunction(fd_prestat_get) {
    m3ApiReturnType(uint32_t) m3ApiReturn(WASI_BADF);
}

m3ApiRawFunction(not_here) {
    m3ApiReturnType(uint32_t) m3ApiReturn(WASI_NOSYS);
}

m3ApiRawFunction(proc_exit) {
    m3ApiGetArg(uint32_t, code) exit_code = (int)code;
    m3ApiTrap(m3Err_trapExit);
}

static const struct {
    const char *name, *signature;
    M3RawCall function;
} calls[] = {
    {"args_sizes_get", "i(**)", args_sizes_get},
    {"args_get", "i(**)", args_get},
    {"environ_sizes_get", "i(**)", environ_sizes_get},
    {"environ_get", "i(**)", environ_get},
    {"clock_time_get", "i(iI*)", clock_time_get},
    {"random_get", "i(*i)", random_get},
    {"fd_write", "i(i*i*)", fd_write},
    {"fd_read", "i(i*i*)", fd_read},
    {"fd_close", "i(i)", fd_close},
    {"fd_seek", "i(iIi*)", fd_seek},
    {"fd_fdstat_get", "i(i*)", fd_fdstat_get},
    {"fd_prestat_get", "i(i*)", fd_prestat_get},
    {"fd_prestat_dir_name", "i(i*i)", not_here},
    {"fd_fdstat_set_flags", "i(ii)", not_here},
    {"fd_filestat_get", "i(i*)", not_here},
    {"path_open", "i(ii*iiIIi*)", not_here},
    {"path_filestat_get", "i(ii*i*)", not_here},
    {"path_unlink_file", "i(i*i)", not_here},
    {"path_remove_directory", "i(i*i)", not_here},
    {"path_create_directory", "i(i*i)", not_here},
    {"path_readlink", "i(i*i*i*)", not_here},
    {"path_rename", "i(i*ii*i)", not_here},
    {"fd_readdir", "i(i*iI*)", not_here},
    {"fd_sync", "i(i)", not_here},
    {"fd_tell", "i(i*)", not_here},
    {"fd_filestat_set_size", "i(iI)", not_here},
    {"path_filestat_set_times", "i(ii*iIIi)", not_here},
    {"clock_res_get", "i(i*)", not_here},
    {"poll_oneoff", "i(**i*)", not_here},
    {"sched_yield", "i()", not_here},
    {"proc_exit", "v(i)", proc_exit},
};

static void give_up(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(125);
}

int main(int argc, char **argv) {
    if (argc < 2) give_up("wasm3", "FILE [ARGS…]");
    if (strcmp(argv[1], "--version") == 0) return puts("wasm3 " M3_VERSION) < 0;
    guest_arguments = argv + 1;
    guest_argument_count = (uint32_t)argc - 1;
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) give_up(argv[1], strerror(errno));
    long len = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc((size_t)len);
    if (bytes == NULL || fread(bytes, 1, (size_t)len, file) != (size_t)len) give_up(argv[1], "cannot be read");

    IM3Environment environment = m3_NewEnvironment();
    IM3Runtime runtime = m3_NewRuntime(environment, 8 << 20, NULL);
    IM3Module module;
    IM3Function start;
    M3Result why = m3_ParseModule(environment, &module, bytes, (uint32_t)len);
    if (why == NULL) why = m3_LoadModule(runtime, module);
    for (size_t i = 0; why == NULL && i < sizeof calls / sizeof *calls; i++) {
        const char *spaces[] = {"wasi_snapshot_preview1", "wasi_unstable"};
        for (size_t space = 0; space < 2; space++) {
            M3Result linked = m3_LinkRawFunction(module, spaces[space], calls[i].name, calls[i].signature, calls[i].function);
            if (linked != NULL && linked != m3Err_functionLookupFailed) give_up(calls[i].name, linked);
        }
    }
    if (why == NULL) why = m3_FindFunction(&start, runtime, "_start");
    if (why == NULL) why = m3_CallV(start);
    if (why == m3Err_trapExit) return exit_code;
    if (why != NULL) {
        M3ErrorInfo info;
        m3_GetErrorInfo(runtime, &info);
        fprintf(stderr, "%s: %s\n", why, info.message == NULL ? "" : info.message);
        return 134;
    }
    return 0;
}
