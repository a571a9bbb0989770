"""The networks of the cure benchmark: as PyTorch modules, so that both scripts build the same."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Hidden:
    """A layer of units that one other layer alone hears: units that a plain script can revive."""

    layer: nn.Module
    normalization: nn.Module | None
    rectifier: nn.Module
    hearer: nn.Module


class Residual(nn.Module):
    """The basic block of a residual network (He et al. 2016)."""

    def __init__(self, inwards: int, outwards: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inwards, outwards, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outwards)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outwards, outwards, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outwards)
        self.relu2 = nn.ReLU()
        self.shortcut = nn.Identity()
        if stride != 1 or inwards != outwards:
            self.shortcut = nn.Sequential(nn.Conv2d(inwards, outwards, 1, stride, bias=False), nn.BatchNorm2d(outwards))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(inner)) + self.shortcut(x))


class ResNet18(nn.Module):
    """ResNet-18 for images of 32 x 32: four stages of two blocks, 64 to 512 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        blocks, inwards = [], 64
        for stage, outwards in enumerate([64, 128, 256, 512]):
            for stride in [1 if stage == 0 else 2, 1]:
                blocks.append(Residual(inwards, outwards, stride))
                inwards = outwards
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)))

    def hidden(self) -> list[Hidden]:
        return [Hidden(block.conv1, block.bn1, block.relu1, block.conv2) for block in self.blocks]


class Twice(nn.Sequential):
    """Two 3 x 3 convolutions with a ReLU behind each."""

    def __init__(self, inwards: int, outwards: int) -> None:
        super().__init__(
            nn.Conv2d(inwards, outwards, 3, padding=1), nn.ReLU(),
            nn.Conv2d(outwards, outwards, 3, padding=1), nn.ReLU(),
        )  # fmt: skip


class UNet(nn.Module):
    """A U-Net (Ronneberger et al. 2015) of three levels, 16 to 64 channels, for a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([Twice(1, 16), Twice(16, 32)])
        self.bottom = Twice(32, 64)
        self.up = nn.ModuleList([nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)])
        self.join = nn.ModuleList([Twice(64, 32), Twice(32, 16)])
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(16, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for block in self.down:
            x = block(x)
            kept.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for up, join in zip(self.up, self.join, strict=True):
            x = join(torch.cat([up(x), kept.pop()], 1))
        return self.head(x)

    def hidden(self) -> list[Hidden]:
        return [Hidden(block[0], None, block[1], block[2]) for block in [*self.down, self.bottom, *self.join]]


class Chain(nn.Sequential):
    """A network without branches."""

    def hidden(self) -> list[Hidden]:
        found = []
        weighted = [i for i, layer in enumerate(self) if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d))]
        for place, following in zip(weighted, weighted[1:], strict=False):
            between = list(self)[place + 1 : following]
            normalization = next((m for m in between if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))), None)
            rectifier = next(m for m in between if isinstance(m, (nn.ReLU, nn.LeakyReLU)))
            found.append(Hidden(self[place], normalization, rectifier, self[following]))
        return found


def mlp() -> nn.Module:
    return Chain(
        nn.Flatten(),
        nn.Linear(784, 512), nn.ReLU(),
        nn.Linear(512, 512), nn.ReLU(),
        nn.Linear(512, 10),
    )  # fmt: skip


def conv() -> nn.Module:
    return Chain(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128), nn.ReLU(),
        nn.Linear(128, 10),
    )  # fmt: skip


def audio() -> nn.Module:
    return Chain(
        nn.Conv1d(1, 32, 9, 4, 4), nn.ReLU(),
        nn.Conv1d(32, 64, 9, 2, 4), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(64, 64, 9, 2, 4), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(64, 128, 9, 2, 4), nn.ReLU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(),
        nn.Linear(128, 10),
    )  # fmt: skip


def normalized() -> nn.Module:
    layers, inwards = [], 3
    for outwards, stride in [(8, 1), (16, 1), (16, 2), (24, 1), (24, 2), (32, 1)]:
        layers += [nn.Conv2d(inwards, outwards, 3, stride, 1, bias=False), nn.BatchNorm2d(outwards), nn.ReLU()]
        inwards = outwards
    return Chain(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


@dataclass
class Case:
    """A network with the shape of its samples, how many there are, and how long it is trained."""

    title: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    samples: int
    epochs: int
    masks: bool = False

    def loss(self, found: Tensor, wanted: Tensor, reduction: str = "mean") -> Tensor:
        """Cross-entropy, binary for masks."""
        if self.masks:
            return nn.functional.binary_cross_entropy_with_logits(found, wanted, reduction=reduction)
        return nn.functional.cross_entropy(found, wanted, reduction=reduction)


CASES = {
    "mlp": Case("perceptron, 784-512-512-10", mlp, (1, 28, 28), 4000, 5),
    "conv": Case("convolutional, two 3x3 of 32 and 64 channels, 28x28", conv, (1, 28, 28), 4000, 3),
    "resnet": Case("ResNet-18, 32x32", ResNet18, (3, 32, 32), 320, 2),
    "unet": Case("U-Net of 16 to 64 channels, 64x64", UNet, (1, 64, 64), 640, 3, masks=True),
    "audio": Case("1-D audio, 32 to 128 channels, 4096 long", audio, (1, 4096), 1600, 3),
    "normalized": Case("batch norm, 8 to 32 channels, 32x32", normalized, (3, 32, 32), 3200, 3),
}
