"""Write fixtures/causes/: small networks whose units were killed in one known way each.

    python tools/make_cause_fixtures.py

NAME.onnx is the network as PyTorch's exporter writes it, NAME.safetensors holds the data `x`. cases.json says
for each rectifier which dead units died of which cause. The causes are found by experiments on PyTorch's own
modules: the layer is run again without its shift, and its inputs are looked at.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn.utils import prune

from fixture_training import digits
from make_sick_fixtures import exported

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "causes"
SAMPLES = 64


class Layer(nn.Module):
    """Weights, perhaps a normalisation, and ReLU."""

    def __init__(self, weights: nn.Module, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.weights = weights
        self.norm = nn.Identity() if norm is None else norm

    def before(self, x: Tensor) -> Tensor:
        return self.norm(self.weights(x))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.before(x))


class Product(nn.Module):
    """Two branches that are multiplied, and ReLU: what is before it is no layer's own."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.one = nn.Linear(inputs, outputs)
        self.other = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.one(x) * self.other(x))


def perceptron(*layers: Layer | Product, width: int) -> nn.Sequential:
    return nn.Sequential(*layers, nn.Linear(width, 10))


def dense(*widths: int, normalized: bool = False) -> nn.Sequential:
    """Hidden layers of these widths, behind an input of the first."""
    layers = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        norm = nn.BatchNorm1d(outputs) if normalized else None
        layers.append(Layer(nn.Linear(inputs, outputs), norm))
    return perceptron(*layers, width=widths[-1])


def train(network: nn.Module, x: Tensor, y: Tensor, optimizer: torch.optim.Optimizer, epochs: int) -> None:
    network.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()


Made = tuple[nn.Module, Tensor]


def rate_too_high(x: Tensor, y: Tensor) -> Made:
    """Adam at a hundred times the usual rate: weights run away, against pixels and activations."""
    network = dense(64, 24, 16)
    train(network, x, y, torch.optim.Adam(network.parameters(), lr=0.1), 6)
    return network, x


def biases_too_low(x: Tensor, y: Tensor) -> Made:
    """Centred data, ordinary weights, and biases that started far below zero."""
    x = (x - x.mean()) / x.std()
    network = dense(64, 24, 16)
    for layer in network[:-1]:
        nn.init.constant_(layer.weights.bias, -6.0)
    train(network, x, y, torch.optim.SGD(network.parameters(), lr=0.01), 2)
    return network, x


def shifts_too_low(x: Tensor, y: Tensor) -> Made:
    """Batch normalisation, trained at a rate at which its shift runs away."""
    network = dense(64, 24, 16, normalized=True)
    train(network, x, y, torch.optim.Adam(network.parameters(), lr=0.5), 6)
    return network, x


def inputs_dead(x: Tensor, y: Tensor) -> Made:
    """The first layer is dead throughout, so the second hears nothing."""
    network = dense(64, 24, 16)
    train(network, x, y, torch.optim.Adam(network.parameters(), lr=1e-3), 1)
    nn.init.constant_(network[0].weights.bias, -50.0)
    return network, x


def inputs_constant(x: Tensor, y: Tensor) -> Made:
    """The same image again and again."""
    network = dense(64, 24, 16)
    train(network, x, y, torch.optim.Adam(network.parameters(), lr=1e-3), 1)
    return network, x[:1].repeat(len(x), 1)


def raw_pixels(x: Tensor, y: Tensor) -> Made:
    """Pixels from 0 to 255, as a camera gives them, and an ordinary rate."""
    x = x * 255
    network = dense(64, 24, 16)
    train(network, x, y, torch.optim.SGD(network.parameters(), lr=0.01), 2)
    return network, x


def off_centre(x: Tensor, y: Tensor) -> Made:
    """Inputs that lie far off zero for how little they vary."""
    x = 2 + 0.1 * (x - x.mean()) / x.std()
    return dense(64, 24, 16), x


def tiny_inputs(x: Tensor, y: Tensor) -> Made:
    """Inputs so small that the biases decide alone."""
    return dense(64, 24, 16), (x - x.mean()) * 1e-4


def old_statistics(x: Tensor, y: Tensor) -> Made:
    """Batch normalisation whose statistics are those of other data, here of darker images."""
    network = dense(64, 24, 16, normalized=True)
    train(network, x, y, torch.optim.Adam(network.parameters(), lr=1e-3), 4)
    return network, 2 + x


def pruned(x: Tensor, y: Tensor) -> Made:
    """All weights of half of the units are taken away, by their norms."""
    x = (x - x.mean()) / x.std()
    network = dense(64, 24, 16)
    train(network, x, y, torch.optim.Adam(network.parameters(), lr=1e-3), 2)
    for layer in network[:-1]:
        prune.ln_structured(layer.weights, "weight", 0.5, n=2, dim=0)
        prune.remove(layer.weights, "weight")
        nn.init.constant_(layer.weights.bias, -0.02)
    return network, x


