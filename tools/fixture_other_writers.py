"""Networks that PyTorch did not write: scikit-learn's, Keras', and graphs laid out by hand."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.neural_network import MLPClassifier
from torch import Tensor, nn

from fixture_expectations import Fixture
from fixture_networks import FixtureNetwork, Perceptron
from fixture_training import damage, digits, train
from keras_data import channels_last_digits


def set_linear(linear: nn.Linear, weights: np.ndarray, bias: np.ndarray) -> None:
    """Fills a layer from weights stored as [inputs, outputs]."""
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weights.T.copy()))
        linear.bias.copy_(torch.from_numpy(bias.copy()))


def sklearn_classifier() -> Fixture:
    x, y = digits()
    x = x.reshape(-1, 64)
    classifier = MLPClassifier((24, 16), max_iter=15, random_state=0, shuffle=False).fit(x, y)
    network = Perceptron((64, 24, 16, 10), ending=nn.Softmax(dim=-1))
    linears = [*network.hidden, network.last]
    for linear, weights, bias in zip(linears, classifier.coefs_, classifier.intercepts_, strict=True):
        set_linear(linear, weights, bias)
    x, y = x[:96], y[:96]
    damage(network, (x,), {"rectifier.0": "hidden.0.bias", "rectifier.1": "hidden.1.bias"}, share=0.4)
    classifier.intercepts_ = [linear.bias.detach().numpy() for linear in linears]
    model = to_onnx(
        classifier,
        initial_types=[("x", FloatTensorType([None, 64]))],
        options={"zipmap": False},
        target_opset={"": 15, "ai.onnx.ml": 3},
    )
    model.opset_import.sort(key=lambda opset: opset.domain)  # skl2onnx keeps them in a set
    return Fixture(
        "sklearn-classifier", model, "skl2onnx", network, {"x": x}, y, "cross_entropy", unit_axis=-1
    )


class ChannelsLast(FixtureNetwork):
    """Keras' order of axes: samples, height, width, channels, kept through Flatten."""

    def __init__(self):
        super().__init__(nn.Softmax(dim=-1))
        self.convolution1, self.convolution2 = nn.Conv2d(2, 8, 3, padding=1), nn.Conv2d(8, 12, 3, stride=2)
        self.relu1, self.rectifier, self.relu2 = nn.ReLU(), nn.LeakyReLU(0.1), nn.ReLU()
        self.hidden, self.classes = nn.Linear(48, 16), nn.Linear(16, 10)

    def logits(self, x: Tensor) -> Tensor:
        x = self.relu1(self.convolution1(x.permute(0, 3, 1, 2)))
        x = nn.functional.max_pool2d(x, 2)
        # "Same" padding of an even size at stride 2 adds only behind.
        x = self.rectifier(self.convolution2(nn.functional.pad(x, (0, 1, 0, 1))))
        return self.classes(self.relu2(self.hidden(x.permute(0, 2, 3, 1).flatten(1))))


def keras() -> Fixture:
    """Reads back what `export_keras_network.py` wrote."""
    path = Path(__file__).resolve().parent.parent / "fixtures" / "networks" / "keras" / "model.onnx"
    model = onnx.load(path)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    network = ChannelsLast().eval()
    weighted = [node for node in model.graph.node if node.op_type in ("Conv", "MatMul", "Add")]
    # In order: two convolutions with their bias, then twice a product and the sum that adds its bias.
    for convolution, node in zip((network.convolution1, network.convolution2), weighted[:2], strict=True):
        with torch.no_grad():
            convolution.weight.copy_(torch.from_numpy(stored[node.input[1]].copy()))
            convolution.bias.copy_(torch.from_numpy(stored[node.input[2]].copy()))
    for linear, product in zip((network.hidden, network.classes), (2, 4), strict=True):
        set_linear(linear, stored[weighted[product].input[1]], stored[weighted[product + 1].input[1]])
    x, y = channels_last_digits()
    exporter = f"{model.producer_name} {model.producer_version.split()[0]}"
    return Fixture("keras", model, exporter, network, {"x": x[:64]}, y[:64], "cross_entropy")


