"""Rebuild `fixtures/networks`: networks as exporters write them, with what they ought to give.

Each folder holds

- `model.onnx`
- `data.safetensors`: `x`, or an array named after each input, and the target `y`
- `expected.safetensors`: `output:NAME`, ONNX Runtime's outputs with nothing optimised; `gradient:NAME`,
  PyTorch's gradient of the loss over all the data to an initializer; `active:NODE`, the share of samples and
  positions on which each unit of a rectifier is above zero
- `expected.json`: the diagnosis as the tool prints it, the loss, and what made the file

Give names to rebuild only those.
"""

import copy
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch.onnx import TrainingMode

from fixture_expectations import Fixture, write_fixture
from fixture_networks import (
    Audio,
    Convolutional,
    Discriminator,
    FixtureNetwork,
    Generator,
    Perceptron,
    Residual,
    Transformer,
    TwoInputs,
    UNet,
    YoloNeck,
)
from fixture_other_writers import channels_last, keras, sklearn_classifier
from fixture_training import damage, digits, masked_digits, tones, train
from onnx_writing import export_dynamo, export_torchscript

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "networks"
DYNAMO, TORCHSCRIPT = "torch.onnx.export (dynamo)", "torch.onnx.export (TorchScript)"
# The exporter folds batch normalisation into convolutions unless asked to keep what training needs.
PRESERVE_BATCH_NORM = {"training": TrainingMode.PRESERVE, "do_constant_folding": False}
FIXTURES: list[Callable[[], Fixture]] = [sklearn_classifier, keras, channels_last]


def fixture(make: Callable[[], Fixture]) -> Callable[[], Fixture]:
    FIXTURES.append(make)
    return make


def sample_inputs(inputs: dict[str, np.ndarray]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(a[:3]) for a in inputs.values())


def dynamo(network: FixtureNetwork, inputs: dict, opset: int, output: str = "output"):
    return export_dynamo(network, sample_inputs(inputs), list(inputs), [output], opset)


def torchscript(network: FixtureNetwork, inputs: dict, opset: int, output: str = "output", **options):
    return export_torchscript(network, sample_inputs(inputs), list(inputs), [output], opset, **options)


def flat_digits() -> tuple[np.ndarray, np.ndarray]:
    images, labels = digits()
    return images.reshape(-1, 64), labels


@fixture
def mlp() -> Fixture:
    x, y = flat_digits()
    network = Perceptron((64, 32, 32, 10))
    train(network, (x,), y, "cross_entropy", epochs=15)
    x, y = x[:240], y[:240]
    damage(network, (x,), {"rectifier.0": "hidden.0.bias", "rectifier.1": "hidden.1.bias"}, always_on=1)
    inputs = {"x": x}
    model = torchscript(network, inputs, 7)
    return Fixture("mlp", model, TORCHSCRIPT, network, inputs, y, "cross_entropy")


@fixture
def conv() -> Fixture:
    x, y = digits()
    network = Convolutional(batch_norm=False)
    train(network, (x,), y, "cross_entropy", epochs=15)
    x, y = x[:240], y[:240]
    biases = {"relu1": "conv1.bias", "relu2": "conv2.bias", "relu3": "hidden.bias"}
    damage(network, (x,), biases, share=0.5, always_on=1)
    inputs = {"x": x}
    return Fixture("conv", dynamo(network, inputs, 20), DYNAMO, network, inputs, y, "cross_entropy")


@cache
def damaged_batch_norm_network() -> tuple[Convolutional, np.ndarray, np.ndarray]:
    x, y = digits()
    network = Convolutional(batch_norm=True)
    train(network, (x,), y, "cross_entropy", epochs=10)
    x, y = x[:200], y[:200]
    biases = {"relu1": "norm1.bias", "relu2": "norm2.bias", "relu3": "hidden.bias"}
    damage(network, (x,), biases, share=0.5)
    return network, x, y


@fixture
def conv_batch_norm() -> Fixture:
    network, x, y = damaged_batch_norm_network()
    inputs = {"x": x}
    model = torchscript(network, inputs, 13, **PRESERVE_BATCH_NORM)
    return Fixture("conv-batch-norm", model, TORCHSCRIPT, network, inputs, y, "cross_entropy")


