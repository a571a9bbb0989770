"""What `lt.Watch` adds to a training step, in parts of the step.

    python python/benchmarks/watch.py

Two copies of a model are trained in turn, ten steps each, one of them watched, in one process and on one
thread. All that the watch does is in the ten steps: hooks, counting, and one look.
"""

import copy
import statistics
import time
from collections.abc import Callable

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


def measure(name: str, model: nn.Module, x: torch.Tensor, rounds: int) -> None:
    y = torch.randint(10, (len(x),))
    with torch.no_grad():
        model(x)  # lazy layers take their shapes
    watched = copy.deepcopy(model)
    watch = lt.Watch(watched, every=EVERY)

    def trainer(model: nn.Module, watch: lt.Watch | None) -> Callable[[], float]:
        optimizer = torch.optim.Adam(model.parameters())

        def steps() -> float:
            start = time.process_time()
            for _ in range(EVERY):
                nn.functional.cross_entropy(model(x), y).backward()
                optimizer.step()
                optimizer.zero_grad()
                if watch is not None:
                    watch.step()
            return time.process_time() - start

        return steps

    plain, with_watch = trainer(model, None), trainer(watched, watch)
    for _ in range(3):  # the first look finds out what there is to count
        plain(), with_watch()
    pairs = []
    for number in range(rounds):
        if number % 2:
            one, other = plain(), with_watch()
        else:
            other, one = with_watch(), plain()
        pairs.append((one, other))
    step = min(one for one, _ in pairs) / EVERY
    quickest = min(other for _, other in pairs) / EVERY / step - 1
    median = statistics.median(other / one for one, other in pairs) - 1
    print(f"| {name} | {1e3 * step:.2f} ms | {100 * median:+.1f} % | {100 * quickest:+.1f} % |", flush=True)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"| every={EVERY} | a step | added: median of the rounds | quickest beside quickest |")
    print("|---|---:|---:|---:|")
    measure("perceptron 64-128-128-10, 128 rows", perceptron(64, 128, 128, 10), torch.randn(128, 64), 300)
    wide = perceptron(784, 512, 512, 10)
    measure("perceptron 784-512-512-10, 128 rows", wide, torch.randn(128, 784), 60)
    measure("three convolutions, 64 images of 32x32", convolutional(), torch.randn(64, 3, 32, 32), 12)
    measure("two encoder layers, 32 rows of 64 tokens", transformer(), torch.randn(32, 64, 128), 12)


if __name__ == "__main__":
    main()
