"""What `lt.Watch` adds to a training step, in parts of the step.

    python python/benchmarks/watch.py

Steps and looks are timed in turn, in one process and on one thread; the lower quartile of each is taken.
"""

import statistics
import time

import torch
from torch import nn

import leaky_relu.torch as lt

EVERY = 10


def perceptron(*widths: int) -> nn.Module:
    pairs = list(zip(widths[:-2], widths[1:-1], strict=True))
    layers = [layer for a, b in pairs for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


def convolutional() -> nn.Module:
    blocks = [(3, 32), (32, 32), (32, 64)]
    layers = [
        layer
        for a, b in blocks
        for layer in (nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
    ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def transformer() -> nn.Module:
    layer = nn.TransformerEncoderLayer(128, 4, 512, batch_first=True)
    return nn.Sequential(nn.TransformerEncoder(layer, 2), nn.Flatten(), nn.LazyLinear(10))


def measure(name: str, model: nn.Module, x: torch.Tensor, steps: int) -> None:
    y = torch.randint(10, (len(x),))
    model(x)
    optimizer = torch.optim.Adam(model.parameters())
    watch = lt.Watch(model, every=EVERY)
    step, look = [], []
    for _ in range(steps):
        start = time.perf_counter()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()
        done = time.perf_counter()
        watch.step()
        step.append(done - start)
        if watch.steps % EVERY == 0:
            look.append(time.perf_counter() - done)
    one, other = (statistics.quantiles(times, n=4)[0] for times in (step, look))
    added = 100 * other / EVERY / one
    print(f"| {name} | {1e3 * one:.2f} ms | {1e3 * other:.2f} ms | {added:.2f} % |")


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"| batch | a step | a look, every {EVERY} steps | added to a step |")
    print("|---|---:|---:|---:|")
    measure("perceptron 64-128-128-10, 128 rows", perceptron(64, 128, 128, 10), torch.randn(128, 64), 600)
    wide = perceptron(784, 512, 512, 10)
    measure("perceptron 784-512-512-10, 128 rows", wide, torch.randn(128, 784), 200)
    measure("three convolutions, 64 images of 32x32", convolutional(), torch.randn(64, 3, 32, 32), 40)
    measure("two encoder layers, 32 rows of 64 tokens", transformer(), torch.randn(32, 64, 128), 40)


if __name__ == "__main__":
    main()
