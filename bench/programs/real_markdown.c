/* Real (markdown): cmark-gfm, CommonMark to HTML and back to CommonMark, on a generated document. Library: cmarkgfm. */
#define BENCH_SCALE 8
#include <cmark-gfm.h>
#include "bench.h"

static const char *const words[] = {"river", "*stone*", "`code`", "**night**", "[link](/a/b \"t\")", "wind", "a_b_c", "<em>html</em>",
                                    "![image](p.png)", "https://example.org", "cloud", "&amp;", "~under~", "\\*", "tree", "light"};

static char *sentence(char *at, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) at += sprintf(at, "%s ", words[next_random() % 16]);
    *at++ = '\n';
    return at;
}

static size_t make_text(char *text, uint32_t blocks) {
    char *at = text;
    for (uint32_t i = 0; i < blocks; i++) {
        switch (next_random() % 7) {
        case 0:
            at += sprintf(at, "%.*s ", (int)(1 + i % 6), "######");
            at = sentence(at, 4);
            break;
        case 1:
            for (uint32_t k = 0; k < 5; k++) {
                at += sprintf(at, "%*s- ", (int)(k % 3 * 2), "");
                at = sentence(at, 6);
            }
            break;
        case 2:
            at += sprintf(at, "> ");
            at = sentence(at, 12);
            at += sprintf(at, "> > ");
            at = sentence(at, 8);
            break;
        case 3:
            at += sprintf(at, "```c\nint x_%u = %u;\n```\n", i, i * 7);
            break;
        case 4:
            at += sprintf(at, "[ref%u]: /url/%u 'title'\n", i, i);
            break;
        default:
            for (uint32_t k = 0; k < 4; k++) at = sentence(at, 14);
            at += sprintf(at, "see [ref%u] and [text][ref%u]\n", i / 2, i / 3);
        }
        *at++ = '\n';
    }
    return (size_t)(at - text);
}

static uint64_t run(uint32_t scale) {
    char *text = must_alloc(1500 * 2000);
    size_t length = make_text(text, 1500);
    uint64_t sum = 0;
    for (uint32_t round = 0; round < scale; round++) {
        cmark_node *document = cmark_parse_document(text, length, CMARK_OPT_DEFAULT);
        char *html = cmark_render_html(document, CMARK_OPT_DEFAULT, NULL);
        char *again = cmark_render_commonmark(document, CMARK_OPT_DEFAULT, 72);
        sum = mix_bytes(mix_bytes(sum, html, strlen(html)), again, strlen(again));
        text[next_random() % length] = ' ';
        free(html);
        free(again);
        cmark_node_free(document);
    }
    free(text);
    return sum;
}
