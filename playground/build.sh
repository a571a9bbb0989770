#!/usr/bin/env bash
# Builds the pages: a folder of static files that any server hands out.
#
#     playground/build.sh [FOLDER]
#
# FOLDER is target/pages/site of the workspace by default. Needs Rust with the standard library for
# WebAssembly (`rustup target add wasm32-unknown-unknown`).
set -euo pipefail
cd "$(dirname "$0")"

folder=${1:-../target/pages/site}
target=wasm32-unknown-unknown
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
    if command -v rustup >/dev/null; then
        rustup target add "$target"
    else
        echo "rustc has no standard library for $target, and there is no rustup to fetch it." >&2
        exit 2
    fi
fi

# The kernels use WebAssembly's vector instructions; the pages say so where a browser has none.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128"
(cd .. && cargo build -p leaky-playground --lib --target "$target" --profile playground --locked)
cargo build --manifest-path bindgen/Cargo.toml --target-dir ../target/pages/bindgen --locked

rm -rf "$folder"
mkdir -p "$folder/example" "$folder/images"
cp -R site/. "$folder"
cp ../docs/images/evidence-*.svg "$folder/images"
../target/pages/bindgen/debug/document ../docs/evidence.md "$folder/evidence.html"
cp ../crates/leaky/example/digits.onnx ../crates/leaky/example/digits-*.npz "$folder/example"
../target/pages/bindgen/debug/bindgen "../target/$target/playground/leaky_playground.wasm" "$folder/engine"
echo "The pages are in $folder."
