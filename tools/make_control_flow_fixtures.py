"""Rebuild `fixtures/control-flow`: graphs inside of nodes, with what ONNX Runtime gives.

For each case `NAME.onnx`, and `NAME.safetensors` with `input:NAME` and `output:NAME`.
"""

from pathlib import Path

import numpy as np
import onnx
from fixture_expectations import run
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "control-flow"
RANDOM = np.random.default_rng(0)
OPSET = helper.make_opsetid("", 18)
node = helper.make_node


def info(name: str, kind: int = TensorProto.FLOAT, shape=None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def tensor(name: str, *shape: int) -> TensorProto:
    return numpy_helper.from_array(RANDOM.normal(size=shape).astype(np.float32), name)


def branch(scale: str, rectifier: str, weights: TensorProto) -> onnx.GraphProto:
    """A layer with weights of its own, over a value of the graph around it."""
    nodes = [
        node("MatMul", ["hidden", "weight"], ["sums"], "product"),
        node("Mul", ["sums", scale], ["scaled"], "scale"),
        node(rectifier, ["scaled"], ["result"], "rectifier"),
    ]
    return helper.make_graph(nodes, rectifier, [], [info("result")], [weights])


def choice(condition: str) -> list[onnx.NodeProto]:
    branches = {
        "then_branch": branch("factor", "Relu", tensor("weight", 5, 4)),
        "else_branch": branch("factor", "LeakyRelu", tensor("weight", 5, 4)),
    }
    return [node("If", [condition], ["chosen"], "choice", **branches)]


def model(nodes, inputs, outputs, tensors=(), functions=(), domains=()) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(tensors))
    opsets = [OPSET, *[helper.make_opsetid(domain, 1) for domain in domains]]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, functions=list(functions))


WEIGHTS = [
    tensor("first", 3, 5),
    tensor("last", 4, 2),
    numpy_helper.from_array(np.array(1.5, dtype=np.float32), "factor"),
]
BEFORE = [
    node("MatMul", ["x", "first"], ["sums_before"], "first"),
    node("Relu", ["sums_before"], ["hidden"], "relu"),
]
BEHIND = [node("MatMul", ["chosen", "last"], ["y"], "last")]
X, Y = info("x", shape=["batch", 3]), info("y", shape=["batch", 2])


def by_input() -> onnx.ModelProto:
    flag = info("flag", TensorProto.BOOL, [])
    return model([*BEFORE, *choice("flag"), *BEHIND], [X, flag], [Y], WEIGHTS)


def by_shape() -> onnx.ModelProto:
    """The condition is whether there are three features, which there are."""
    three = numpy_helper.from_array(np.array([3], dtype=np.int64), "three")
    asked = [
        node("Shape", ["x"], ["features"], "shape", start=1),
        node("Equal", ["features", "three"], ["is_three"], "equal"),
    ]
    return model([*BEFORE, *asked, *choice("is_three"), *BEHIND], [X], [Y], [*WEIGHTS, three])


def by_constant() -> onnx.ModelProto:
    flag = numpy_helper.from_array(np.array(False), "flag")
    return model([*BEFORE, *choice("flag"), *BEHIND], [X], [Y], [*WEIGHTS, flag])


def in_function() -> onnx.ModelProto:
    """A function with a choice whose branches take the function's own values."""
    body = [
        node("Mul", ["a", "a"], ["hidden"], "square"),
        *choice("condition"),
        node("Neg", ["chosen"], ["b"], "turn"),
    ]
    function = helper.make_function("local", "Choose", ["a", "condition", "factor"], ["b"], body, [OPSET])
    calls = [
        node("Choose", ["hidden", "flag", "factor"], ["one"], "one", domain="local"),
        node("Choose", ["hidden", "other", "factor"], ["two"], "two", domain="local"),
        node("Not", ["flag"], ["other"], "not"),
        node("Add", ["one", "two"], ["chosen"], "add"),
    ]
    calls = [calls[0], calls[2], calls[1], calls[3]]
    flag = info("flag", TensorProto.BOOL, [])
    return model([*BEFORE, *calls, *BEHIND], [X, flag], [Y], WEIGHTS, [function], ["local"])


def loop() -> onnx.ModelProto:
    """Three steps of a layer that the graph around the loop holds the weights of."""
    body = helper.make_graph(
        [
            node("MatMul", ["state", "square"], ["sums"], "product"),
            node("Tanh", ["sums"], ["next"], "tanh"),
            node("ReduceSum", ["next"], ["total"], "sum", keepdims=0),
            node("Identity", ["holds"], ["goes_on"], "identity"),
        ],
        "body",
        [info("step", TensorProto.INT64, []), info("holds", TensorProto.BOOL, []), info("state")],
        [info("goes_on", TensorProto.BOOL, []), info("next"), info("total")],
    )
    count = numpy_helper.from_array(np.array(3, dtype=np.int64), "count")
    nodes = [
        *BEFORE,
        node("Loop", ["count", "", "hidden"], ["end", "totals"], "loop", body=body),
        node("MatMul", ["end", "wide"], ["chosen"], "wide"),
        *BEHIND,
    ]
    tensors = [*WEIGHTS[:2], tensor("square", 5, 5), tensor("wide", 5, 4), count]
    return model(nodes, [X], [Y, info("totals", shape=[3])], tensors)


def scan() -> onnx.ModelProto:
    """Running sums over the features, backwards."""
    body = helper.make_graph(
        [node("Add", ["sum", "part"], ["next"], "add"), node("Mul", ["next", "factor"], ["kept"], "mul")],
        "body",
        [info("sum"), info("part")],
        [info("next"), info("kept")],
    )
    start = numpy_helper.from_array(np.zeros(4, dtype=np.float32), "start")
    nodes = [
        node(
            "Scan",
            ["start", "x"],
            ["end", "y"],
            "scan",
            body=body,
            num_scan_inputs=1,
            scan_input_axes=[1],
            scan_input_directions=[1],
            scan_output_axes=[1],
        )
    ]
    x, end = info("x", shape=[4, 3]), info("end", shape=[4])
    return model(nodes, [x], [info("y", shape=[4, 3]), end], [WEIGHTS[2], start])


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    x = RANDOM.normal(size=(4, 3)).astype(np.float32)
    cases = {
        "if-then": (by_input(), {"x": x, "flag": np.array(True)}),
        "if-else": (by_input(), {"x": x, "flag": np.array(False)}),
        "if-shape": (by_shape(), {"x": x}),
        "if-constant": (by_constant(), {"x": x}),
        "if-in-function": (in_function(), {"x": x, "flag": np.array(True)}),
        "loop": (loop(), {"x": x}),
        "scan": (scan(), {"x": x}),
    }
    for name, (network, inputs) in cases.items():
        onnx.checker.check_model(network)
        outputs = run(network, inputs)
        onnx.save(network, FOLDER / f"{name}.onnx")
        arrays = {f"input:{key}": array for key, array in inputs.items()}
        arrays |= {f"output:{key}": array for key, array in outputs.items()}
        save_file(
            {key: np.asarray(array, order="C") for key, array in arrays.items()},
            FOLDER / f"{name}.safetensors",
        )
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
