#!/bin/bash
# fuzz/run.sh [SECONDS [TARGET ...]]: each target for so many seconds (60 unless told), from the project's fixtures on,
# held to a memory of 2 GiB. A finding stays in fuzz/artifacts/, and what was learned in fuzz/corpus/.
#
# Needs a C++ compiler and the stable toolchain: the project's own crates are compiled with coverage counters by
# fuzz/rustc.sh. With a nightly toolchain and cargo-fuzz, `cargo fuzz run TARGET` adds the address sanitizer.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(networks arrays kernels)

if ! command -v c++ >/dev/null; then
    echo "fuzz: libFuzzer is C++, and there is no compiler named c++" >&2
    exit 3
fi
RUSTC_WRAPPER="$PWD/rustc.sh" cargo build --release --locked --target-dir target --bins

for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "seeds/$target" "artifacts/$target"
    case $target in
        networks) find ../fixtures -name '*.onnx' -size -16k ;;
        arrays) find ../fixtures/data ../crates/leaky-cure/tests/data/files -type f -size -64k ;;
        *) : ;;
    esac | while read -r file; do
        cp "$file" "seeds/$target/$(echo "${file#../}" | tr / -)"
    done
    echo "== $target, $seconds seconds"
    # Its own lines are many: kept, and shown where something was found.
    if ! "target/release/$target" "corpus/$target" "seeds/$target" -max_total_time="$seconds" -max_len=65536 \
        -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 -artifact_prefix="artifacts/$target/" \
        >"artifacts/$target.log" 2>&1; then
        tail -n 40 "artifacts/$target.log"
        exit 1
    fi
    grep -E "number_of_executed_units|peak_rss_mb" "artifacts/$target.log"
done
