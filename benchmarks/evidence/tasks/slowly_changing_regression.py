"""A function of bits, some of which flip slowly."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from evidence.tasks.online import OnlineTask, Tasks

INPUTS, FLIPPING, FEATURES, BETA = 20, 15, 100, 0.7


def slowly_changing_regression(tasks: int = 25, examples: int = 1000) -> OnlineTask:
    """Slowly-changing regression with the settings of Dohare et al. (2024): 20 bits of which 15 stand still
    within a task, a target network of 100 threshold units with weights of plus and minus one (beta 0.7), a learner
    of 5 hidden units, examples one by one, Adam at 0.01. Scaled down: the bits change every 1,000 examples instead
    of 10,000, and there are 25,000 of them instead of a million."""

    def of_seed(seed: int) -> Tasks:
        random = torch.Generator().manual_seed(seed)
        target = TargetNetwork(random)
        for _ in range(tasks):
            still = torch.randint(2, (FLIPPING,), generator=random).float().expand(examples, FLIPPING)
            free = torch.randint(2, (examples, INPUTS - FLIPPING), generator=random).float()
            x = torch.cat([still, free], 1)
            y = target(x)
            yield [(x[i : i + 1], y[i : i + 1]) for i in range(examples)]

    return OnlineTask(
        "slowly-changing regression",
        (INPUTS, 5, 1),
        0.01,
        of_seed,
        functional.mse_loss,
        functional.mse_loss,
        False,
    )


class TargetNetwork:
    """Linear threshold units: a unit is 1 where its input exceeds `beta * (inputs + 1) - S`, `S` being the number
    of its weights that are minus one (`fix_ltu_net.py` of the authors' code)."""

    def __init__(self, random: torch.Generator) -> None:
        def signs(*shape: int) -> Tensor:
            return torch.randint(2, shape, generator=random).float() * 2 - 1

        self._weight, self._bias = signs(FEATURES, INPUTS), signs(FEATURES)
        self._outgoing, self._outgoing_bias = signs(FEATURES, 1), signs(1)
        negative = (INPUTS - self._weight.sum(1) + self._bias) / 2
        self._threshold = BETA * (INPUTS + 1) - negative

    def __call__(self, x: Tensor) -> Tensor:
        features = (x @ self._weight.T + self._bias > self._threshold).float()
        return features @ self._outgoing + self._outgoing_bias
