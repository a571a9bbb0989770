"""Digits whose labels are drawn anew for each task."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch.nn import functional

from evidence.tasks.online import OnlineTask, Tasks, accuracy


def random_labels(tasks: int = 20, samples: int = 480, passes: int = 10) -> OnlineTask:
    """Random-label MNIST (Lyle et al. 2023; Kumar et al. 2023: 1200 images, 50 tasks), scaled down: 480 digits
    of 8x8 pixels, whose labels are drawn at random for each task and learned by heart in 10 passes."""

    def of_seed(seed: int) -> Tasks:
        x = torch.tensor(load_digits().data).float() / 16
        random = torch.Generator().manual_seed(seed)
        x = x[torch.randperm(len(x), generator=random)[:samples]]
        for _ in range(tasks):
            y = torch.randint(10, (samples,), generator=random)
            orders = [torch.randperm(samples, generator=random).split(16) for _ in range(passes)]
            yield [(x[batch], y[batch]) for order in orders for batch in order]

    return OnlineTask(
        "random labels", (64, 100, 100, 100, 10), 0.001, of_seed, functional.cross_entropy, accuracy, True
    )
