"""Rebuild `fixtures/broken`: small files that a reader must refuse with a clear word.

`network.onnx` (4 features, 6 hidden units, 3 classes) and `data.npz` are sound; every other file has the one
fault that its name says.
"""

import json
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "broken"
RANDOM = np.random.default_rng(0)
SAMPLES, FEATURES, HIDDEN, CLASSES = 24, 4, 6, 3
WEIGHTS = {
    "hidden.weight": RANDOM.normal(size=(FEATURES, HIDDEN)).astype(np.float32),
    "hidden.bias": RANDOM.normal(size=HIDDEN).astype(np.float32),
    "last.weight": RANDOM.normal(size=(HIDDEN, CLASSES)).astype(np.float32),
    "last.bias": RANDOM.normal(size=CLASSES).astype(np.float32),
}
X = RANDOM.normal(size=(SAMPLES, FEATURES)).astype(np.float32)
Y = RANDOM.integers(0, CLASSES, SAMPLES)


def perceptron_nodes(rectifier: list[NodeProto] | None = None) -> list[NodeProto]:
    """Gemm, what stands between `sums` and `activations`, Gemm."""
    between = rectifier or [helper.make_node("Relu", ["sums"], ["activations"], "relu")]
    first = helper.make_node("Gemm", ["x", "hidden.weight", "hidden.bias"], ["sums"], "hidden")
    last = helper.make_node("Gemm", ["activations", "last.weight", "last.bias"], ["logits"], "last")
    return [first, *between, last]


def build(
    nodes: list[NodeProto] | None = None,
    weights: list[TensorProto] | None = None,
    opset: int = 17,
    domains: tuple[str, ...] = (),
    functions: tuple = (),
) -> ModelProto:
    graph = helper.make_graph(
        nodes or perceptron_nodes(),
        "perceptron",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", FEATURES])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
        weights or [numpy_helper.from_array(array, name) for name, array in WEIGHTS.items()],
    )
    opsets = [helper.make_opsetid("", opset), *[helper.make_opsetid(domain, 1) for domain in domains]]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=list(functions))


def relu_function():
    """A rectifier written as a function of the model's own, after max(x, 0)."""
    nodes = [
        helper.make_node("Constant", [], ["zero"], value_float=0.0),
        helper.make_node("Max", ["input", "zero"], ["output"]),
    ]
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_function("local", "Rectify", ["input"], ["output"], nodes, opsets)


def with_external(location: str, length: int, offset: int = 0) -> ModelProto:
    """The network with `hidden.weight` said to lie in another file."""
    model = build()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    return model


def with_weight(name: str, **changes) -> ModelProto:
    """The network with fields of one initializer set to what they should not be."""
    model = build()
    tensor = next(t for t in model.graph.initializer if t.name == name)
    for field, value in changes.items():
        if field == "dims":
            tensor.dims[:] = value
        else:
            setattr(tensor, field, value)
    return model


def conditional() -> NodeProto:
    """A branch on a condition, with a graph for each answer."""

    def branch(operator: str) -> onnx.GraphProto:
        result = helper.make_tensor_value_info("result", TensorProto.FLOAT, None)
        return helper.make_graph([helper.make_node(operator, ["sums"], ["result"])], operator, [], [result])

    branches = {"then_branch": branch("Relu"), "else_branch": branch("Tanh")}
    return helper.make_node("If", ["flag"], ["activations"], "branch", **branches)


def models() -> dict[str, ModelProto]:
    node = helper.make_node
    flag = numpy_helper.from_array(np.array(True), "flag")
    sequence = [
        node("Det", ["sums"], ["determinant"], "determinant"),
        node("NonZero", ["determinant"], ["places"]),
        node("GridSample", ["sums", "places"], ["sampled"], "sample"),
        node("Det", ["sampled"], ["activations"], "determinant_again"),
    ]
    custom = [node("Swish", ["sums"], ["activations"], "swish", domain="com.example")]
    local = [node("Rectify", ["sums"], ["activations"], "rectify", domain="local")]
    weights = [numpy_helper.from_array(array, name) for name, array in WEIGHTS.items()]
    return {
        "network": build(),
        "unsupported-operators": build(perceptron_nodes(sequence)),
        "custom-domain": build(perceptron_nodes(custom), domains=("com.example",)),
        "control-flow": build(perceptron_nodes([conditional()]), [*weights, flag]),
        "local-function": build(perceptron_nodes(local), domains=("local",), functions=(relu_function(),)),
        "no-rectifier": build(perceptron_nodes([node("Tanh", ["sums"], ["activations"], "tanh")])),
        "opset-6": build(opset=6),
        "opset-99": build(opset=99),
        "external-data-missing": with_external("nowhere.bin", FEATURES * HIDDEN * 4),
        "external-data-short": with_external("external-data-short.bin", FEATURES * HIDDEN * 4, offset=8),
        "external-data-outside": with_external("../../Cargo.toml", FEATURES * HIDDEN * 4),
        "initializer-larger-than-its-data": with_weight("hidden.weight", dims=[1 << 40, 1 << 10]),
        "initializer-with-negative-size": with_weight("hidden.weight", dims=[-4, 6]),
        "initializer-of-unknown-type": with_weight("hidden.weight", data_type=4242),
        "weights-do-not-fit": with_weight("last.weight", dims=[CLASSES, HIDDEN]),
        "undefined-value": build(perceptron_nodes([node("Relu", ["nobody"], ["activations"], "relu")])),
        "cycle": build(
            perceptron_nodes(
                [
                    node("Add", ["sums", "activations"], ["total"], "add"),
                    node("Relu", ["total"], ["activations"], "relu"),
                ]
            )
        ),
    }


