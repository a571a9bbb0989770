"""Twelve networks, each with its data and the learning rate that makes it sick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from evidence import networks
from evidence.cure import data
from evidence.cure.data import Data

Model = Callable[[], nn.Module]


@dataclass(frozen=True)
class Subject:
    """A network and what it learns. `sick_rate` of Adam kills most of its units in `sick_steps` steps."""

    name: str
    model: Model
    data: Callable[[int], Data]
    metric: str
    sick_rate: float
    rate: float = 0.001
    epochs: int = 12
    batch: int = 32

    def loss(self, output: Tensor, y: Tensor) -> Tensor:
        if self.metric == "accuracy":
            return functional.cross_entropy(output, y)
        if self.metric == "dice":
            return functional.binary_cross_entropy_with_logits(output, y)
        return functional.mse_loss(output, y)

    def score(self, output: Tensor, y: Tensor) -> float:
        """Accuracy, Dice's coefficient of the masks, or the fraction of variance explained (r2)."""
        if self.metric == "accuracy":
            return (output.argmax(1) == y).float().mean().item()
        if self.metric == "dice":
            found = (output > 0).float()
            return (2 * (found * y).sum() / (found.sum() + y.sum()).clamp(min=1)).item()
        residual = (output - y).square().sum(0)
        return 1 - (residual.sum() / (y - y.mean(0)).square().sum()).item()


def perceptron(*widths: int) -> Model:
    return lambda: networks.perceptron(widths, nn.ReLU)


def convolutional(normalized: bool) -> Model:
    def make() -> nn.Module:
        layers: list[nn.Module] = []
        for width, following in ((1, 16), (16, 32)):
            layers.append(nn.Conv2d(width, following, 3, padding=1))
            layers += [nn.BatchNorm2d(following)] if normalized else []
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))

    return make


def audio() -> nn.Module:
    layers: list[nn.Module] = []
    for width, following in ((1, 16), (16, 32), (32, 32)):
        layers += [nn.Conv1d(width, following, 9, stride=4, padding=4), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(32, 6))


def encoder_decoder() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2),
        nn.Conv2d(32, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1),
    )  # fmt: skip


class Residual(nn.Module):
    """A stem and two residual blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1)) for _ in range(2)
        )
        self.rectifiers = nn.ModuleList(nn.ReLU() for _ in range(3))
        self.head = nn.Linear(16 * 16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.rectifiers[0](self.stem(x))
        for block, rectifier in zip(self.blocks, self.rectifiers[1:], strict=True):
            x = rectifier(x + block(x))
        return self.head(functional.max_pool2d(x, 2).flatten(1))


SUBJECTS = [
    Subject("digits, perceptron", perceptron(64, 128, 128, 64, 10), data.digits, "accuracy", 0.1),
    Subject("digits, narrow perceptron", perceptron(64, 16, 16, 10), data.digits, "accuracy", 0.2),
    Subject("digits, eight layers", perceptron(64, *[64] * 7, 10), data.digits, "accuracy", 0.03),
    Subject("digits, convolutions", convolutional(False), data.digit_images, "accuracy", 0.05),
    Subject("digits, convolutions, batch norm", convolutional(True), data.digit_images, "accuracy", 0.3),
    Subject("digits, residual", Residual, data.digit_images, "accuracy", 0.1),
    Subject("segmentation of discs", encoder_decoder, data.discs, "dice", 0.1),
    Subject("audio, tones and sweeps", audio, data.tones, "accuracy", 0.2),
    Subject("regression, diabetes", perceptron(10, 64, 64, 1), data.diabetes, "r2", 1.0),
    Subject("regression, Friedman 1", perceptron(10, 64, 64, 1), data.friedman, "r2", 0.3),
    Subject("text, lines of programs", perceptron(512, 64, 64, 6), data.program_lines, "accuracy", 0.3),
    Subject("autoencoder of digits", perceptron(64, 48, 16, 48, 64), data.digits_to_themselves, "r2", 0.1),
]


def sick(subject: Subject, seed: int, found: Data, steps: int) -> nn.Module:
    """A network that was trained at too high a rate."""
    torch.manual_seed(seed)
    model = subject.model()
    optimizer = torch.optim.Adam(model.parameters(), subject.sick_rate)
    for _ in range(steps):
        batch = torch.randint(len(found.x), (subject.batch,))
        subject.loss(model(found.x[batch]), found.y[batch]).backward()
        optimizer.step()
        optimizer.zero_grad()
    return model
