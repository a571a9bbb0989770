#!/bin/bash
# rustc, with the coverage counters of libFuzzer in the project's own crates and the targets. What cargo-fuzz asks of
# a nightly toolchain for all crates, stable flags do for these.
rustc=$1
shift
previous=
for argument in "$@"; do
    if [ "$previous" = --crate-name ]; then
        case $argument in
            leaky_* | networks | arrays | kernels)
                set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                    -Cllvm-args=-sanitizer-coverage-trace-compares
                ;;
        esac
    fi
    previous=$argument
done
exec "$rustc" "$@"
