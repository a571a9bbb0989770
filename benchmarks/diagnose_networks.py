"""The networks of the diagnosis benchmark, with random weights: counting depends on shapes alone."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cure_networks import UNet, mlp


def normalized(inwards: int, outwards: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution and its batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(inwards, outwards, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outwards),
    )


class Bottleneck(nn.Module):
    """The block of ResNet-50 (He et al. 2016)."""

    def __init__(self, inwards: int, width: int, stride: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            normalized(inwards, width, 1), nn.ReLU(),
            normalized(width, width, 3, stride), nn.ReLU(),
            normalized(width, 4 * width, 1),
        )  # fmt: skip
        same = stride == 1 and inwards == 4 * width
        self.shortcut = nn.Identity() if same else normalized(inwards, 4 * width, 1, stride)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.inner(x) + self.shortcut(x))


def resnet50() -> nn.Module:
    layers: list[nn.Module] = [normalized(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inwards = 64
    for width, count, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for index in range(count):
            layers.append(Bottleneck(inwards, width, stride if index == 0 else 1))
            inwards = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inwards, 1000))


def mobilenet() -> nn.Module:
    """MobileNet (Howard et al. 2017): depthwise 3 x 3, then 1 x 1 convolutions."""
    layers: list[nn.Module] = [normalized(3, 32, 3, 2), nn.ReLU()]
    inwards = 32
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for outwards, stride in plan:
        layers += [normalized(inwards, inwards, 3, stride, inwards), nn.ReLU()]
        layers += [normalized(inwards, outwards, 1), nn.ReLU()]
        inwards = outwards
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inwards, 1000))


class BlazeBlock(nn.Module):
    """The block of BlazeFace (Bazarevsky et al. 2019): depthwise 5 x 5, 1 x 1, added to its input."""

    def __init__(self, inwards: int, outwards: int, stride: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(inwards, inwards, 5, stride, 2, groups=inwards), nn.Conv2d(inwards, outwards, 1)
        )
        self.pool = nn.MaxPool2d(2) if stride == 2 else nn.Identity()
        self.more = outwards - inwards
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.inner(x) + nn.functional.pad(self.pool(x), (0, 0, 0, 0, 0, self.more)))


def blazeface() -> nn.Module:
    plan = [(24, 24, 1), (24, 28, 1), (28, 32, 2), (32, 36, 1), (36, 42, 1), (42, 48, 2), (48, 56, 1), (56, 64, 1)]
    blocks = [BlazeBlock(*block) for block in [*plan, (64, 88, 2), (88, 96, 1)]]
    return nn.Sequential(nn.Conv2d(3, 24, 5, 2, 2), nn.ReLU(), *blocks, nn.Conv2d(96, 6, 1))


@dataclass
class Case:
    """A network with the shape of its samples, and how many there are."""

    title: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    samples: int


CASES = {
    "resnet50": Case("ResNet-50, 224x224", resnet50, (3, 224, 224), 32),
    "mobilenet": Case("MobileNet, 224x224", mobilenet, (3, 224, 224), 64),
    "unet": Case("U-Net of 16 to 64 channels, 64x64", UNet, (1, 64, 64), 512),
    "blazeface": Case("BlazeFace, 128x128", blazeface, (3, 128, 128), 256),
    "mlp": Case("perceptron, 784-512-512-10", mlp, (1, 28, 28), 20000),
}


def build(network: str) -> nn.Module:
    torch.manual_seed(0)
    return CASES[network].build().eval()
