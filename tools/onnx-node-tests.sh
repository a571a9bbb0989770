#!/bin/sh
# Runs the node tests of the `onnx` package against the interpreter, prints how many pass and
# rewrites docs/operators.md. Fails where a test fails for a reason that nobody has named.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
pinned=$(grep '^onnx==' tools/requirements.txt)
if ! "$python" -c "import onnx, sys; sys.exit('onnx==' + onnx.__version__ != '$pinned')" 2>/dev/null; then
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    python=.venv/bin/python
    "$python" -m pip install --quiet "$pinned" "$(grep '^numpy==' tools/requirements.txt)"
fi

cases=target/onnx-node-tests
rm -rf "$cases"
"$python" tools/write_onnx_node_tests.py "$cases"
exec cargo run --quiet -p leaky-onnx --example onnx_node_tests -- "$cases" "$pinned" docs/operators.md
