"""The networks of the fixtures, as PyTorch modules.

Every rectifier is a module of its own, so that what enters it can be watched. `logits` is what the loss is
computed from; `forward` adds the ending (softmax, sigmoid) that the exported file carries.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class FixtureNetwork(nn.Module):
    """A network with an ending that its loss does without."""

    # Convolutions and the batch normalisations that follow them, which exporters fold into one.
    batch_norms: dict[str, str] = {}

    def __init__(self, ending: nn.Module | None = None):
        super().__init__()
        self.ending = ending or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.ending(self.logits(x))

    def fold_batch_norms(self) -> None:
        """Folds every batch normalisation into its convolution, as exporters do."""
        for convolution, batch_norm in self.batch_norms.items():
            folded = fuse_conv_bn_eval(self.get_submodule(convolution), self.get_submodule(batch_norm))
            self.set_submodule(convolution, folded.requires_grad_())
            self.set_submodule(batch_norm, nn.Identity())


class Perceptron(FixtureNetwork):
    def __init__(self, widths: tuple[int, ...], ending: nn.Module | None = None):
        super().__init__(ending)
        pairs = list(zip(widths[:-2], widths[1:-1], strict=True))
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairs)
        self.rectifier = nn.ModuleList(nn.ReLU() for _ in pairs)
        self.last = nn.Linear(widths[-2], widths[-1])

    def logits(self, x: Tensor) -> Tensor:
        for linear, rectifier in zip(self.hidden, self.rectifier, strict=True):
            x = rectifier(linear(x))
        return self.last(x)


class Convolutional(FixtureNetwork):
    """Two convolutions with pooling and a hidden layer, with or without batch normalisation."""

    def __init__(self, batch_norm: bool):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(8) if batch_norm else nn.Identity()
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(16) if batch_norm else nn.Identity()
        self.relu2 = nn.ReLU()
        self.pool2 = nn.AvgPool2d(2) if batch_norm else nn.MaxPool2d(2)
        self.hidden = nn.Linear(64, 32)
        self.relu3 = nn.ReLU()
        self.last = nn.Linear(32, 10)
        self.batch_norms = {"conv1": "norm1", "conv2": "norm2"} if batch_norm else {}

    def logits(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu1(self.norm1(self.conv1(x))))
        x = self.pool2(self.relu2(self.norm2(self.conv2(x))))
        return self.last(self.relu3(self.hidden(x.flatten(1))))


class ResidualBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.skip = nn.Identity() if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride=stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(x)))))
        return self.relu2(branch + self.skip(x))


class Residual(FixtureNetwork):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU()
        self.block1 = ResidualBlock(8, 8, stride=1)
        self.block2 = ResidualBlock(8, 16, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.last = nn.Linear(16, 10)
        self.batch_norms = {"stem": "norm"} | {
            f"{block}.conv{i}": f"{block}.norm{i}" for block in ("block1", "block2") for i in (1, 2)
        }

    def logits(self, x: Tensor) -> Tensor:
        x = self.block2(self.block1(self.relu(self.norm(self.stem(x)))))
        return self.last(self.pool(x).flatten(1))


class UNet(FixtureNetwork):
    """Two steps down, two up by transposed convolution, with both skips; ends in a mask."""

    def __init__(self):
        super().__init__(nn.Sigmoid())
        self.down1, self.relu1 = nn.Conv2d(1, 6, 3, padding=1), nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.down2, self.relu2 = nn.Conv2d(6, 10, 3, padding=1), nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.middle, self.relu3 = nn.Conv2d(10, 16, 3, padding=1), nn.ReLU()
        self.up2, self.relu4 = nn.ConvTranspose2d(16, 10, 2, stride=2), nn.ReLU()
        self.join2, self.relu5 = nn.Conv2d(20, 10, 3, padding=1), nn.ReLU()
        self.up1 = nn.ConvTranspose2d(10, 6, 2, stride=2)
        self.join1, self.relu6 = nn.Conv2d(12, 6, 3, padding=1), nn.ReLU()
        self.last = nn.Conv2d(6, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        first = self.relu1(self.down1(x))
        second = self.relu2(self.down2(self.pool1(first)))
        x = self.relu3(self.middle(self.pool2(second)))
        x = self.relu4(self.up2(x))
        x = self.relu5(self.join2(torch.cat([x, second], dim=1)))
        x = self.relu6(self.join1(torch.cat([self.up1(x), first], dim=1)))
        return self.last(x)


class TransformerBlock(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.feed_forward1, self.relu = nn.Linear(width, hidden), nn.ReLU()
        self.feed_forward2 = nn.Linear(hidden, width)

    def attention(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        split = self.query_key_value(x).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        weights = torch.softmax(query @ key.transpose(-2, -1) / (width // self.heads) ** 0.5, dim=-1)
        return self.project((weights @ value).transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.feed_forward2(self.relu(self.feed_forward1(self.norm2(x))))


class Transformer(FixtureNetwork):
    """Reads an image as a sequence of its rows."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(8, 12)
        self.position = nn.Parameter(torch.randn(1, 8, 12) * 0.1)
        self.block1 = TransformerBlock(12, heads=2, hidden=32)
        self.block2 = TransformerBlock(12, heads=2, hidden=32)
        self.norm = nn.LayerNorm(12)
        self.last = nn.Linear(12, 10)

    def logits(self, x: Tensor) -> Tensor:
        x = self.block2(self.block1(self.embed(x) + self.position))
        return self.last(self.norm(x).mean(dim=1))


