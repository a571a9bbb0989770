#!/usr/bin/env bash
# The gate of the use at the edge: checks the program for the microcontroller, runs it in the emulator, and
# compares every output with this machine's. Needs Rust and QEMU; what is missing is fetched, where it can be.
#
#     examples/edge/check.sh [FOLDER]
#
# FOLDER takes what the example writes, by default a folder of the workspace's target folder. Ends with 3 where
# the standard library for the microcontroller or the emulator is not there and cannot be fetched: then nothing
# was checked.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=${1:-target/uses/edge-check}
step() { printf '\n== Edge: %s\n' "$*"; }

step "Environment"
target=thumbv7em-none-eabihf
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target" ] && ! rustup target add "$target"; then
    echo "There is no standard library for $target, and it cannot be fetched." >&2
    exit 3
fi
has_emulator() { qemu-system-arm --version; }
# The emulator comes from the system's packages, which only root may install.
if ! has_emulator && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends qemu-system-arm; } >/dev/null || true
fi
if ! has_emulator; then
    echo "There is no qemu-system-arm, and it cannot be fetched." >&2
    exit 3
fi

step "Trained, put in 8 bits, run on the microcontroller"
rm -rf "$folder"
cargo run --release --locked -p examples --bin edge -- --quick --output "$folder"
folder=$(cd "$folder" && pwd)
python3 - "$folder/microcontroller.json" <<'PYTHON'
import json, sys

networks = json.load(open(sys.argv[1]))
failed = False


def check(what, holds):
    global failed
    failed |= not holds
    print("ok    " if holds else "FAILED", what)


check("three networks ran", len(networks) == 3)
for name, forms in networks.items():
    float_, quantized = forms["f32"], forms["8 bits"]
    check(f"{name}: 8 bits take less flash and memory", all(quantized[of] < float_[of] for of in ("flash", "memory")))
    for form, figures in forms.items():
        part = figures["rectifier_instructions"] / figures["instructions"]
        check(f"{name}, {form}: the rectifiers are under a tenth of the instructions", 0 < part < 0.1)
sys.exit(failed)
PYTHON

step "Format and lints"
cd examples/edge/firmware
cargo fmt --check
EDGE_NETWORK=$folder/relu.rs cargo clippy --release --locked --bins --lib -- -D warnings
