// Runs a program compiled for wasm32-wasip1 under Node.js, so that `cargo test` can run the kernels'
// tests in WebAssembly's vectors:
//
//   rustup target add wasm32-wasip1
//   export CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings $PWD/tools/wasi_runner.mjs"
//   RUSTFLAGS="-C target-feature=+simd128" \
//       cargo test -p leaky-relu --lib --features half --target wasm32-wasip1
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [program, ...args], env: process.env });
const compiled = await WebAssembly.compile(await readFile(program));
process.exitCode = wasi.start(await WebAssembly.instantiate(compiled, wasi.getImportObject()));