class Generator(FixtureNetwork):
    """A GAN's generator: noise to an 8 x 8 image in [-1, 1]."""

    def __init__(self):
        super().__init__()
        self.up1, self.norm1, self.relu1 = (
            nn.ConvTranspose2d(8, 12, 2, bias=False),
            nn.BatchNorm2d(12),
            nn.ReLU(),
        )
        self.up2 = nn.ConvTranspose2d(12, 8, 4, stride=2, padding=1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm2d(8), nn.ReLU()
        self.up3 = nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1)

    def logits(self, x: Tensor) -> Tensor:
        x = self.relu1(self.norm1(self.up1(x[:, :, None, None])))
        x = self.relu2(self.norm2(self.up2(x)))
        return torch.tanh(self.up3(x))


class Discriminator(FixtureNetwork):
    """A GAN's discriminator: strided convolutions, leaky rectifiers, a probability."""

    def __init__(self):
        super().__init__(nn.Sigmoid())
        self.conv1, self.rectifier1 = nn.Conv2d(1, 8, 4, stride=2, padding=1), nn.LeakyReLU(0.2)
        self.conv2, self.norm2 = nn.Conv2d(8, 12, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(12)
        self.rectifier2 = nn.LeakyReLU(0.2)
        self.last = nn.Conv2d(12, 1, 2)
        self.batch_norms = {"conv2": "norm2"}

    def logits(self, x: Tensor) -> Tensor:
        x = self.rectifier1(self.conv1(x))
        x = self.rectifier2(self.norm2(self.conv2(x)))
        return self.last(x).flatten(1)


class YoloNeck(FixtureNetwork):
    """Three scales of a backbone joined from the coarsest up, as a detector's neck does."""

    def __init__(self):
        super().__init__()

        def step(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
            convolution = nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False)
            return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1))

        self.fine, self.middle, self.coarse = step(3, 6, 3), step(6, 8, 3, 2), step(8, 10, 3, 2)
        self.reduce_coarse, self.join_middle = step(10, 6, 1), step(14, 8, 3)
        self.reduce_middle, self.join_fine = step(8, 4, 1), step(10, 6, 3)
        self.head = nn.Conv2d(6, 5, 1)
        parts = [name for name, part in self.named_children() if isinstance(part, nn.Sequential)]
        self.batch_norms = {f"{name}.0": f"{name}.1" for name in parts}

    def logits(self, x: Tensor) -> Tensor:
        fine = self.fine(x)
        middle = self.middle(fine)
        x = self.reduce_coarse(self.coarse(middle))
        # The scale comes from the neighbour's shape, which the exporter writes as arithmetic on shapes.
        x = nn.functional.interpolate(x, size=middle.shape[2:], mode="nearest")
        x = self.reduce_middle(self.join_middle(torch.cat([x, middle], dim=1)))
        x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return self.head(self.join_fine(torch.cat([x, fine], dim=1)))


class Audio(FixtureNetwork):
    """Dilated and grouped convolutions along a waveform."""

    def __init__(self):
        super().__init__()
        self.conv1, self.relu1 = nn.Conv1d(1, 8, 7, stride=2, padding=3), nn.ReLU()
        self.pool1 = nn.MaxPool1d(2)
        self.conv2, self.relu2 = nn.Conv1d(8, 16, 3, padding=2, dilation=2, groups=2), nn.ReLU()
        self.pool2 = nn.AvgPool1d(2)
        self.conv3, self.relu3 = nn.Conv1d(16, 16, 3, padding=4, dilation=4, groups=16), nn.ReLU()
        self.last = nn.Linear(16, 4)

    def logits(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        return self.last(self.relu3(self.conv3(x)).mean(dim=-1))


class TwoInputs(FixtureNetwork):
    """An image and a vector of measurements, joined."""

    def __init__(self):
        super().__init__()
        self.convolution, self.relu1 = nn.Conv2d(1, 6, 3, stride=2, padding=1), nn.ReLU()
        self.dense, self.relu2 = nn.Linear(5, 8), nn.PReLU(8)
        self.join, self.relu3 = nn.Linear(104, 16), nn.ELU()
        self.last = nn.Linear(16, 10)

    def logits(self, image: Tensor, measurements: Tensor) -> Tensor:
        image = self.relu1(self.convolution(image)).flatten(1)
        measurements = self.relu2(self.dense(measurements))
        return self.last(self.relu3(self.join(torch.cat([image, measurements], dim=1))))

    def forward(self, image: Tensor, measurements: Tensor) -> Tensor:
        return self.logits(image, measurements)
