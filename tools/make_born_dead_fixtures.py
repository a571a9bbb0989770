"""Writes fixtures/born-dead: perceptrons of ReLU as Lu, Shin, Su and Karniadakis (2020) study them.

One number in, layers of one width, one number out. Their weights do not matter: they are drawn
afresh. The data are one point, and one point on each side of zero. Needs numpy and onnx.
"""

from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OUTPUT = Path(__file__).parent.parent / "fixtures" / "born-dead"

# Width and number of hidden layers.
NETWORKS = [(2, 1), (2, 2), (2, 4), (3, 9), (4, 9)]


def perceptron(width, hidden):
    sizes = [1] + [width] * hidden + [1]
    nodes, tensors, value = [], [], "x"
    for layer, (fan_in, units) in enumerate(zip(sizes, sizes[1:], strict=False)):
        weights = numpy.ones((units, fan_in), numpy.float32)
        tensors.append(numpy_helper.from_array(weights, f"w{layer}"))
        tensors.append(numpy_helper.from_array(numpy.zeros(units, numpy.float32), f"b{layer}"))
        last = layer == hidden
        output = "y" if last else f"h{layer}"
        inputs = [value, f"w{layer}", f"b{layer}"]
        nodes.append(helper.make_node("Gemm", inputs, [output], transB=1))
        value = output
        if not last:
            value = f"a{layer}"
            nodes.append(helper.make_node("Relu", [output], [value], name=f"relu{layer}"))
    graph = helper.make_graph(
        nodes,
        "perceptron",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main():
    OUTPUT.mkdir(exist_ok=True)
    for width, hidden in NETWORKS:
        onnx.save(perceptron(width, hidden), OUTPUT / f"width-{width}-hidden-{hidden}.onnx")
    numpy.save(OUTPUT / "one-point.npy", numpy.array([[1.0]], numpy.float32))
    numpy.save(OUTPUT / "both-sides.npy", numpy.array([[-1.0], [1.0]], numpy.float32))


if __name__ == "__main__":
    main()
