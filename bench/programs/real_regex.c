/* Real (regular expressions): PCRE2's matcher (no JIT) over generated log lines. Library: pcre2-sys. */
#define BENCH_SCALE 12
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "bench.h"

static const char *const patterns[] = {
    "(?i)\\berror\\b.{0,40}\\btimeout\\b",
    "\\b(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\b",
    "([a-z0-9._]+)@([a-z0-9]+\\.)+(org|net|com)",
    "^(\\S+) .*\"(GET|POST) ([^\"?]*)(\\?[^\"]*)?\" (\\d+)$",
    "(?:a|e|i|o|u)[b-df-hj-np-tv-z]{4,}",
    "(\\w+) \\1",
};

static uint32_t make_text(char *text, uint32_t lines) {
    static const char *const verbs[] = {"GET", "POST", "PUT", "GET"};
    static const char *const words[] = {"error", "Timeout", "index", "rhythms", "retry retry", "worker", "anna@mail.example.org", "length"};
    char *at = text;
    for (uint32_t i = 0; i < lines; i++) {
        uint32_t a = next_random(), b = next_random();
        at += sprintf(at, "%u.%u.%u.%u %s %s %s \"%s /%s/%x?q=%u\" %u\n", a & 255, a >> 8 & 255, a >> 16 & 255, a >> 24, words[b & 7],
                      words[b >> 3 & 7], words[b >> 6 & 7], verbs[b >> 9 & 3], words[b >> 11 & 3], a, b % 977, 200 + b % 300);
    }
    return (uint32_t)(at - text);
}

static uint64_t run(uint32_t scale) {
    char *text = must_alloc(200 * 3000);
    uint32_t length = make_text(text, 3000);
    uint64_t sum = 0;
    for (uint32_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        int error;
        PCRE2_SIZE where;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)patterns[p], PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &error, &where, NULL);
        if (!code) exit(1);
        pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
        PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
        for (uint32_t round = 0; round < scale; round++) {
            uint32_t found = 0;
            for (PCRE2_SIZE at = 0; pcre2_match(code, (PCRE2_SPTR)text, length, at, PCRE2_NO_UTF_CHECK, match, NULL) > 0; found++) {
                sum = mix(sum, ends[0] * 31 + ends[1]);
                at = ends[1] > ends[0] ? ends[1] : ends[1] + 1;
            }
            sum = mix(sum, found);
        }
        pcre2_match_data_free(match);
        pcre2_code_free(code);
    }
    free(text);
    return sum;
}
