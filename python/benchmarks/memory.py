"""Memory and seconds of a training step with each Leaky ReLU, of a VGG-like, a ResNet-like and a U-Net.

    python python/benchmarks/memory.py [ROUNDS]

Memory is what PyTorch's allocator has given out at most within the step, and the part of it that autograd
keeps for the backward pass. Each measurement runs in a process of its own, and all take turns in rounds; the
smallest figures of the rounds are printed.
"""

import json
import subprocess
import sys
import time

import torch
from torch import Tensor, nn

import leaky_relu.torch as lt

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


def measure(network: str, rectifier: str, steps: int = 3) -> None:
    """One measurement, in this process, printed as JSON."""
    torch.manual_seed(0)
    torch.set_num_threads(2)
    model = NETWORKS[network](RECTIFIERS[rectifier])
    x, y = torch.randn(8, 3, 32, 32), torch.randint(10, (8,))
    with torch.no_grad():
        model(x[:1]) if network == "U-Net" else model.eval()(x[:1])
    model.train()
    run = torch.compile(model) if rectifier.startswith("torch.compile") else model

    def loss(inputs: Tensor, labels: Tensor) -> Tensor:
        return nn.functional.cross_entropy(run(inputs), labels)

    def step() -> None:
        loss(x, y).backward()
        model.zero_grad()

    step()  # what is set up once
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    held = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = loss(x, y)
    size = sum(count for pointer, count in kept.items() if pointer not in held)
    result.backward()
    del result
    model.zero_grad()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"kept": size, "peak": peak_of(step), "seconds": min(seconds)}))


def peak_of(step) -> int:
    """The most bytes that a step has allocated at any moment, over what was there before."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        step()
    events = profile.profiler.kineto_results.events()
    memory = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    held = peak = 0
    for _, change in memory:
        held += change
        peak = max(peak, held)
    return peak


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for network in NETWORKS:
        best: dict[str, dict[str, float]] = {}
        for _ in range(rounds):
            for rectifier in RECTIFIERS:
                arguments = [sys.executable, __file__, "--measure", network, rectifier]
                done = subprocess.run(arguments, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout.splitlines()[-1])
                known = best.setdefault(rectifier, found)
                best[rectifier] = {key: min(value, known[key]) for key, value in found.items()}
        print(f"\n| {network}, 8 images of 32x32 | kept for the gradient | peak | time of a step |")
        print("|---|---:|---:|---:|")
        usual = best["nn.LeakyReLU"]
        for rectifier, found in best.items():
            print(
                f"| {rectifier} | {found['kept'] / 2**20:.0f} MiB | {found['peak'] / 2**20:.0f} MiB "
                f"| {found['seconds'] / usual['seconds']:.2f} of nn.LeakyReLU's |",
                flush=True,
            )
        for figure, name in (("kept", "keeps least"), ("peak", "peaks lowest"), ("seconds", "is fastest")):
            print(f"\n{min(best, key=lambda rectifier: best[rectifier][figure])} {name}.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3])
    else:
        main()