@fixture
def conv_fused_batch_norm() -> Fixture:
    network, x, y = damaged_batch_norm_network()
    network, inputs = copy.deepcopy(network), {"x": x}
    model = torchscript(network, inputs, 11)
    network.fold_batch_norms()
    return Fixture("conv-fused-batch-norm", model, TORCHSCRIPT, network, inputs, y, "cross_entropy")


@fixture
def residual() -> Fixture:
    x, y = digits()
    network = Residual()
    train(network, (x,), y, "cross_entropy", epochs=10)
    x, y = x[:200], y[:200]
    biases = {"relu": "norm.bias"} | {
        f"{block}.relu{i}": f"{block}.norm{i}.bias" for block in ("block1", "block2") for i in (1, 2)
    }
    damage(network, (x,), biases, share=0.4)
    inputs = {"x": x}
    model = dynamo(network, inputs, 18)
    network.fold_batch_norms()
    return Fixture("residual", model, DYNAMO, network, inputs, y, "cross_entropy")


@fixture
def unet() -> Fixture:
    x, y = masked_digits()
    network = UNet()
    train(network, (x,), y, "binary_cross_entropy", epochs=8)
    x, y = x[:100], y[:100]
    biases = {
        "relu1": "down1.bias",
        "relu2": "down2.bias",
        "relu3": "middle.bias",
        "relu4": "up2.bias",
        "relu5": "join2.bias",
        "relu6": "join1.bias",
    }
    damage(network, (x,), biases, share=0.5, dormant=1)
    inputs = {"x": x}
    return Fixture(
        "unet", torchscript(network, inputs, 14), TORCHSCRIPT, network, inputs, y, "binary_cross_entropy"
    )


@fixture
def transformer() -> Fixture:
    x, y = digits()
    x = x[:, 0]
    network = Transformer()
    train(network, (x,), y, "cross_entropy", epochs=15)
    x, y = x[:200], y[:200]
    biases = {f"{block}.relu": f"{block}.feed_forward1.bias" for block in ("block1", "block2")}
    damage(network, (x,), biases, axis=-1, share=0.6, dormant=1)
    inputs = {"x": x}
    return Fixture(
        "transformer", dynamo(network, inputs, 22), DYNAMO, network, inputs, y, "cross_entropy", unit_axis=-1
    )


@fixture
def gan_generator() -> Fixture:
    images, labels = digits()
    noise = np.random.default_rng(3).normal(size=(len(images), 8)).astype(np.float32)
    noise[np.arange(len(images)), labels % 8] += 2.0
    images = images * 2 - 1
    network = Generator()
    train(network, (noise,), images, "mean_squared_error", epochs=3)
    inputs, images = {"z": noise[:48]}, images[:48]
    damage(network, (noise[:48],), {"relu1": "norm1.bias", "relu2": "norm2.bias"}, share=0.3)
    model = torchscript(
        network, inputs, 12, "image", training=TrainingMode.PRESERVE, do_constant_folding=False
    )
    return Fixture("gan-generator", model, TORCHSCRIPT, network, inputs, images, "mean_squared_error")


@fixture
def gan_discriminator() -> Fixture:
    images, _ = digits()
    random = np.random.default_rng(4)
    fake = random.random(images.shape).astype(np.float32) * images[random.permutation(len(images))]
    x = np.concatenate([images, fake])
    y = np.repeat([1.0, 0.0], len(images)).astype(np.float32)[:, None]
    order = random.permutation(len(x))
    x, y = x[order], y[order]
    network = Discriminator()
    train(network, (x,), y, "binary_cross_entropy", epochs=3)
    inputs, y = {"image": x[:48]}, y[:48]
    damage(network, (x[:48],), {"rectifier1": "conv1.bias"}, share=0.3)
    model = torchscript(network, inputs, 10, "real")
    network.fold_batch_norms()
    return Fixture("gan-discriminator", model, TORCHSCRIPT, network, inputs, y, "binary_cross_entropy")


