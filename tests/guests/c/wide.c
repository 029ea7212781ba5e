// A freestanding C program with 64-bit addresses: no library, its own output, its own memory.
//
// WASI preview 1 takes addresses of 32 bits; what is handed to it lies low. Everything else uses whole addresses:
// an allocator over memory.grow, a hash table, a tree, sorting through function pointers, and places beyond 2 GiB.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

_Static_assert(sizeof(void *) == 8 && sizeof(u64) == 8, "addresses have 64 bits");

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
WASI(fd_write) u32 fd_write(u32 fd, u32 pieces, u32 count, u32 written);
WASI(proc_exit) _Noreturn void proc_exit(u32 code);

static char text[4096];
static u64 used;

static void flush(void) {
    static struct { u32 at, bytes; } piece;
    static u32 written;
    for (u64 done = 0; done < used; done += written) {
        piece.at = (u32)(u64)(text + done);
        piece.bytes = (u32)(used - done);
        if (fd_write(1, (u32)(u64)&piece, 1, (u32)(u64)&written)) proc_exit(99);
    }
    used = 0;
}

static void put(char c) {
    if (used == sizeof text) flush();
    text[used++] = c;
}

static void say(const char *words) {
    while (*words) put(*words++);
}

static void number(u64 value, u64 base) {
    char digits[64];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count) put(digits[--count]);
}

static void line(const char *what, u64 value) {
    say(what);
    say(": ");
    number(value, 10);
    put('\n');
}

// Memory from the end of what the linker laid out.
extern u8 __heap_base;
static u8 *next_free, *end;
#define PAGE 65536ul

static void *take(u64 bytes) {
    if (!next_free) {
        next_free = &__heap_base;
        end = (u8 *)(__builtin_wasm_memory_size(0) * PAGE);
    }
    u8 *result = (u8 *)(((u64)next_free + 15) & ~15ul);
    if (result + bytes > end) {
        u64 pages = ((u64)(result + bytes - end) + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == ~0ul) return 0;
        end += pages * PAGE;
    }
    next_free = result + bytes;
    return result;
}

static u64 state = 1;
static u64 noise(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

// A hash table with open addresses: how often each number modulo 1000 comes up.
struct slot { u64 key, count; };
static u64 table(u64 rounds) {
    u64 slots = 4096, kinds = 0, most = 0;
    struct slot *all = take(slots * sizeof *all);
    for (u64 i = 0; i < slots; i++) all[i] = (struct slot){0, 0};
    while (rounds--) {
        u64 key = noise() % 1000 + 1, at = key * 0x9e3779b97f4a7c15 >> 52;
        while (all[at].key && all[at].key != key) at = (at + 1) % slots;
        kinds += !all[at].key;
        all[at].key = key;
        if (++all[at].count > most) most = all[at].count;
    }
    return kinds * 1000 + most;
}

// A search tree, walked in order.
struct node { struct node *left, *right; u64 key; };
static u64 walk(const struct node *node, u64 *last, u64 *rising) {
    if (!node) return 0;
    u64 left = walk(node->left, last, rising);
    *rising += node->key >= *last;
    *last = node->key;
    return left + 1 + walk(node->right, last, rising);
}
static u64 tree(u64 count) {
    struct node *root = 0;
    for (u64 i = 0; i < count; i++) {
        struct node *made = take(sizeof *made), **at = &root;
        *made = (struct node){0, 0, noise()};
        while (*at) at = made->key < (*at)->key ? &(*at)->left : &(*at)->right;
        *at = made;
    }
    u64 last = 0, rising = 0;
    return walk(root, &last, &rising) * 100000 + rising;
}

typedef int (*order)(u64, u64);
static int rising(u64 a, u64 b) { return a < b; }
static int by_low_byte(u64 a, u64 b) { return (a & 255) < (b & 255) || ((a & 255) == (b & 255) && a < b); }
static order volatile orders[] = {rising, by_low_byte};

static void sort(u64 *from, u64 *to, order before) {
    while (to - from > 1) {
        u64 pivot = from[(to - from) / 2], *low = from, *high = to - 1;
        while (low <= high) {
            while (before(*low, pivot)) low++;
            while (before(pivot, *high)) high--;
            if (low > high) break;
            u64 other = *low;
            *low++ = *high;
            *high-- = other;
        }
        if (high + 1 - from < to - low) {
            sort(from, high + 1, before);
            from = low;
        } else {
            sort(low, to, before);
            to = high + 1;
        }
    }
}

static u64 sorted(u64 count, u64 which) {
    u64 *numbers = take(count * sizeof *numbers), misplaced = 0, sum = 0;
    for (u64 i = 0; i < count; i++) numbers[i] = noise();
    sort(numbers, numbers + count, orders[which]);
    for (u64 i = 0; i + 1 < count; i++) {
        misplaced += orders[which](numbers[i + 1], numbers[i]);
        sum = sum * 31 + numbers[i];
    }
    return misplaced ? ~0ul : sum;
}

// A place every 256 MiB, beyond 2 GiB: each keeps its own value.
static u64 far_apart(void) {
    u64 step = 256ul << 20, places = 12;
    u8 *base = take(step * places);
    if (!base) return 0;
    for (u64 i = 0; i < places; i++) *(volatile u64 *)(base + i * step) = (i + 1) * 0x0101010101010101;
    u64 right = 0;
    for (u64 i = 0; i < places; i++) right += *(volatile u64 *)(base + i * step + 1) == (i + 1) * 0x01010101010101;
    __builtin_memcpy(base + (places - 1) * step + 8, base, 8);
    right += *(volatile u64 *)(base + (places - 1) * step + 8) == 0x0101010101010101;
    return right * 10 + ((u64)(base + (places - 1) * step) > 1ul << 31);
}

void _start(void) {
    line("kinds and most", table(100000));
    line("nodes and rising", tree(20000));
    line("sorted", sorted(50000, 0));
    line("sorted by byte", sorted(50000, 1));
    line("far apart", far_apart());
    line("too much", take(1ul << 50) == 0);
    say("noise: ");
    number(noise(), 16);
    put('\n');
    flush();
    proc_exit(64);
}
