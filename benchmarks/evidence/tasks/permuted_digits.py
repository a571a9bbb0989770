"""Digits whose pixels are permuted anew for each task."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch.nn import functional

from evidence.tasks.online import OnlineTask, Tasks, accuracy


def permuted_digits(tasks: int = 50) -> OnlineTask:
    """Online permuted MNIST (Dohare et al. 2024; Kumar et al. 2023: batches of 16, hidden layers of 100), scaled
    down to the 1797 digits of 8x8 pixels that scikit-learn carries: each task is one pass over them."""

    def of_seed(seed: int) -> Tasks:
        x, y = (torch.tensor(array) for array in load_digits(return_X_y=True))
        x = x.float() / 16
        random = torch.Generator().manual_seed(seed)
        for _ in range(tasks):
            permuted = x[:, torch.randperm(64, generator=random)]
            order = torch.randperm(len(x), generator=random).split(16)
            yield [(permuted[batch], y[batch]) for batch in order]

    return OnlineTask(
        "permuted digits", (64, 100, 100, 100, 10), 0.001, of_seed, functional.cross_entropy, accuracy, True
    )
