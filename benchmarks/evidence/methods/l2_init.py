"""A pull towards the initial weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evidence.methods.method import Method


@dataclass
class L2Init(Method):
    """L2 Init: Kumar, Marklund and Van Roy (2023). Half the squared distance of all parameters from where
    they began, times `strength`, is added to the loss (`agents/agents.py` of the authors' code)."""

    strength: float

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        self._initial = [parameter.detach().clone() for parameter in model.parameters()]

    def penalty(self, model: nn.Module) -> Tensor | float:
        pairs = zip(model.parameters(), self._initial, strict=True)
        squares = [(parameter - initial).square().sum() for parameter, initial in pairs]
        return 0.5 * self.strength * torch.stack(squares).sum()
