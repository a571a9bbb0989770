"""Make what the cure benchmark runs on: a network with dead units and its data.

    python benchmarks/make_cure_inputs.py --network mlp --folder target/benchmarks

writes `mlp.onnx` for `leaky cure`, `mlp.pt` (the same weights) for `cure.py`, and `mlp.npz`, the training
data for both: scikit-learn's digits enlarged to 28 x 28, shifted at random and under noise. The network
trains for some epochs at a rate that suits it; then the biases of six units in ten are shifted until the
units die.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from cure_networks import build

DEAD_SHARE = 0.6


def make_data(samples: int) -> tuple[Tensor, Tensor]:
    images, labels = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    chosen = random.integers(0, len(images), samples)
    small = torch.from_numpy((images[chosen] / 16.0).astype(np.float32)).view(-1, 1, 8, 8)
    large = nn.functional.interpolate(small, size=(28, 28), mode="bilinear")
    shifts = random.integers(-2, 3, (samples, 2))
    large = torch.stack(
        [torch.roll(image, tuple(shift), (1, 2)) for image, shift in zip(large, shifts.tolist(), strict=True)]
    )
    noise = random.normal(0.0, 0.1, large.shape).astype(np.float32)
    return large + torch.from_numpy(noise), torch.from_numpy(labels[chosen].astype(np.int64))


def train(network: nn.Module, x: Tensor, y: Tensor, epochs: int) -> None:
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()


@torch.no_grad()
def damage(network: nn.Sequential, x: Tensor) -> list[int]:
    """Shifts biases until the share of units is dead, layer after layer; returns how many died."""
    killed, values = [], x
    for index, layer in enumerate(network):
        values = layer(values)
        if index + 1 < len(network) and isinstance(network[index + 1], nn.ReLU):
            units = values.movedim(1, 0).flatten(1)
            dying = torch.randperm(len(units))[: round(DEAD_SHARE * len(units))]
            shift = units[dying].amax(1) + units[dying].std(1)
            layer.bias[dying] -= shift
            values.movedim(1, 0)[dying] -= shift.view(-1, *[1] * (values.ndim - 1))
            killed.append(len(dying))
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=["mlp", "conv"], required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)

    torch.manual_seed(0)
    x, y = make_data(options.samples)
    network = build(options.network)
    train(network, x, y, options.epochs)
    killed = damage(network, x)

    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / options.network
    np.savez(path.with_suffix(".npz"), x=x.numpy(), y=y.numpy())
    torch.save(network.state_dict(), path.with_suffix(".pt"))
    torch.onnx.export(
        network.eval(),
        (x[:2],),
        path.with_suffix(".onnx"),
        input_names=["x"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    print(f"{path}.onnx, .pt, .npz: {len(x)} samples, dead units a layer {killed}")


if __name__ == "__main__":
    main()
