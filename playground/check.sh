#!/usr/bin/env bash
# The gate of the pages: builds them, and plays them in a browser. Needs Rust, Python 3.11 or newer, and
# Chromium; where none is installed, the system's packages or Playwright give one.
#
#     playground/check.sh [FOLDER]
#
# FOLDER keeps the Python environment, by default the workspace's target folder. Ends with 3 where the
# standard library for WebAssembly or a browser is not there and cannot be fetched: then nothing was checked.
set -euo pipefail
cd "$(dirname "$0")"

environment=${1:-../target/pages/python}
mkdir -p "$environment"
environment=$(cd "$environment" && pwd)
step() { printf '\n== Playground: %s\n' "$*"; }

step "Environment"
target=wasm32-unknown-unknown
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target" ] && ! rustup target add "$target"; then
    echo "There is no standard library for $target, and it cannot be fetched." >&2
    exit 3
fi
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
export PATH="$environment/bin:$PATH" VIRTUAL_ENV="$environment"
pip install --quiet --disable-pip-version-check -r requirements.txt
has_browser() { python tests/browser.py installed; }
# What a browser stands on comes from the system's packages, which only root may install.
if ! has_browser && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null || true
fi
if ! has_browser && ! playwright install chromium; then
    echo "There is no Chromium, and it cannot be fetched." >&2
    exit 3
fi
if ! python tests/browser.py starts; then
    echo "Chromium does not start on this system." >&2
    exit 3
fi

step "The pages"
./build.sh

step "The command, to compare with"
(cd .. && cargo build --release --locked --bin leaky)

step "Format and lints"
ruff format --check --line-length 110 tests
ruff check --line-length 110 --select B,E,F,I,UP tests

step "Tests"
pytest -q tests
