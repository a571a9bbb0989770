#!/bin/sh
# Measures the workspace beside its peers and writes a table to benchmarks/results/.
#
#   benchmarks/run.sh kernel      the function, beside PyTorch, NumPy, JAX, ONNX Runtime,
#                                 rten-vecmath, candle and Burn
#   benchmarks/run.sh frameworks  Leaky ReLU inside Burn and candle, beside their own: by itself, in
#                                 training steps, and the memory it keeps
#   benchmarks/run.sh convolution convolutions with Leaky ReLU behind them, beside Burn's and PyTorch's
#   benchmarks/run.sh cure        the whole cure of six networks, beside a plain PyTorch script of the same steps
#   benchmarks/run.sh diagnose    the diagnosis, beside ONNX Runtime and PyTorch that count the same
#   benchmarks/run.sh evidence    what helps networks that die or stop learning, beside the methods of the
#                                 literature: docs/evidence.md, in an hour; with --quick, to see that it runs
#
# Options behind cure and diagnose go to their script: --networks mlp conv, --rounds 1.
#
# Python's packages go to benchmarks/.venv; PYTHON names another interpreter that has them.
set -eu
cd "$(dirname "$0")"

python() {
    if [ -z "${PYTHON:-}" ]; then
        if [ ! -x .venv/bin/python ]; then
            python3 -m venv .venv
            .venv/bin/pip install --quiet --requirement requirements.txt
        fi
        PYTHON="$PWD/.venv/bin/python"
    fi
    # PyTorch looks for ninja, which lies beside the interpreter, on the path.
    PATH="$(dirname "$PYTHON"):$PATH" "$PYTHON" "$@"
}

case "${1:-}" in
kernel)
    cargo build --release --package leaky-python
    cargo build --release --bin kernel
    mkdir -p target/python
    cp target/release/libleaky_python.so target/python/leaky_python.so
    PYTHONPATH=target/python python kernel.py
    ;;
frameworks)
    cargo build --release --package frameworks
    mkdir -p results
    {
        printf '# Leaky ReLU inside Burn and candle\n\n'
        sed -n 's/^model name.*: \(.*\)/\1/p' /proc/cpuinfo | head -n 1 | tr -d '\n'
        printf ', %s cores, %s; ' "$(nproc)" "$(rustc --version)"
        vmstat 1 2 | awk 'END { printf "processors %d%% idle before the run.\n\n", $15 }'
        target/release/frameworks
        target/release/memory
        target/release/frameworks_system_allocator
        cat frameworks/NOTES.md
    } | tee results/frameworks.md
    ;;
convolution)
    cargo build --release --package frameworks
    mkdir -p results
    RAYON_NUM_THREADS=2 python convolution.py | tee results/convolution.md
    ;;
cure)
    shift
    cargo build --release --package leaky --manifest-path ../Cargo.toml
    python compare_cure.py "$@"
    ;;
diagnose)
    shift
    cargo build --release --package leaky --manifest-path ../Cargo.toml
    python compare_diagnose.py "$@"
    ;;
evidence)
    shift
    python -c 'import leaky_relu' 2>/dev/null || python -m pip install --quiet ../python
    python -m evidence "$@"
    ;;
*)
    echo "usage: benchmarks/run.sh kernel|frameworks|convolution|cure|diagnose|evidence" >&2
    exit 2
    ;;
esac
