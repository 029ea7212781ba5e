/* Real (JSON), own implementation: parse into a tree, query it, print it again, compare. */
#define BENCH_SCALE 45
#include <math.h>
#include "bench.h"

typedef enum { NOTHING, TRUTH, NUMBER, TEXT, LIST, OBJECT } Kind;
typedef struct Value Value;
struct Value {
    Kind kind;
    double number;
    char *text;       /* TEXT */
    const char *name; /* of a member */
    Value *first, *next;
};

typedef struct {
    const char *at, *end;
    char *arena;
    size_t used, room;
    uint32_t depth;
} Parser;

static void *take(Parser *p, size_t bytes) {
    bytes = (bytes + 7) & ~(size_t)7;
    if (p->used + bytes > p->room) {
        fputs("json arena is full\n", stderr);
        exit(1);
    }
    void *block = p->arena + p->used;
    p->used += bytes;
    return block;
}

static void fail(const Parser *p, const char *what) {
    fprintf(stderr, "json: %s with %d bytes left\n", what, (int)(p->end - p->at));
    exit(1);
}

static void skip(Parser *p) {
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r')) p->at++;
}

static void expect(Parser *p, char c) {
    skip(p);
    if (p->at == p->end || *p->at != c) fail(p, "unexpected byte");
    p->at++;
}

static uint32_t hex4(Parser *p) {
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char c = *p->at++;
        code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return code;
}

static char *put_utf8(char *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 63));
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 63));
        *to++ = (char)(0x80 | (code & 63));
    }
    return to;
}

static char *parse_text(Parser *p) {
    expect(p, '"');
    const char *close = p->at;
    while (close < p->end && *close != '"') close += *close == '\\' ? 2 : 1;
    char *text = take(p, (size_t)(close - p->at) + 1), *to = text;
    while (*p->at != '"') {
        char c = *p->at++;
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        c = *p->at++;
        switch (c) {
        case 'n': *to++ = '\n'; break;
        case 't': *to++ = '\t'; break;
        case 'r': *to++ = '\r'; break;
        case 'u': to = put_utf8(to, hex4(p)); break;
        default: *to++ = c;
        }
    }
    p->at++;
    *to = 0;
    return text;
}

static double parse_number(Parser *p) {
    int negative = *p->at == '-';
    double value = 0, unit = 1;
    int exponent = 0, sign = 1;
    p->at += negative;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') value = value * 10 + (*p->at++ - '0');
    if (p->at < p->end && *p->at == '.')
        for (p->at++; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
            value = value * 10 + (*p->at - '0');
            unit *= 10;
        }
    if (p->at < p->end && (*p->at | 32) == 'e') {
        p->at++;
        if (*p->at == '-' || *p->at == '+') sign = *p->at++ == '-' ? -1 : 1;
        while (p->at < p->end && *p->at >= '0' && *p->at <= '9') exponent = exponent * 10 + (*p->at++ - '0');
    }
    value /= unit;
    for (; exponent > 0; exponent--) value = sign > 0 ? value * 10 : value / 10;
    return negative ? -value : value;
}

static Value *parse(Parser *p);

static void parse_members(Parser *p, Value *value, char close) {
    Value **link = &value->first;
    p->at++;
    skip(p);
    if (*p->at == close) {
        p->at++;
        return;
    }
    for (;;) {
        const char *name = NULL;
        if (value->kind == OBJECT) {
            name = parse_text(p);
            expect(p, ':');
        }
        *link = parse(p);
        (*link)->name = name;
        link = &(*link)->next;
        skip(p);
        if (*p->at == close) break;
        expect(p, ',');
        skip(p);
    }
    p->at++;
}

static int word(Parser *p, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, text, length)) return 0;
    p->at += length;
    return 1;
}

static Value *parse(Parser *p) {
    Value *value = take(p, sizeof *value);
    memset(value, 0, sizeof *value);
    skip(p);
    if (p->at == p->end || ++p->depth > 100) fail(p, "too deep or cut off");
    switch (*p->at) {
    case '{': value->kind = OBJECT; parse_members(p, value, '}'); break;
    case '[': value->kind = LIST; parse_members(p, value, ']'); break;
    case '"': value->kind = TEXT; value->text = parse_text(p); break;
    case 't': case 'f':
        value->kind = TRUTH;
        value->number = word(p, "true");
        if (value->number == 0 && !word(p, "false")) fail(p, "unknown word");
        break;
    case 'n': if (!word(p, "null")) fail(p, "unknown word"); break;
    default: value->kind = NUMBER; value->number = parse_number(p);
    }
    p->depth--;
    return value;
}

