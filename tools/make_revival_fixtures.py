"""Write fixtures/revival/: small networks, each with one way in which dead units are wired up.

    python tools/make_revival_fixtures.py

NAME.onnx has dead units (ONNX Runtime counts them), NAME.safetensors the data `x`, and cases.json says for
each network which units of which rectifier are dead, and whether they can be revived without a change of the
network's outputs or why not (a word of the reason, for the last of the rectifiers).
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "revival"
SAMPLES = 48
OPSET = 17
DEAD = [1, 4]


class Graph:
    """Nodes and weights of a network, put together from input to output."""

    def __init__(self, seed: int, shape: list[int]) -> None:
        self.random = np.random.default_rng(seed)
        self.shape = shape
        self.nodes, self.weights, self.outputs = [], [], []
        self.opset = OPSET

    def weight(self, name: str, *shape: int, scale: float = 0.5) -> str:
        return self.tensor(name, self.random.normal(0, scale, shape))

    def tensor(self, name: str, values: np.ndarray, dtype: type = np.float32) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def bias(self, name: str, size: int, dead: list[int] = DEAD) -> str:
        """A bias that keeps some units far below zero."""
        values = self.random.normal(0, 0.3, size)
        values[dead] = -50
        return self.tensor(name, values)

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def head(self, value: str, features: int) -> None:
        """The last layer: three outputs."""
        self.output(self.node("Gemm", value, self.weight("head", features, 3), self.bias("head_bias", 3, [])))

    def output(self, value: str) -> None:
        self.outputs.append(value)

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "revival",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *self.shape])],
            [helper.make_empty_tensor_value_info(name) for name in self.outputs],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model)


def convolution(
    graph: Graph, value: str, name: str, size: tuple[int, int], group: int = 1, dead: bool = True
) -> str:
    outputs, inputs = size
    weight = graph.weight(name, outputs, inputs // group, 3, 3)
    bias = graph.bias(f"{name}_bias", outputs, DEAD if dead else [])
    return graph.node("Conv", value, weight, bias, group=group, pads=[1, 1, 1, 1])


def dense(graph: Graph, value: str, name: str, inputs: int, outputs: int, dead: bool = True) -> str:
    weight = graph.weight(name, inputs, outputs)
    return graph.node("Gemm", value, weight, graph.bias(f"{name}_bias", outputs, DEAD if dead else []))


def pooled_head(graph: Graph, value: str, channels: int) -> None:
    graph.head(graph.node("Flatten", graph.node("GlobalAveragePool", value)), channels)


def statistics(graph: Graph, channels: int, dead: list[int]) -> list[str]:
    return [
        graph.tensor("scale", graph.random.uniform(0.5, 1.5, channels)),
        graph.bias("shift", channels, dead),
        graph.weight("mean", channels),
        graph.tensor("variance", graph.random.uniform(0.5, 2.0, channels)),
    ]


IMAGE = [3, 6, 6]
CASES = {}


def case(shape: list[int], revived: bool = True, reason: str | None = None):
    """Registers a network for inputs of this shape, with what revival is to make of it."""

    def register(build):
        CASES[build.__name__.replace("_", "-")] = (build, shape, revived, reason)
        return build

    return register


@case(IMAGE)
def depthwise(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    value = graph.node("Relu", convolution(graph, value, "depthwise", (6, 6), group=6))
    pooled_head(graph, value, 6)


@case(IMAGE)
def grouped(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    pooled_head(graph, convolution(graph, value, "second", (4, 6), group=2, dead=False), 4)


@case(IMAGE)
def normalized_behind(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    value = graph.node("BatchNormalization", value, *statistics(graph, 6, []))
    pooled_head(graph, convolution(graph, value, "second", (4, 6), dead=False), 4)


@case(IMAGE)
def normalized_before(graph: Graph) -> None:
    value = convolution(graph, "x", "first", (6, 3), dead=False)
    value = graph.node("BatchNormalization", value, *statistics(graph, 6, DEAD), epsilon=1e-3)
    pooled_head(graph, graph.node("Relu", value), 6)


@case(IMAGE)
def instance_normalization(graph: Graph) -> None:
    value = convolution(graph, "x", "first", (6, 3), dead=False)
    scale, shift = graph.weight("scale", 6), graph.bias("shift", 6)
    pooled_head(graph, graph.node("Relu", graph.node("InstanceNormalization", value, scale, shift)), 6)


@case([8])
def layer_normalization(graph: Graph) -> None:
    value = dense(graph, "x", "first", 8, 6, dead=False)
    scale, shift = graph.weight("scale", 6), graph.bias("shift", 6)
    graph.head(graph.node("Relu", graph.node("LayerNormalization", value, scale, shift)), 6)


@case([8])
def relu6(graph: Graph) -> None:
    low, high = graph.tensor("low", np.array(0.0)), graph.tensor("high", np.array(6.0))
    graph.head(graph.node("Clip", dense(graph, "x", "first", 8, 6), low, high), 6)


@case(IMAGE)
def shape_arithmetic(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    index = graph.tensor("index", np.array(0), np.int64)
    axes, rest = graph.tensor("axes", np.array([0]), np.int64), graph.tensor("rest", np.array([-1]), np.int64)
    batch = graph.node("Unsqueeze", graph.node("Gather", graph.node("Shape", value), index), axes)
    graph.head(graph.node("Reshape", value, graph.node("Concat", batch, rest, axis=0)), 216)


@case([8])
def transposed_weights(graph: Graph) -> None:
    product = graph.node("MatMul", "x", graph.node("Transpose", graph.weight("first", 6, 8), perm=[1, 0]))
    value = graph.node("Relu", graph.node("Add", graph.bias("first_bias", 6), product))
    graph.output(graph.node("MatMul", value, graph.node("Transpose", graph.weight("head", 3, 6))))


@case([5, 7])
def weights_on_the_left(graph: Graph) -> None:
    product = graph.node("MatMul", graph.weight("first", 6, 5), "x")
    bias = graph.bias("bias", 6)
    graph.weights[-1] = numpy_helper.from_array(numpy_helper.to_array(graph.weights[-1]).reshape(6, 1), bias)
    value = graph.node("Relu", graph.node("Add", product, bias))
    graph.output(graph.node("MatMul", graph.weight("head", 3, 6), value))


@case([8])
def without_bias(graph: Graph) -> None:
    weight = graph.random.normal(0, 0.5, (8, 6))
    weight[:, DEAD] = -np.abs(weight[:, DEAD])
    positive = graph.node("Exp", "x")
    graph.head(graph.node("Relu", graph.node("MatMul", positive, graph.tensor("first", weight))), 6)


@case([4, 5, 5])
def grouped_transposed_convolution(graph: Graph) -> None:
    weight, bias = graph.weight("first", 4, 3, 2, 2), graph.bias("bias", 6)
    value = graph.node("ConvTranspose", "x", weight, bias, group=2)
    value = graph.node("ConvTranspose", graph.node("Relu", value), graph.weight("second", 6, 4, 2, 2))
    pooled_head(graph, value, 4)


@case(IMAGE)
def flattened_channels_last(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    graph.head(graph.node("Flatten", graph.node("Transpose", value, perm=[0, 2, 3, 1])), 216)


@case(IMAGE)
def reduced_positions(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    graph.head(graph.node("ReduceMean", value, axes=[2, 3], keepdims=0), 6)


@case(IMAGE)
def two_consumers_and_a_concat(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    pooled = graph.node("MaxPool", value, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    value = graph.node("Concat", convolution(graph, value, "second", (4, 6), dead=False), pooled, axis=1)
    pooled_head(graph, convolution(graph, value, "third", (4, 10), dead=False), 4)


@case([8])
def weights_in_constant_nodes(graph: Graph) -> None:
    value = graph.node("Relu", dense(graph, "x", "first", 8, 6))
    graph.head(value, 6)
    constants = [helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in graph.weights]
    graph.nodes, graph.weights = constants + graph.nodes, []


@case(IMAGE, revived=False, reason="padded")
def padded_with_ones(graph: Graph) -> None:
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    pads = graph.tensor("pads", np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.int64)
    value = graph.node("Pad", value, pads, graph.tensor("one", np.array(1.0)))
    pooled_head(graph, convolution(graph, value, "second", (4, 6), dead=False), 4)


@case([4, 8], revived=False, reason="another axis")
def joined_along_another_axis(graph: Graph) -> None:
    weight, bias = graph.weight("first", 8, 6), graph.bias("bias", 6)
    value = graph.node("Relu", graph.node("Add", graph.node("MatMul", "x", weight), bias))
    side = graph.node("MatMul", "x", graph.weight("side", 8, 6))
    value = graph.node("Concat", side, value, axis=1)
    graph.output(graph.node("MatMul", value, graph.weight("head", 6, 3)))


@case([8], revived=False, reason="output of the network")
def pre_activation_given_out(graph: Graph) -> None:
    value = dense(graph, "x", "first", 8, 6)
    graph.output(value)
    graph.head(graph.node("Relu", value), 6)


@case([8], revived=False, reason="shared")
def shared_weights(graph: Graph) -> None:
    weight = graph.weight("first", 8, 6)
    value = graph.node("Relu", graph.node("Gemm", "x", weight, graph.bias("bias", 6)))
    other = graph.node("Gemm", graph.node("Neg", "x"), weight, graph.bias("other_bias", 6, []))
    graph.head(value, 6)
    graph.output(other)


@case([8], revived=False, reason="does not vary")
def nothing_comes_in(graph: Graph) -> None:
    """The first layer is dead as a whole and stays so, because it is an output."""
    first = graph.node("Relu", dense(graph, "x", "first", 8, 6))
    graph.weights[-1] = numpy_helper.from_array(np.full(6, -50, np.float32), "first_bias")
    graph.output(first)
    graph.head(graph.node("Relu", dense(graph, first, "second", 6, 6)), 6)


@case(IMAGE)
def squeeze_and_excitation(graph: Graph) -> None:
    """Channels that are scaled by what a small network makes of their means (Hu et al., 2018)."""
    value = graph.node("Relu", convolution(graph, "x", "first", (6, 3)))
    squeezed = graph.node("Flatten", graph.node("GlobalAveragePool", value))
    inner = graph.node("Relu", dense(graph, squeezed, "squeeze", 6, 6))
    gate = graph.node("Sigmoid", dense(graph, inner, "excite", 6, 6, dead=False))
    shape = graph.tensor("gate_shape", np.array([-1, 6, 1, 1]), np.int64)
    gated = graph.node("Mul", value, graph.node("Reshape", gate, shape))
    pooled_head(graph, convolution(graph, gated, "second", (4, 6), dead=False), 4)


@case([5, 8], revived=False, reason="computed by the network")
def attention_values(graph: Graph) -> None:
    """Values that attention mixes: what multiplies them is computed, not stored."""
    query, key = (graph.node("MatMul", "x", graph.weight(name, 8, 6)) for name in ("query", "key"))
    scores = graph.node("MatMul", query, graph.node("Transpose", key, perm=[0, 2, 1]))
    attention = graph.node("Softmax", scores, axis=-1)
    product = graph.node("MatMul", "x", graph.weight("value", 8, 6))
    value = graph.node("Relu", graph.node("Add", product, graph.bias("value_bias", 6)))
    mixed = graph.node("MatMul", attention, value)
    graph.output(graph.node("MatMul", mixed, graph.weight("head", 6, 3)))


@case(IMAGE)
def scaled_and_shifted(graph: Graph) -> None:
    """A batch normalisation that an exporter folded into a factor and a summand for each channel."""
    value = convolution(graph, "x", "first", (6, 3), dead=False)
    scale = graph.tensor("scale", graph.random.normal(0, 1, (6, 1, 1)))
    graph.bias("shift", 6)
    shift = numpy_helper.to_array(graph.weights.pop()).reshape(1, 6, 1, 1)
    value = graph.node("Add", graph.node("Mul", value, scale), graph.tensor("shift", shift))
    pooled_head(graph, graph.node("Relu", value), 6)


def dead_units(model: onnx.ModelProto, x: np.ndarray) -> dict[str, list[int]]:
    """For each rectifier the units that are never above zero, as ONNX Runtime computes them."""
    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    rectifiers = [node for node in model.graph.node if node.op_type in ("Relu", "Clip")]
    given_out = {output.name for output in model.graph.output}
    for node in rectifiers:
        if node.input[0] not in given_out:
            exposed.graph.output.append(helper.make_empty_tensor_value_info(node.input[0]))
    session = onnxruntime.InferenceSession(exposed.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run([node.input[0] for node in rectifiers], {"x": x})
    found = {}
    for node, value in zip(rectifiers, values, strict=True):
        producer_is_product = value.ndim == 3 and value.shape[1] != 6
        axis = value.ndim - 1 if producer_is_product else 1
        units = np.moveaxis(value, axis, 0).reshape(value.shape[axis], -1)
        found[node.name] = np.flatnonzero((units <= 0).all(1)).tolist()
    return found


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = {}
    for seed, (name, (build, shape, revived, reason)) in enumerate(CASES.items()):
        graph = Graph(seed, shape)
        build(graph)
        model = graph.model()
        onnx.checker.check_model(model)
        x = np.random.default_rng(1000 + seed).normal(0, 1, (SAMPLES, *shape)).astype(np.float32)
        dead = dead_units(model, x)
        if not any(dead.values()):
            raise SystemExit(f"{name}: no unit is dead")
        onnx.save(model, FOLDER / f"{name}.onnx")
        save_file({"x": x}, FOLDER / f"{name}.safetensors")
        cases[name] = {"dead": dead, "revived": revived, "reason": reason}
        print(name, dead)
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
