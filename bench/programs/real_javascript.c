/* Real (a language runtime): QuickJS runs a JavaScript program with objects, closures, JSON, regular expressions and
 * BigInt. Library: rquickjs-sys. */
#define BENCH_SCALE 11
#include <quickjs.h>
#include "bench.h"

static const char source[] =
    "function work(scale) {\n"
    "  let seed = 12345;\n"
    "  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;\n"
    "  class Vector { constructor(x, y) { this.x = x; this.y = y; }\n"
    "    plus(o) { return new Vector(this.x + o.x, this.y + o.y); } get length() { return Math.sqrt(this.x ** 2 + this.y ** 2); } }\n"
    "  let out = [];\n"
    "  for (let round = 0; round < scale; round++) {\n"
    "    let v = new Vector(0, 0);\n"
    "    for (let i = 0; i < 30000; i++) v = v.plus(new Vector(random() - 0.5, random() - 0.5));\n"
    "    out.push(v.length.toFixed(6));\n"
    "    const rows = Array.from({length: 2000}, (_, i) => ({id: i, name: 'row ' + (i * 7919 % 1000), tags: ['a' + i % 3, 'b' + i % 5]}));\n"
    "    const text = JSON.stringify(rows);\n"
    "    const back = JSON.parse(text).filter(r => r.tags.includes('a1')).map(r => r.name).sort();\n"
    "    out.push(text.length, back.length, back[17]);\n"
    "    const map = new Map();\n"
    "    for (const word of text.match(/row \\d+/g)) map.set(word, (map.get(word) || 0) + 1);\n"
    "    out.push(map.size, [...map.values()].reduce((a, b) => a + b, 0));\n"
    "    out.push(text.replace(/\"name\":\"row (\\d)(\\d*)\"/g, (_, a, b) => b + a).length);\n"
    "    let big = 1n; for (let i = 1n; i < 150n; i++) big *= i;\n"
    "    out.push(String(big % 1000000007n));\n"
    "    const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);\n"
    "    out.push(fib(20));\n"
    "    function* naturals() { for (let n = 0; ; n++) yield n; }\n"
    "    let total = 0; for (const n of naturals()) { if (n > 20000) break; total += n; }\n"
    "    out.push(total);\n"
    "  }\n"
    "  return out.join(' ');\n"
    "}\n";

static uint64_t run(uint32_t scale) {
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = JS_NewContext(runtime);
    char call[32];
    if (JS_IsException(JS_Eval(context, source, sizeof source - 1, "work.js", JS_EVAL_TYPE_GLOBAL))) exit(1);
    int length = snprintf(call, sizeof call, "work(%u)", scale);
    JSValue value = JS_Eval(context, call, (size_t)length, "call.js", JS_EVAL_TYPE_GLOBAL);
    const char *text = JS_ToCString(context, value);
    if (JS_IsException(value) || !text) exit(1);
    uint64_t sum = mix_bytes(0, text, strlen(text));
    JS_FreeCString(context, text);
    JS_FreeValue(context, value);
    JS_FreeContext(context);
    JS_FreeRuntime(runtime);
    return sum;
}
