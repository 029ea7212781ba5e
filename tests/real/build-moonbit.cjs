// Compiles one file of MoonBit with the compiler in the npm package @moonbit/moonc-worker, which expects to be a worker
// of a browser: build-moonbit.cjs PACKAGE SOURCE OUT. Every public function is exported.
const { readFileSync, writeFileSync } = require("node:fs");
const { basename, join } = require("node:path");
const { runInThisContext } = require("node:vm");

const [folder, source, out] = process.argv.slice(2);
const listeners = [];
const waiting = new Map();
globalThis.self = globalThis;
globalThis.require = require;
globalThis.addEventListener = (_, listener) => listeners.push(listener);
globalThis.removeEventListener = () => {};
globalThis.postMessage = (answer) => waiting.get(answer.id)?.(answer);
runInThisContext(readFileSync(join(folder, "moonc-worker.js"), "utf8"));

// Calls a function of the compiler with one argument.
function call(name, argument) {
  const id = String(waiting.size);
  const data = { id, type: "APPLY", path: [name], argumentList: [{ type: "RAW", value: argument }] };
  return new Promise((resolve, reject) => {
    waiting.set(id, ({ type, value }) => (type === "RAW" ? resolve(value) : reject(value)));
    listeners.forEach((listener) => listener({ data, origin: "*" }));
  });
}

async function build() {
  const text = readFileSync(source, "utf8");
  const none = { miFiles: [], indirectImportMiFiles: [], stdMiFiles: [] };
  const common = { target: "wasm-gc", pkgSources: ["real/program:."], noOpt: false };
  const { core, diagnostics } = await call("buildPackage", {
    ...common, ...none, mbtFiles: [[basename(source), text]], pkg: "real/program", isMain: false, errorFormat: "human",
    enableValueTracing: false,
  });
  if (diagnostics.length > 0 || !core) throw new Error(diagnostics.join("\n"));
  const exportedFunctions = [...text.matchAll(/^pub fn (\w+)/gm)].map(([, name]) => name);
  const { result } = await call("linkCore", {
    ...common, coreFiles: [core], main: "real/program", exportedFunctions, outputFormat: "wasm", testMode: false,
    debug: false, sourceMap: false, sources: {}, stopOnMain: false,
  });
  writeFileSync(out, result);
}

build().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
