// Takes the WebAssembly file out of the npm package ripgrep, which carries it as text: unpack-ripgrep.mjs PACKAGE OUT.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const [folder, out] = process.argv.slice(2);
const { getCompressedBytes } = await import(pathToFileURL(join(folder, "lib/_rg.wasm.mjs")));
writeFileSync(out, brotliDecompressSync(getCompressedBytes()));
