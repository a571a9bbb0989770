"""This project's own: dead units revived while training goes on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import leaky_relu.torch as lt
import torch
from torch import Tensor, nn

from evidence.methods.l2_init import L2Init
from evidence.networks import Activation


@dataclass
class Recycling(L2Init):
    """`lt.Watch(model, recycle=period)`: every so many steps the units that were above zero on no sample of the
    looks since the last time are revived, without a change of the outputs. With `alpha` the units leak; with
    `strength` a pull towards the initial weights (L2 Init) is added."""

    period: int = 25
    alpha: float = 0.0
    strength: float = 0.0

    def activation(self) -> Activation:
        return (lambda: lt.LeakyReLU(self.alpha)) if self.alpha else nn.ReLU

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        super().begin(model, optimizer)
        # The warning that a layer is dying is for people at work; here it is what is measured.
        warnings.filterwarnings("ignore", message=".* is dying")
        self._watch = lt.Watch(model, every=max(1, self.period // 5), recycle=self.period, optimizer=optimizer)

    def penalty(self, model: nn.Module) -> Tensor | float:
        return super().penalty(model) if self.strength else 0.0

    def after_step(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        self._watch.step()

    def end(self) -> None:
        self._watch.close()
