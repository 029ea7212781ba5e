// Work for QuickJS: classes, generators, promises, typed arrays, BigInt, regular expressions, dates, modules of qjs.
import * as std from "qjs:std";
import * as os from "qjs:os";

class Stack {
  #items = [];
  push(item) { this.#items.push(item); return this; }
  *[Symbol.iterator]() { yield* [...this.#items].reverse(); }
}
print("stack", [...new Stack().push(1).push("two").push([3])].map(String).join("/"));
const words = std.loadFile("/here/notes.md").toLowerCase().match(/\w+/g);
const counts = Map.groupBy(words, (word) => word);
print("words", [...counts].map(([word, all]) => [all.length, word]).sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? -1 : 1)).slice(0, 3).join(" "));
let big = 1n;
for (let n = 1n; n <= 100n; n++) big *= n;
print("factorial", big % 1000000007n, String(big).length);
print("json", JSON.stringify({ a: [1, , 3], b: new Date(0), c: undefined, d: { e: "é\u2028" } }));
print("regexp", "2026-11-22 and 1999-12-31".replace(/(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)/g, "$<d>.$<m>.$<y>"), /(?<=\$)\d+/.exec("cost $42")[0]);
const floats = new Float64Array(8).map((_, i) => Math.sqrt(i));
print("floats", floats.reduce((a, b) => a + b).toFixed(12), new Uint8Array(floats.buffer, 56, 8).join(","));
const { a, ...rest } = { a: 1, b: 2, c: 3 };
print("rest", JSON.stringify(rest), [1, [2, [3, [4]]]].flat(Infinity), structuredCloneLike({ x: [1] }).x[0]);
function structuredCloneLike(value) { return JSON.parse(JSON.stringify(value)); }
const ordered = [];
const sleep = (ms) => new Promise((resolve) => os.setTimeout(resolve, ms));
for (const ms of [30, 10, 20]) { await sleep(ms); ordered.push(ms); }
print("timers", ordered.join(" "));
try { null.x; } catch (error) { print("error", error instanceof TypeError); }
print("depth", (function down(n) { return n === 0 ? 0 : 1 + down(n - 1); })(400));
let total = 0;
for (let i = 0; i < 3000000; i++) total = (total * 31 + i) | 0;
print("total", total);
const file = std.open("/here/made.txt", "w");
file.puts("made by JavaScript\n");
file.close();
print("file", std.loadFile("/here/made.txt").trim(), os.remove("/here/made.txt"));
std.exit(11);
