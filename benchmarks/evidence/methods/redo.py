"""Recycling of dormant neurons."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evidence.methods.method import Features, Method
from evidence.methods.resets import silence_outgoing
from evidence.networks import linears

# On how many samples scores are estimated (`batch_size_statistics` in Dopamine).
SAMPLES = 256


@dataclass
class ReDo(Method):
    """ReDo: Sokar, Agarwal, Castro and Evci (2023). Every `period` steps the units whose mean magnitude is at most
    `tau` times their layer's mean, on the last 256 samples, are begun anew: incoming weights are drawn by Xavier's
    uniform distribution, the bias and the outgoing weights become zero, and so do Adam's moments of these weights;
    its count of steps stays (`weight_recyclers.py` and `recycled_dqn_agents.py` in Dopamine)."""

    tau: float
    period: int

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        self._features = Features(model)
        self._samples = torch.empty(0)
        self._steps = 0

    @torch.no_grad()
    def after_step(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        self._samples = torch.cat([self._samples, x])[-SAMPLES:] if len(self._samples) else x
        self._steps += 1
        if self._steps % self.period:
            return
        model(self._samples)
        layers = linears(model)
        for number, features in enumerate(self._features.latest):
            units = dormant(features, self.tau)
            if not len(units):
                continue
            layer, following = layers[number], layers[number + 1]
            bound = math.sqrt(6 / (layer.in_features + layer.out_features))
            layer.weight[units] = torch.empty(len(units), layer.in_features).uniform_(-bound, bound)
            layer.bias[units] = 0
            silence_outgoing(following, units)
            for key in ("exp_avg", "exp_avg_sq"):
                optimizer.state[layer.weight][key][units] = 0
                optimizer.state[following.weight][key][:, units] = 0

    def end(self) -> None:
        self._features.close()


def dormant(features: Tensor, tau: float) -> Tensor:
    """The units of `features`, shape [samples, units], whose score is at most `tau`."""
    score = features.abs().mean(0)
    return torch.where(score / (score.mean() + 1e-9) <= tau)[0]
