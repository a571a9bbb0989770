"""Diagnose networks found in a folder and count the same with ONNX Runtime, sample by sample.

The inputs are random numbers of the declared shapes (open sizes are tried until the network runs): what is
dead on them says nothing of the data that the network is for. A line for each network; those that share
their bytes are looked at once.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

SAMPLES = 4
RECTIFIERS = {"Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "Clip"}
# Sizes for axes that the file leaves open, tried one after another.
SIZES = (224, 64, 32, 640, 512, 128, 96, 48, 16, 8, 1)
TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}
TIMEOUT = 600


def quiet_session(model: bytes | str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def shaped(declared: list, open_size: int) -> list[int]:
    """The sizes of one sample: the first axis is 1 where it is open."""
    sizes = []
    for axis, size in enumerate(declared):
        if isinstance(size, int) and size > 0:
            sizes.append(size)
        elif axis == 0:
            sizes.append(1)
        elif len(declared) == 4 and axis == 1:
            sizes.append(3)
        elif len(declared) == 3 and axis == 1 and isinstance(declared[0], int):
            # The states of recurrent layers: samples stand on the axis that is open.
            sizes.append(1)
        else:
            sizes.append(open_size)
    return sizes


def numbers(name: str, kind: str, shape: list[int], random: np.random.Generator) -> np.ndarray:
    dtype = TYPES[kind]
    if dtype == np.bool_:
        return random.integers(0, 2, shape).astype(dtype)
    if np.issubdtype(dtype, np.integer):
        if not shape and "sr" in name:
            return np.array(16000, dtype=dtype)
        return random.integers(0, 2 if len(shape) < 3 else 255, shape).astype(dtype)
    return random.normal(size=shape).astype(dtype)


def find_inputs(session: onnxruntime.InferenceSession) -> list[dict[str, np.ndarray]] | str:
    """Feeds of one sample each that the network runs on."""
    inputs = session.get_inputs()
    unknown = [i.type for i in inputs if i.type not in TYPES]
    if unknown:
        return f"takes {unknown[0]}"
    reason = ""
    for size in SIZES:
        random = np.random.default_rng(0)
        feeds = [
            {i.name: numbers(i.name, i.type, shaped(i.shape, size), random) for i in inputs}
            for _ in range(SAMPLES)
        ]
        try:
            session.run(None, feeds[0])
            return feeds
        except Exception as error:
            reason = str(error).splitlines()[0]
        if all(isinstance(s, int) for i in inputs for s in i.shape):
            break
    return f"ONNX Runtime does not run it: {reason[:60]}"


def with_taps(path: Path) -> tuple[bytes, dict[str, str]]:
    """The network that gives what enters the main graph's rectifiers too, by the rectifiers' names."""
    model = onnx.load(path)
    known = {output.name for output in model.graph.output}
    taps = {}
    for node in model.graph.node:
        if node.op_type in RECTIFIERS:
            taps[node.name or node.output[0]] = node.input[0]
            if node.input[0] not in known:
                known.add(node.input[0])
                model.graph.output.append(onnx.ValueInfoProto(name=node.input[0]))
    return model.SerializeToString(), taps


def samples_first(declared: list, array: np.ndarray) -> np.ndarray:
    """A sample as a row of the data: lone numbers and states stand as the network's axis of samples says."""
    if declared and isinstance(declared[0], int) and declared[0] > 1:
        axis = next((k for k, size in enumerate(declared) if k and not isinstance(size, int)), None)
        if axis is not None:
            return np.moveaxis(array, axis, 0)
    return array


