// Runs a WASI preview-1 command on V8: node.mjs GRANTS FILE ARGS…, with GRANTS = {"dirs": [[guest, host]…], "env": [[name, value]…]}.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [grants, file, ...args] = process.argv.slice(2);
const { dirs, env } = JSON.parse(grants);
const bytes = await readFile(file);
const module = await WebAssembly.compile(bytes);
const old = WebAssembly.Module.imports(module).some((entry) => entry.module === "wasi_unstable");
const wasi = new WASI({
  version: old ? "unstable" : "preview1",
  args: [file.split("/").pop(), ...args],
  env: Object.fromEntries(env),
  preopens: Object.fromEntries(dirs),
  returnOnExit: true,
});
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
