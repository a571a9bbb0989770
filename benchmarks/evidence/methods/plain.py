"""Activations alone: nothing steps in."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from evidence.methods.method import Method
from evidence.networks import Activation, ConcatenatedReLU


@dataclass
class ReLU(Method):
    """Training as it is."""


@dataclass
class LeakyReLU(Method):
    """ReLU with a leak: Maas, Hannun and Ng (2013)."""

    alpha: float

    def activation(self) -> Activation:
        return lambda: nn.LeakyReLU(self.alpha)


@dataclass
class CReLU(Method):
    """Concatenated ReLU, against the loss of plasticity: Abbas et al. (2023)."""

    def activation(self) -> Activation:
        return ConcatenatedReLU
