"""Memory and seconds of a training step with each Leaky ReLU, of a VGG-like, a ResNet-like and a U-Net.

    python python/benchmarks/memory.py [ROUNDS]

Memory is what PyTorch's allocator has given out at most within the step, over what was there before, and the
part of it that autograd keeps for the backward pass. The steps take turns in rounds, in one process; of the
times the median over the rounds of the ratio within a round is printed, and the least time of all. The least
of each column is bold, whoever's it is. It takes some minutes, most of them in the compiler.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import leaky_relu.torch as lt

Step = Callable[[], Tensor]

BATCH = (8, 3, 32, 32)

RECTIFIERS = {
    "nn.ReLU": nn.ReLU,
    "nn.LeakyReLU": lambda: nn.LeakyReLU(0.01),
    "nn.LeakyReLU(inplace=True)": lambda: nn.LeakyReLU(0.01, inplace=True),
    "torch.compile, nn.LeakyReLU": lambda: nn.LeakyReLU(0.01),
    "lt.LeakyReLU": lambda: lt.LeakyReLU(0.01),
    "lt.LeakyReLU(inplace=True)": lambda: lt.LeakyReLU(0.01, inplace=True),
}


def block(inputs: int, outputs: int, act, norm: bool = False) -> nn.Sequential:
    layers = [nn.Conv2d(inputs, outputs, 3, padding=1)]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(outputs)] if norm else []), act())


class Vgg(nn.Sequential):
    def __init__(self, act) -> None:
        widths = [3, 32, 32, 64, 64, 128, 128]
        layers = []
        for index, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            layers += [block(a, b, act)] + ([nn.MaxPool2d(2)] if index % 2 else [])
        super().__init__(*layers, nn.Flatten(), nn.LazyLinear(128), act(), nn.Linear(128, 10))


class Residual(nn.Module):
    def __init__(self, width: int, act) -> None:
        super().__init__()
        self.first, self.second = block(width, width, act, norm=True), nn.Conv2d(width, width, 3, padding=1)
        self.norm, self.act = nn.BatchNorm2d(width), act()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.second(self.first(x))) + x)


class ResNet(nn.Sequential):
    def __init__(self, act) -> None:
        stages = []
        for a, b in ((3, 32), (32, 64), (64, 128)):
            stages += [block(a, b, act, norm=True), Residual(b, act), nn.MaxPool2d(2)]
        super().__init__(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


class UNet(nn.Module):
    def __init__(self, act) -> None:
        super().__init__()
        double = lambda a, b: nn.Sequential(block(a, b, act), block(b, b, act))  # noqa: E731
        self.down = nn.ModuleList([double(3, 32), double(32, 64)])
        self.middle = double(64, 128)
        self.up = nn.ModuleList([double(128 + 64, 64), double(64 + 32, 32)])
        self.head = nn.Conv2d(32, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for step in self.down:
            x = step(x)
            kept.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.middle(x)
        for step in self.up:
            x = nn.functional.interpolate(x, scale_factor=2)
            x = step(torch.cat([x, kept.pop()], 1))
        return self.head(x).mean((2, 3))


NETWORKS = {"VGG-like": Vgg, "ResNet-like": ResNet, "U-Net": UNet}


def step_of(network: str, rectifier: str, x: Tensor, y: Tensor) -> tuple[nn.Module, Step]:
    """A model, and its loss on a batch."""
    torch.manual_seed(0)
    model = NETWORKS[network](RECTIFIERS[rectifier])
    with torch.no_grad():
        model.eval()(x[:1])  # lazy layers take their shapes
    model.train()
    run = torch.compile(model) if rectifier.startswith("torch.compile") else model

    def loss() -> Tensor:
        return nn.functional.cross_entropy(run(x), y)

    return model, loss


def finish(model: nn.Module, loss: Tensor) -> None:
    loss.backward()
    model.zero_grad()


def kept_by(model: nn.Module, loss: Step) -> int:
    """The bytes that autograd keeps for the backward pass, beside the parameters."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    held = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = loss()
    finish(model, result)
    return sum(count for pointer, count in kept.items() if pointer not in held)


def peak_of(model: nn.Module, loss: Step) -> int:
    """The most bytes that a step has allocated at any moment, over what was there before."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        finish(model, loss())
    events = profile.profiler.kineto_results.events()
    memory = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    held = peak = 0
    for _, change in memory:
        held += change
        peak = max(peak, held)
    return peak


@dataclass(frozen=True)
class Figures:
    """What a training step takes."""

    kept: int
    peak: int
    seconds: float
    """Of the quickest step."""
    ratio: float
    """Its time as a part of that with `nn.LeakyReLU`."""


def measure(network: str, rounds: int) -> dict[str, Figures]:
    x, y = torch.randn(BATCH), torch.randint(10, BATCH[:1])
    steps = {rectifier: step_of(network, rectifier, x, y) for rectifier in RECTIFIERS}
    memory = {}
    for rectifier, (model, loss) in steps.items():
        finish(model, loss())  # what is set up once
        memory[rectifier] = kept_by(model, loss), peak_of(model, loss)
    seconds: dict[str, list[float]] = {rectifier: [] for rectifier in RECTIFIERS}
    for number in range(rounds):
        # Whoever comes after another finds its caches: the order turns.
        for rectifier in list(RECTIFIERS)[:: 1 if number % 2 else -1]:
            model, loss = steps[rectifier]
            start = time.perf_counter()
            finish(model, loss())
            seconds[rectifier].append(time.perf_counter() - start)
    found = {}
    for rectifier, (kept, peak) in memory.items():
        pairs = zip(seconds[rectifier], seconds["nn.LeakyReLU"], strict=True)
        ratio = statistics.median(own / other for own, other in pairs)
        found[rectifier] = Figures(kept, peak, min(seconds[rectifier]), ratio)
    return found


def table(title: str, found: dict[str, dict[str, Figures]], *columns: tuple[str, str]) -> None:
    """Prints, for each network, some figures of each rectifier: the name of each and its format."""
    print(f"\n| {title} | {' | '.join(found)} |\n|---|{'---:|' * len(found)}")
    for rectifier in RECTIFIERS:
        cells = []
        for figures in found.values():
            own = []
            for name, form in columns:
                values = {key: getattr(figure, name) for key, figure in figures.items()}
                text = form.format(
                    values[rectifier] / 2**20 if name in ("kept", "peak") else values[rectifier]
                )
                own.append(f"**{text}**" if values[rectifier] == min(values.values()) else text)
            cells.append(" / ".join(own))
        print(f"| `{rectifier}` | {' | '.join(cells)} |", flush=True)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    torch.set_num_threads(2)
    found = {network: measure(network, rounds) for network in NETWORKS}
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, a batch of {list(BATCH)}")
    table("kept / peak, MiB", found, ("kept", "{:.1f}"), ("peak", "{:.1f}"))
    table(
        "time of a step, of `nn.LeakyReLU`'s / at least, s", found, ("ratio", "{:.2f}"), ("seconds", "{:.3f}")
    )


if __name__ == "__main__":
    main()