def npz(**arrays: np.ndarray) -> bytes:
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npz_with_lying_shape() -> bytes:
    """A sound archive whose array says that it has a thousand million samples."""
    file, archive = BytesIO(), BytesIO()
    np.save(file, X)
    sound = file.getvalue()
    # NumPy pads its headers with spaces, so a longer shape fits into the same place.
    lying = sound.replace(b"(24, 4), }" + b" " * 8, b"(1000000000, 4), }", 1)
    assert lying != sound and len(lying) == len(sound)
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(zipfile.ZipInfo("x.npy"), lying)
    return archive.getvalue()


def safetensors(header: dict, data: bytes, header_length: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if header_length is None else header_length) + text + data


def with_value(value: float) -> np.ndarray:
    x = X.copy()
    x[3, 2] = x[7, 1] = value
    return x


def data_files() -> dict[str, bytes]:
    sound = npz(x=X, y=Y)
    outside = Y.copy()
    outside[5] = CLASSES
    negative = Y.copy()
    negative[5] = -1
    entry = {"dtype": "F32", "shape": [SAMPLES, FEATURES], "data_offsets": [0, X.nbytes]}
    beyond = entry | {"shape": [1 << 40, FEATURES], "data_offsets": [0, (1 << 42) * 4]}
    mismatch = entry | {"shape": [SAMPLES, FEATURES + 1]}
    whole = safetensors({"x": entry}, X.tobytes())
    return {
        "data.npz": sound,
        "truncated.npz": sound[: len(sound) // 2],
        "not-a-zip.npz": b"x,y\n1,2\n",
        "shape-larger-than-the-file.npz": npz_with_lying_shape(),
        "no-x.npz": npz(features=X, y=Y),
        "no-y.npz": npz(x=X),
        "unequal-lengths.npz": npz(x=X, y=Y[:-3]),
        "wrong-feature-count.npz": npz(x=X[:, :3], y=Y),
        "wrong-rank.npz": npz(x=X[:, :, None], y=Y),
        "complex-numbers.npz": npz(x=X.astype(np.complex64), y=Y),
        "strings.npz": npz(x=X.astype("U8"), y=Y),
        "label-outside-the-classes.npz": npz(x=X, y=outside),
        "negative-label.npz": npz(x=X, y=negative),
        "not-a-number.npz": npz(x=with_value(np.nan), y=Y),
        "infinity.npz": npz(x=with_value(np.inf), y=Y),
        "no-samples.npz": npz(x=X[:0], y=Y[:0]),
        "header-beyond-the-file.safetensors": safetensors({"x": beyond}, X.tobytes()),
        "header-length-lies.safetensors": safetensors({"x": entry}, X.tobytes(), header_length=1 << 60),
        "shape-and-offsets-disagree.safetensors": safetensors({"x": mismatch}, X.tobytes()),
        "truncated.safetensors": whole[: len(whole) - 100],
        "external-data-short.bin": bytes(16),
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    built = models()
    onnx.checker.check_model(built["network"], full_check=True)
    onnx.checker.check_model(built["local-function"], full_check=True)
    for name, model in built.items():
        (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())
    whole = built["network"].SerializeToString()
    (FOLDER / "truncated.onnx").write_bytes(whole[: len(whole) * 2 // 3])
    (FOLDER / "not-onnx.onnx").write_bytes(b"This is a letter and not a network.\n")
    (FOLDER / "empty.onnx").write_bytes(b"")
    for name, content in data_files().items():
        (FOLDER / name).write_bytes(content)
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    print(f"{len(list(FOLDER.iterdir()))} files, {size / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
