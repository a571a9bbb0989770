#!/usr/bin/env bash
# The gate of the Python package: makes a virtual environment, builds the wheel, installs it, and runs the
# type checkers and all tests against the real frameworks. Needs Rust and Python 3.11 or newer.
#
#     python/check.sh [FOLDER]
#
# FOLDER keeps the environment, by default the workspace's target folder.
set -euo pipefail
cd "$(dirname "$0")"

environment=${1:-../target/python}
mkdir -p "$environment"
environment=$(cd "$environment" && pwd)
step() { printf '\n== Python: %s\n' "$*"; }

step "Environment"
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
export PATH="$environment/bin:$PATH" VIRTUAL_ENV="$environment"
pip install --quiet --disable-pip-version-check -r requirements.txt

step "Format and lints"
ruff format --check .
ruff check .

step "The wheel"
rm -rf "$environment/wheels"
maturin build --release --locked --out "$environment/wheels"
pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$environment"/wheels/*.whl

step "Types"
mypy
pyright --pythonpath "$environment/bin/python"

step "Tests"
# In a folder of its own, and not by `python -m pytest`: what is imported is the wheel, not the sources here.
cd tests
pytest

step "The evidence in its short form"
cd ../../benchmarks
pip install --quiet --disable-pip-version-check -r evidence/requirements.txt
ruff format --check evidence
ruff check evidence
python -m pytest evidence/tests
