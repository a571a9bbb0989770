"""Recycling of dormant neurons."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evidence.methods.method import Features, Method
from evidence.methods.resets import redraw_incoming, reset_moments, silence_outgoing
from evidence.networks import linears


@dataclass
class ReDo(Method):
    """ReDo: Sokar, Agarwal, Castro and Evci (2023). Every `period` steps the units whose mean magnitude on the
    batch is at most `tau` times their layer's mean are begun anew; Adam's moments of what changed become zero,
    and so does the step count of the tensors it lies in (`weight_recyclers.py` in Dopamine)."""

    tau: float
    period: int

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        self._features = Features(model)
        self._steps = 0

    def after_step(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        self._steps += 1
        if self._steps % self.period:
            return
        layers = linears(model)
        for number, features in enumerate(self._features.latest):
            units = dormant(features, self.tau)
            if not len(units):
                continue
            layer, following = layers[number], layers[number + 1]
            redraw_incoming(layer, units)
            silence_outgoing(following, units)
            reset_moments(optimizer, layer, following, units)
            for parameter in (layer.weight, layer.bias, following.weight):
                optimizer.state[parameter]["step"].zero_()

    def end(self) -> None:
        self._features.close()


def dormant(features: Tensor, tau: float) -> Tensor:
    """The units of `features`, shape [samples, units], whose score is at most `tau`."""
    score = features.abs().mean(0)
    return torch.where(score / (score.mean() + 1e-9) <= tau)[0]
