"""Make what the cure benchmark runs on: a network with dead units and its data.

    python benchmarks/make_cure_inputs.py --network mlp --folder target/benchmarks

writes `mlp.onnx` for `leaky cure`, `mlp.pt` (the same weights) for `cure.py`, and `mlp.npz`, the training
data for both: scikit-learn's digits enlarged to the network's images, shifted at random and under noise; read
row by row as a signal for a network of one axis; for masks, the pixels that a digit covers. The network
trains shortly at a rate that suits it; then the biases of six hidden units in ten are shifted until the
units die.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from cure_networks import CASES, Case

DEAD_SHARE = 0.6
LOOKED_AT = 256


def make_data(case: Case) -> tuple[Tensor, Tensor]:
    images, labels = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    chosen = random.integers(0, len(images), case.samples)
    channels, *size = case.shape
    side = size[0] if len(size) == 2 else round(size[0] ** 0.5)
    small = torch.from_numpy((images[chosen] / 16.0).astype(np.float32)).view(-1, 1, 8, 8)
    large = nn.functional.interpolate(small, size=(side, side), mode="bilinear")
    shifts = random.integers(-2, 3, (case.samples, 2))
    large = torch.stack(
        [torch.roll(image, tuple(shift), (1, 2)) for image, shift in zip(large, shifts.tolist(), strict=True)]
    )
    noise = random.normal(0.0, 0.1, (case.samples, channels, side, side)).astype(np.float32)
    y = torch.from_numpy(labels[chosen].astype(np.int64))
    if case.masks:
        y = (large > 0.5).float()
    return (large + torch.from_numpy(noise)).view(-1, *case.shape), y


def train(network: nn.Module, case: Case, x: Tensor, y: Tensor, epochs: int) -> None:
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    network.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            case.loss(network(x[batch]), y[batch]).backward()
            optimizer.step()
    network.eval()


@torch.no_grad()
def damage(network: nn.Module, x: Tensor) -> list[int]:
    """Shifts biases until the share of the hidden units is dead on all samples, layer after layer."""
    killed = []
    for hidden in network.hidden():
        most, spread = None, None

        def look(module: nn.Module, args: tuple) -> None:
            nonlocal most, spread
            units = args[0].movedim(1, 0).flatten(1)
            most = units.amax(1) if most is None else torch.maximum(most, units.amax(1))
            spread = units.std(1)

        hook = hidden.rectifier.register_forward_pre_hook(look)
        for batch in x.split(LOOKED_AT):
            network(batch)
        hook.remove()
        dying = torch.randperm(len(most))[: round(DEAD_SHARE * len(most))]
        biased = hidden.normalization or hidden.layer
        biased.bias[dying] -= most[dying].clamp_min(0) + spread[dying] + 0.1
        killed.append(len(dying))
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=list(CASES), required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)

    case = CASES[options.network]
    torch.manual_seed(0)
    x, y = make_data(case)
    network = case.build()
    train(network, case, x, y, 2)
    killed = damage(network, x)

    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / options.network
    np.savez(path.with_suffix(".npz"), x=x.numpy(), y=y.numpy())
    torch.save(network.state_dict(), path.with_suffix(".pt"))
    torch.onnx.export(
        network,
        (x[:2],),
        path.with_suffix(".onnx"),
        input_names=["x"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        # Batch normalisations stay what they are: both train them.
        optimize=False,
        external_data=False,
        verbose=False,
    )
    print(f"{path}.onnx, .pt, .npz: {len(x)} samples, dead units a layer {killed}")


if __name__ == "__main__":
    main()