@fixture
def yolo_neck() -> Fixture:
    images, _ = digits()
    x = np.concatenate([images, np.roll(images, 1, axis=2), 1 - images], axis=1)
    y = np.concatenate([images, images[:, :, ::-1], images[..., ::-1], 1 - images, images**2], axis=1)
    network = YoloNeck()
    train(network, (x,), y, "mean_squared_error", epochs=3)
    inputs, y = {"images": x[:12]}, np.ascontiguousarray(y[:12])
    damage(network, (x[:12],), {"coarse.2": "coarse.1.bias", "middle.2": "middle.1.bias"}, share=0.3)
    model = torchscript(network, inputs, 11)
    network.fold_batch_norms()
    return Fixture("yolo-neck", model, TORCHSCRIPT, network, inputs, y, "mean_squared_error")


@fixture
def audio() -> Fixture:
    x, y = tones(1500, 64)
    network = Audio()
    train(network, (x,), y, "cross_entropy", epochs=10)
    x, y = x[:100], y[:100]
    biases = {f"relu{i}": f"conv{i}.bias" for i in (1, 2, 3)}
    damage(network, (x,), biases, share=0.4)
    inputs = {"waveform": x}
    return Fixture("audio", dynamo(network, inputs, 19), DYNAMO, network, inputs, y, "cross_entropy")


@fixture
def two_inputs() -> Fixture:
    images, labels = digits()
    measurements = np.stack(
        [images.mean((1, 2, 3)), images.std((1, 2, 3)), images[:, 0, :4].mean((1, 2)), images.max((1, 2, 3))]
        + [images[:, 0, :, :4].mean((1, 2))],
        axis=1,
    ).astype(np.float32)
    network = TwoInputs()
    train(network, (images, measurements), labels, "cross_entropy", epochs=8)
    inputs, labels = {"image": images[:64], "measurements": measurements[:64]}, labels[:64]
    damage(network, tuple(inputs.values()), {"relu1": "convolution.bias", "relu2": "dense.bias"}, share=0.4)
    model = torchscript(network, inputs, 16)
    return Fixture("two-inputs", model, TORCHSCRIPT, network, inputs, labels, "cross_entropy")


def small_perceptron() -> tuple[Perceptron, np.ndarray, np.ndarray]:
    """A perceptron with dead units, for the fixtures about how weights are stored."""
    x, y = flat_digits()
    network = Perceptron((64, 16, 12, 10))
    train(network, (x,), y, "cross_entropy", epochs=12)
    x, y = x[:64], y[:64]
    damage(network, (x,), {"rectifier.0": "hidden.0.bias", "rectifier.1": "hidden.1.bias"}, share=0.4)
    return network, x, y


@fixture
def half() -> Fixture:
    network, x, y = small_perceptron()
    network, inputs = network.half(), {"x": x.astype(np.float16)}
    model = dynamo(network, inputs, 21)
    return Fixture("half", model, DYNAMO, network, inputs, y, "cross_entropy", tolerance=2e-2)


@fixture
def double() -> Fixture:
    network, x, y = small_perceptron()
    network, inputs = network.double(), {"x": x.astype(np.float64)}
    model = torchscript(network, inputs, 9)
    # Nodes need no name in ONNX, and many writers give them none.
    for node in model.graph.node:
        node.ClearField("name")
    return Fixture("double", model, TORCHSCRIPT, network, inputs, y, "cross_entropy")


@fixture
def external_data() -> Fixture:
    network, x, y = small_perceptron()
    inputs = {"x": x}
    model = dynamo(network, inputs, 23)
    options = {"save_as_external_data": True, "location": "model.onnx.data", "size_threshold": 128}
    return Fixture("external-data", model, DYNAMO, network, inputs, y, "cross_entropy", save_options=options)


def main() -> None:
    torch.set_num_threads(1)  # the order of summation, and so the result, depends on it
    wanted = set(sys.argv[1:])
    for make in FIXTURES:
        if not wanted or make.__name__.replace("_", "-") in wanted:
            torch.manual_seed(0)
            made = make()
            write_fixture(made, FOLDER / made.name)


if __name__ == "__main__":
    main()