static char *print_text(char *to, const char *text) {
    *to++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') *to++ = '\\', *to++ = *text;
        else if (*text == '\n') *to++ = '\\', *to++ = 'n';
        else *to++ = *text;
    }
    *to++ = '"';
    return to;
}

/* Numbers here are multiples of 1/1000, printed without an exponent. */
static char *print_number(char *to, double number) {
    if (number < 0) *to++ = '-', number = -number;
    uint64_t scaled = (uint64_t)(number * 1000 + 0.5), whole = scaled / 1000, part = scaled % 1000;
    char digits[24];
    int count = 0;
    do digits[count++] = (char)('0' + whole % 10); while (whole /= 10);
    while (count) *to++ = digits[--count];
    if (part) {
        *to++ = '.';
        for (uint32_t unit = 100; part; part %= unit, unit /= 10) *to++ = (char)('0' + part / unit);
    }
    return to;
}

static char *print(char *to, const Value *value) {
    switch (value->kind) {
    case NOTHING: return (char *)memcpy(to, "null", 4) + 4;
    case TRUTH: return value->number != 0 ? (char *)memcpy(to, "true", 4) + 4 : (char *)memcpy(to, "false", 5) + 5;
    case NUMBER: return print_number(to, value->number);
    case TEXT: return print_text(to, value->text);
    default: break;
    }
    *to++ = value->kind == LIST ? '[' : '{';
    for (const Value *item = value->first; item; item = item->next) {
        if (item->name) {
            to = print_text(to, item->name);
            *to++ = ':';
        }
        to = print(to, item);
        if (item->next) *to++ = ',';
    }
    *to++ = value->kind == LIST ? ']' : '}';
    return to;
}

static const Value *member(const Value *object, const char *name) {
    for (const Value *item = object->first; item; item = item->next)
        if (item->name && !strcmp(item->name, name)) return item;
    return NULL;
}

static uint32_t make_text(char *text, uint32_t records) {
    char *at = text;
    at += sprintf(at, "{\"version\": 3, \"records\": [\n");
    for (uint32_t i = 0; i < records; i++) {
        uint32_t a = next_random(), b = next_random();
        at += sprintf(at, "  {\"id\": %u, \"name\": \"user \\\"%x\\\" \\u00e9\\u4e2d\\n\", \"score\": %s%u.%03u, \"active\": %s,\n"
                          "   \"tags\": [\"t%u\", \"t%u\", null], \"place\": {\"x\": %ue2, \"y\": -%u.5, \"deep\": [[1, [2, [%u]]], {}]}}%s\n",
                      i, a, b & 1 ? "-" : "", a % 1000, b % 1000, a & 1 ? "true" : "false", a % 17, b % 19, a % 500, b % 300, i,
                      i + 1 < records ? "," : "");
    }
    at += sprintf(at, "]}\n");
    return (uint32_t)(at - text);
}

static uint64_t run(uint32_t scale) {
    enum { RECORDS = 3000 };
    char *text = must_alloc(RECORDS * 300), *printed = must_alloc(RECORDS * 300), *again = must_alloc(RECORDS * 300);
    Parser parser = {.arena = must_alloc(32 << 20), .room = 32 << 20};
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale; round++) {
        uint32_t length = make_text(text, RECORDS);
        parser.used = 0;
        parser.at = text;
        parser.end = text + length;
        Value *root = parse(&parser);
        size_t count = (size_t)(print(printed, root) - printed);
        parser.at = printed;
        parser.end = printed + count;
        Value *second = parse(&parser);
        if ((size_t)(print(again, second) - again) != count || memcmp(printed, again, count)) {
            fputs("json did not survive the round trip\n", stderr);
            exit(1);
        }
        double total = 0;
        for (const Value *item = member(second, "records")->first; item; item = item->next)
            if (member(item, "active")->number != 0) total += member(item, "score")->number + member(member(item, "place"), "x")->number;
        sum = mix_bytes(mix_double(sum, total), printed, count);
    }
    return sum;
}