def compare(path: Path, tool: str, folder: Path) -> dict:
    found = {"dead": "", "equal": ""}
    try:
        session = quiet_session(str(path))
    except Exception as error:
        return found | {"works": f"ONNX Runtime does not load it: {str(error).splitlines()[0][:60]}"}
    feeds = find_inputs(session)
    if isinstance(feeds, str):
        return found | {"works": feeds}
    rows = {}
    for i in session.get_inputs():
        if not i.shape:
            rows[i.name] = feeds[0][i.name]
            for feed in feeds:
                feed[i.name] = rows[i.name]
        else:
            rows[i.name] = np.concatenate([samples_first(i.shape, feed[i.name]) for feed in feeds])
    np.savez(folder / "data.npz", **rows)
    command = [tool, "diagnose", str(path), "--data", str(folder / "data.npz"), "--json", "-"]
    start = time.time()
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return found | {"works": f"takes more than {TIMEOUT} s"}
    ours = time.time() - start
    if run.returncode not in (0, 1):
        lines = [line for line in run.stderr.splitlines() if line.startswith("error:")]
        said = (lines or run.stderr.splitlines() or ["no word"])[0].removeprefix("error: ")
        if "has no rectifier" in said:
            return found | {"works": "has no rectifier"}
        return found | {"works": said.replace(str(path), path.name)[:160]}
    diagnosis = json.loads(run.stdout)
    found |= {
        "works": "yes",
        "dead": f"{diagnosis['dead']} of {diagnosis['units']}",
        "seconds": f"{ours:.1f}",
    }
    model, taps = with_taps(path)
    try:
        session = quiet_session(model)
    except Exception:
        return found | {"equal": "not asked"}
    wanted = sorted({taps[layer["name"]] for layer in diagnosis["layers"] if layer["name"] in taps})
    above: dict[str, list] = {}
    for feed in feeds:
        for name, array in zip(wanted, session.run(wanted, feed), strict=True):
            above.setdefault(name, []).append(array)
    differ, compared = 0, 0
    for layer in diagnosis["layers"]:
        arrays = above.get(taps.get(layer["name"], ""))
        if arrays is None:
            continue
        units = len(layer["active"])
        order = (1, arrays[0].ndim - 1, 0, 2)
        axis = next((a for a in order if arrays[0].ndim > a and arrays[0].shape[a] == units), None)
        if axis is None:
            if units != 1:
                differ += units
                continue
            active = [np.mean([array > 0 for array in arrays])]
        else:
            axes = tuple(a for a in range(arrays[0].ndim) if a != axis)
            active = np.mean([np.mean(array > 0, axis=axes) for array in arrays], axis=0)
        positions = arrays[0].size * len(arrays) / units
        # A pre-activation within rounding of zero may fall on either side.
        differ += int(np.sum(np.abs(np.array(layer["active"]) - active) > max(2 / positions, 1e-4)))
        compared += units
    return found | {"equal": f"yes, {compared}" if differ == 0 else f"NO: {differ} of {compared}"}


HEAD = """# Networks that people ship

`tools/real-networks.sh` fetches networks from inside of packages (`tools/real-networks.txt` lists them),
gives each four samples of random numbers of its declared shapes, and counts dead units twice: with `leaky
diagnose`, the samples together, and with ONNX Runtime, one sample at a time. Nothing of theirs is kept here.

**Dead on these inputs.** Random numbers are not images, sounds or text: a unit that is silent here may well
speak on what the network is for. What the table shows is which networks are read and run, and that the counts
are right.

"""


def main(folder: Path, tool: str, page: str | None = None) -> None:
    lines = ["| network | operators | works | dead | equal, of units |", "|---|---|---|---|---|"]
    print("\n".join(lines))
    seen, works, agree = set(), 0, 0
    for path in sorted(folder.rglob("*.onnx")):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        try:
            graph = onnx.load(path, load_external_data=False).graph
            operators = Counter(node.op_type for node in graph.node)
        except Exception:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            found = compare(path, tool, Path(scratch))
        common = ", ".join(f"{count} {name}" for name, count in operators.most_common(4))
        works += found["works"] == "yes"
        agree += found["equal"].startswith("yes")
        name = "/".join(path.relative_to(folder).parts[:1] + path.relative_to(folder).parts[-1:])
        lines.append(f"| {name} | {common} | {found['works']} | {found['dead']} | {found['equal']} |")
        print(lines[-1], flush=True)
    total = f"{len(lines) - 2} networks, {works} with rectifiers work, {agree} as ONNX Runtime counts them."
    print(total)
    if page:
        Path(page).write_text(HEAD + "\n".join([*lines, "", total]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
