"""Write fixtures/sick/: small networks of well-known kinds that training made sick.

    python tools/make_sick_fixtures.py

Each is trained at a rate far too high, until a good part of its units never fires again. NAME.onnx is the
network as PyTorch's exporter writes it, with every parameter under its own name and batch normalisation kept;
NAME.safetensors holds the data `x` and `y`; cases.json says how many units of which rectifier are dead, as ONNX
Runtime counts them.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper
from safetensors.numpy import save_file
from torch import Tensor, nn

from fixture_training import digits
from onnx_writing import strip_machine_metadata

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "sick"
SAMPLES = 96


def convolution(inputs: int, outputs: int, kernel: int = 3, **options: int) -> nn.Sequential:
    """A convolution and its batch normalisation."""
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False, **options)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """ResNet's block: the sum is rectified (He et al., 2015)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, stride=stride)
        self.second = convolution(outputs, outputs)
        same = stride == 1 and inputs == outputs
        self.skip = nn.Identity() if same else convolution(inputs, outputs, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.second(torch.relu(self.first(x))) + self.skip(x))


class PreActivation(nn.Module):
    """The block whose stream passes no rectifier (He et al., 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(torch.relu(self.norm1(x)))
        return x + self.conv2(torch.relu(self.norm2(y)))


class Inverted(nn.Module):
    """MobileNet's block: widen, look depthwise, narrow (Sandler et al., 2018)."""

    def __init__(self, channels: int, wide: int, gated: bool = False) -> None:
        super().__init__()
        self.widen = convolution(channels, wide, 1)
        self.depthwise = convolution(wide, wide, groups=wide)
        self.narrow = convolution(wide, channels, 1)
        self.squeeze = nn.Conv2d(wide, wide // 2, 1) if gated else None
        self.excite = nn.Conv2d(wide // 2, wide, 1) if gated else None

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.relu6(self.widen(x))
        y = nn.functional.relu6(self.depthwise(y))
        if self.squeeze is not None and self.excite is not None:
            pooled = nn.functional.adaptive_avg_pool2d(y, 1)
            y = y * torch.sigmoid(self.excite(torch.relu(self.squeeze(pooled))))
        return x + self.narrow(y)


class Dense(nn.Module):
    """DenseNet's layer: what was there and what is new, side by side (Huang et al., 2016)."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(torch.relu(self.norm(x)))], 1)


class Head(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.last = nn.Linear(channels, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(x.mean((2, 3)))


class Rectified(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.layers(x))


class UNet(nn.Module):
    """Down, up, and a bridge (Ronneberger et al., 2015), with a head that tells digits apart."""

    def __init__(self) -> None:
        super().__init__()
        self.down1 = Rectified(convolution(1, 8))
        self.down2 = Rectified(convolution(8, 12))
        self.up = nn.ConvTranspose2d(12, 8, 2, stride=2)
        self.join = Rectified(convolution(16, 12))
        self.head = Head(12)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.down1(x)
        deep = self.down2(nn.functional.max_pool2d(wide, 2))
        return self.head(self.join(torch.cat([wide, torch.relu(self.up(deep))], 1)))


class Transformer(nn.Module):
    """Rows of an image as tokens: attention and a hidden layer of ReLUs, twice (Vaswani et al., 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(8, 16)
        self.norms = nn.ModuleList(nn.LayerNorm(16) for _ in range(4))
        self.attention = nn.ModuleList(nn.ModuleList(nn.Linear(16, 16) for _ in range(4)) for _ in range(2))
        self.widen = nn.ModuleList(nn.Linear(16, 32) for _ in range(2))
        self.narrow = nn.ModuleList(nn.Linear(32, 16) for _ in range(2))
        self.last = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x.squeeze(1))
        for i in range(2):
            y = self.norms[2 * i](x)
            query, key, value, out = self.attention[i]
            weights = torch.softmax(query(y) @ key(y).transpose(1, 2) / 4, -1)
            x = x + out(weights @ value(y))
            x = x + self.narrow[i](torch.relu(self.widen[i](self.norms[2 * i + 1](x))))
        return self.last(x.mean(1))


KINDS: dict[str, tuple[Callable[[], nn.Module], float, int]] = {
    "resnet": (
        lambda: nn.Sequential(
            Rectified(convolution(1, 8)), Residual(8, 8), Residual(8, 8), Residual(8, 12, 2), Residual(12, 12), Head(12)
        ),
        0.3,
        6,
    ),
    "resnet-pre-activation": (
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), PreActivation(8), PreActivation(8), Head(8)),
        0.3,
        6,
    ),
    "mobilenet": (
        lambda: nn.Sequential(Rectified(convolution(1, 8)), Inverted(8, 16), Inverted(8, 16, gated=True), Head(8)),
        0.3,
        6,
    ),
    "densenet": (
        lambda: nn.Sequential(convolution(1, 8), Dense(8, 6), Dense(14, 6), Dense(20, 6), Head(26)),
        0.3,
        6,
    ),
    "unet": (UNet, 0.3, 6),
    "transformer": (Transformer, 0.1, 6),
}


def sicken(network: nn.Module, x: Tensor, y: Tensor, rate: float, epochs: int) -> None:
    """Trains with Adam at a rate that kills."""
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()
    network.eval()


def exported(network: nn.Module, x: Tensor) -> onnx.ModelProto:
    batch = torch.export.Dim("N")
    program = torch.onnx.export(
        network,
        (x[:4],),
        dynamo=True,
        optimize=False,
        verbose=False,
        input_names=["x"],
        output_names=["logits"],
        dynamic_shapes=({0: batch},),
    )
    model = program.model_proto
    strip_machine_metadata(model)
    return model


def dead_units(model: onnx.ModelProto, x: np.ndarray) -> dict[str, int]:
    """For each rectifier, how many units are never above zero, as ONNX Runtime computes them."""
    seen = onnx.ModelProto()
    seen.CopyFrom(model)
    rectifiers = [node for node in model.graph.node if node.op_type in ("Relu", "Clip")]
    seen.graph.output.extend(helper.make_empty_tensor_value_info(node.input[0]) for node in rectifiers)
    session = onnxruntime.InferenceSession(seen.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run([node.input[0] for node in rectifiers], {"x": x})
    found = {}
    for node, value in zip(rectifiers, values, strict=True):
        units = np.moveaxis(value, 2 if value.ndim == 3 else 1, 0)
        found[node.name] = int((units.reshape(len(units), -1) <= 0).all(1).sum())
    return found


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    images, labels = digits()
    # As from a camera: neither centred nor scaled to one.
    images = images * 2 - 0.5
    cases = {}
    for seed, (name, (build, rate, epochs)) in enumerate(KINDS.items()):
        torch.manual_seed(seed)
        network = build()
        sicken(network, torch.from_numpy(images[:1024]), torch.from_numpy(labels[:1024]), rate, epochs)
        x, y = images[:SAMPLES], labels[:SAMPLES]
        model = exported(network, torch.from_numpy(x))
        onnx.save(model, FOLDER / f"{name}.onnx")
        save_file({"x": x, "y": y}, FOLDER / f"{name}.safetensors")
        cases[name] = dead_units(model, x)
        print(name, cases[name])
        if sum(cases[name].values()) < 4:
            raise SystemExit(f"{name}: hardly a unit is dead")
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