def scales_zero(x: Tensor, y: Tensor) -> Made:
    """Scales of a batch normalisation driven to zero, as network slimming does (Liu et al., 2017)."""
    network = dense(64, 24, 16, normalized=True)
    train(network, x, y, torch.optim.Adam(network.parameters(), lr=1e-3), 2)
    for layer in network[:-1]:
        weak = layer.norm.weight.data.abs().argsort()[:8]
        layer.norm.weight.data[weak] = 0.0
        layer.norm.bias.data[weak] = -0.1
    return network, x


def born_dead(x: Tensor, y: Tensor) -> Made:
    """Deep and narrow, as it was drawn (Lu, Shin, Su and Karniadakis, 2020)."""
    network = dense(64, 6, 6, 6, 6)
    for layer in network[:-1]:
        nn.init.kaiming_normal_(layer.weights.weight)
        nn.init.zeros_(layer.weights.bias)
    return network, x


def products(x: Tensor, y: Tensor) -> Made:
    """A product of branches of opposite signs."""
    layer = Product(64, 16)
    nn.init.constant_(layer.one.bias, 4.0)
    nn.init.constant_(layer.other.bias, -4.0)
    return perceptron(layer, width=16), x


KINDS: list[Callable[[Tensor, Tensor], Made]] = [
    rate_too_high,
    biases_too_low,
    shifts_too_low,
    inputs_dead,
    inputs_constant,
    raw_pixels,
    off_centre,
    tiny_inputs,
    old_statistics,
    pruned,
    scales_zero,
    born_dead,
    products,
]


@dataclass
class Seen:
    """What enters a rectifier, with and without the layer's shift, and what the layer hears."""

    values: Tensor
    unshifted: Tensor
    inputs: Tensor


@torch.no_grad()
def look(layer: Layer, x: Tensor) -> Seen:
    """Runs a layer again in double precision, and once more with its shift taken away."""
    layer, x = copy.deepcopy(layer).double(), x.double()
    values = layer.before(x)
    shift = layer.weights if isinstance(layer.norm, nn.Identity) else layer.norm
    nn.init.zeros_(shift.bias)
    return Seen(values, layer.before(x), x)


def is_constant(values: Tensor) -> bool:
    return bool((values == values[:1]).all())


def cause(layer: Layer, first: bool, seen: Seen, unit: int) -> str:
    """Why one dead unit of a layer died, by what the experiments show."""
    if is_constant(seen.inputs):
        return "nothing_arrives"
    if is_constant(seen.unshifted[:, unit]):
        return "no_weights"
    reached = seen.unshifted[:, unit].mean().item()
    shift = seen.values[:, unit].mean().item() - reached
    size = seen.inputs.square().mean().sqrt().item()
    by_feature = seen.inputs.mean(0).square().mean().sqrt(), seen.inputs.var(0, unbiased=False).mean().sqrt()
    if shift <= reached:
        return "unscaled_inputs" if first and size < 1 / 30 else "shift_below_zero"
    if not isinstance(layer.norm, nn.Identity):
        return "statistics_do_not_fit"
    if first and (size > 3 or by_feature[0] > 3 * by_feature[1]):
        return "unscaled_inputs"
    return "weights_against_inputs"


@torch.no_grad()
def causes(network: nn.Sequential, x: Tensor) -> list[dict[str, list[int]]]:
    """For each rectifier, the dead units by cause."""
    found = []
    for number, layer in enumerate(network[:-1]):
        by_cause: dict[str, list[int]] = {}
        if isinstance(layer, Product):
            values = layer.one(x) * layer.other(x)
            dead = (values <= 0).all(0).nonzero().flatten().tolist()
            by_cause["cannot_be_told"] = dead
        else:
            single = layer.before(x)
            seen = look(layer, x)
            for unit in (single <= 0).all(0).nonzero().flatten().tolist():
                by_cause.setdefault(cause(layer, number == 0, seen, unit), []).append(unit)
        found.append(by_cause)
        x = layer(x)
    return found


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    images, labels = digits()
    x, y = torch.from_numpy(images[:1024]).flatten(1), torch.from_numpy(labels[:1024])
    cases = {}
    for seed, kind in enumerate(KINDS):
        torch.manual_seed(seed)
        network, data = kind(x, y)
        network.eval()
        data = data[:SAMPLES].contiguous()
        name = kind.__name__.replace("_", "-")
        cases[name] = causes(network, data)
        print(name, [{key: len(units) for key, units in layer.items()} for layer in cases[name]])
        onnx.save(exported(network, data), FOLDER / f"{name}.onnx")
        save_file({"x": np.ascontiguousarray(data.numpy())}, FOLDER / f"{name}.safetensors")
        if not any(units for layer in cases[name] for units in layer.values()):
            raise SystemExit(f"{name}: no unit is dead")
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