def channels_last() -> Fixture:
    """A graph by hand, shaped as tf2onnx leaves it unoptimised: rectifiers on channels-last values.

    Its initializers are typed fields and not raw bytes, its biases nodes of type Constant.
    """
    x, y = channels_last_digits()
    network = ChannelsLast()
    train(network, (x,), y, "cross_entropy", epochs=8)
    x, y = x[:64], y[:64]
    damage(
        network,
        (x,),
        {"relu1": "convolution1.bias", "rectifier": "convolution2.bias", "relu2": "hidden.bias"},
    )

    value = {name: parameter.detach().numpy() for name, parameter in network.named_parameters()}

    def typed(name: str, array: np.ndarray) -> TensorProto:
        return helper.make_tensor(name, TensorProto.FLOAT, array.shape, array.ravel().tolist())

    def constant(name: str, array: np.ndarray) -> onnx.NodeProto:
        return helper.make_node("Constant", [], [name], value=typed(name, array))

    node = helper.make_node
    first, last = [0, 3, 1, 2], [0, 2, 3, 1]
    nodes = [constant(name, array) for name, array in value.items() if name.endswith("bias")]
    nodes += [
        node("Transpose", ["x"], ["x_first"], "to_channels_first", perm=first),
        node(
            "Conv",
            ["x_first", "convolution1.weight", "convolution1.bias"],
            ["convolution1"],
            "convolution1",
            auto_pad="SAME_UPPER",
        ),
        node("Transpose", ["convolution1"], ["convolution1_last"], "convolution1_to_last", perm=last),
        node("Relu", ["convolution1_last"], ["relu1_out"], "relu1"),
        node("Transpose", ["relu1_out"], ["relu1_first"], "relu1_to_first", perm=first),
        node("MaxPool", ["relu1_first"], ["pooled"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node(
            "Conv",
            ["pooled", "convolution2.weight", "convolution2.bias"],
            ["convolution2"],
            "convolution2",
            auto_pad="SAME_UPPER",
            strides=[2, 2],
        ),
        node("Transpose", ["convolution2"], ["convolution2_last"], "convolution2_to_last", perm=last),
        node("LeakyRelu", ["convolution2_last"], ["rectified"], "leaky_relu", alpha=0.1),
        node("Reshape", ["rectified", "flat_shape"], ["flat"], "flatten"),
        node("MatMul", ["flat", "hidden.weight"], ["hidden_product"], "hidden"),
        node("Add", ["hidden_product", "hidden.bias"], ["hidden_sum"], "hidden_bias"),
        node("Relu", ["hidden_sum"], ["relu2_out"], "relu2"),
        node("MatMul", ["relu2_out", "classes.weight"], ["classes_product"], "classes"),
        node("Add", ["classes_product", "classes.bias"], ["scores"], "classes_bias"),
        node("Softmax", ["scores"], ["probabilities"], "probabilities", axis=1),
    ]
    weights = [
        typed(name, array.T if array.ndim == 2 else array)
        for name, array in value.items()
        if name.endswith("weight")
    ]
    weights.append(helper.make_tensor("flat_shape", TensorProto.INT64, [2], [0, -1]))
    graph = helper.make_graph(
        nodes,
        "channels_last",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 8, 8, 2])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        weights,
        doc_string="Laid out by hand after what tf2onnx writes.",
    )
    model: ModelProto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 8)], ir_version=4, producer_name="onnx.helper"
    )
    return Fixture(
        "channels-last",
        model,
        "onnx.helper",
        network,
        {"x": x},
        y,
        "cross_entropy",
        unit_axis=-1,
        unmatched={name for name in value if name.endswith("bias")},
    )
