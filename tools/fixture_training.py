"""Data for the fixtures' networks, their training, and the damage that is done to them."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from fixture_networks import FixtureNetwork

RECTIFIERS = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU)


def digits(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The 8 x 8 digits in [0, 1], shaped [samples, 1, 8, 8], in a fixed random order."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(images))
    return (images[order] / 16.0).astype(np.float32).reshape(-1, 1, 8, 8), labels[order].astype(np.int64)


def masked_digits(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Digits under noise, and where their ink is: a task of segmentation."""
    images, _ = digits(seed)
    noise = np.random.default_rng(seed + 1).normal(0.0, 0.25, images.shape)
    return (images + noise).astype(np.float32), (images > 0.5).astype(np.float32)


def tones(count: int, length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Waveforms of four kinds of tone under noise, shaped [samples, 1, length]."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, count)
    cycles = np.array([2.0, 4.0, 7.0, 11.0])[labels][:, None]
    time = np.linspace(0.0, 1.0, length)[None]
    wave = np.sin(2 * np.pi * (cycles * time + random.random((count, 1))))
    wave += random.normal(0.0, 0.2, wave.shape)
    return wave.astype(np.float32)[:, None], labels.astype(np.int64)


def loss_of(kind: str, logits: Tensor, target: Tensor) -> Tensor:
    """The loss named in `expected.json`, averaged over everything."""
    if kind == "cross_entropy":
        return nn.functional.cross_entropy(logits, target)
    target = target.to(logits.dtype)
    if kind == "mean_squared_error":
        return nn.functional.mse_loss(logits, target)
    if kind == "binary_cross_entropy":
        return nn.functional.binary_cross_entropy_with_logits(logits, target)
    raise ValueError(kind)


def train(
    network: FixtureNetwork,
    inputs: tuple[np.ndarray, ...],
    target: np.ndarray,
    kind: str,
    epochs: int,
    rate: float = 3e-3,
) -> None:
    """Adam over shuffled batches of 64; leaves the network ready for inference."""
    network.train()
    tensors, wanted = [torch.from_numpy(a) for a in inputs], torch.from_numpy(target)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(wanted)).split(64):
            optimizer.zero_grad()
            loss_of(kind, network.logits(*[t[batch] for t in tensors]), wanted[batch]).backward()
            optimizer.step()
    network.eval()


@torch.no_grad()
def pre_activations(
    network: FixtureNetwork, rectifier: str, inputs: tuple[np.ndarray, ...], axis: int
) -> np.ndarray:
    """What enters one rectifier, shaped [units, samples and positions]."""
    caught = []
    module = network.get_submodule(rectifier)
    hook = module.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
    network(*[torch.from_numpy(a) for a in inputs])
    hook.remove()
    return caught[0].movedim(axis, 0).flatten(1).numpy()


def damage(
    network: FixtureNetwork,
    inputs: tuple[np.ndarray, ...],
    biases: dict[str, str],
    axis: int = 1,
    share: float = 0.6,
    dormant: int = 0,
    always_on: int = 0,
    seed: int = 0,
) -> None:
    """Shifts biases so that units die, as they do where a step of training was too long.

    `biases` names, for each rectifier in order of execution, the parameter that shifts its input. A `share`
    of the units dies; `dormant` more fire on less than 0.1 % of the data, `always_on` more are never silent.
    """
    random = np.random.default_rng(seed)
    for rectifier, parameter in biases.items():
        values = pre_activations(network, rectifier, inputs, axis)
        bias = network.get_parameter(parameter).data
        units = random.permutation(len(values)).tolist()
        for _ in range(round(share * len(values))):
            unit = units.pop()
            bias[unit] -= values[unit].max().item() + values[unit].std().item() + 0.05
        for _ in range(dormant):
            unit = units.pop()
            descending = np.sort(values[unit])[::-1]
            gaps = descending[:-1] - descending[1:]
            firing = int(np.argmax(gaps[: max(1, int(0.0008 * values.shape[1]))]))
            bias[unit] -= float(descending[firing : firing + 2].mean())
        for _ in range(always_on):
            unit = units.pop()
            bias[unit] += -values[unit].min().item() + 0.05
