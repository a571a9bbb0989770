"""Weights that shrink and are disturbed."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evidence.methods.method import Method


@dataclass
class ShrinkAndPerturb(Method):
    """Shrink and perturb: Ash and Adams (2020); after every step, as Kumar et al. (2023) do it: all parameters
    times `1 - shrink`, plus `perturb` times those of a freshly drawn network."""

    shrink: float
    perturb: float

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        self._fresh = copy.deepcopy(model)

    @torch.no_grad()
    def after_step(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        for module in self._fresh:
            if isinstance(module, nn.Linear):
                module.reset_parameters()
        for parameter, fresh in zip(model.parameters(), self._fresh.parameters(), strict=True):
            parameter.mul_(1 - self.shrink).add_(fresh, alpha=self.perturb)
