#!/usr/bin/env bash
# The gate of the pages: builds them, and plays them in a browser. Needs Rust, Python 3.11 or newer, and
# Chromium; where none is installed, Playwright fetches its own.
#
#     playground/check.sh [FOLDER]
#
# FOLDER keeps the Python environment, by default the workspace's target folder.
set -euo pipefail
cd "$(dirname "$0")"

environment=${1:-../target/pages/python}
mkdir -p "$environment"
environment=$(cd "$environment" && pwd)
step() { printf '\n== Playground: %s\n' "$*"; }

step "The pages"
./build.sh

step "The command, to compare with"
(cd .. && cargo build --release --locked --bin leaky)

step "Environment"
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
export PATH="$environment/bin:$PATH" VIRTUAL_ENV="$environment"
pip install --quiet --disable-pip-version-check -r requirements.txt
if ! command -v chromium chromium-browser google-chrome >/dev/null; then
    # What it stands on comes from the system's packages, which only root may install.
    if [ "$(id -u)" = 0 ]; then playwright install --with-deps chromium; else playwright install chromium; fi
fi

step "Format and lints"
ruff format --check --line-length 110 tests
ruff check --line-length 110 --select B,E,F,I,UP tests

step "Tests"
pytest -q tests
