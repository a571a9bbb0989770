"""A unit begun anew: what the resetting methods share."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


@torch.no_grad()
def redraw_incoming(layer: nn.Linear, units: Tensor) -> None:
    """The weights of some units as a new layer's would be: uniform with Kaiming's bound for ReLU, bias 0."""
    bound = math.sqrt(2) * math.sqrt(3 / layer.in_features)
    layer.weight[units] = torch.empty(len(units), layer.in_features).uniform_(-bound, bound)
    layer.bias[units] = 0


@torch.no_grad()
def silence_outgoing(layer: nn.Linear, units: Tensor) -> None:
    """The weights that hear some units become zero."""
    layer.weight[:, units] = 0


def reset_moments(optimizer: torch.optim.Optimizer, layer: nn.Linear, following: nn.Linear, units: Tensor) -> None:
    """Adam's two moments become zero where the weights were changed."""
    for key in ("exp_avg", "exp_avg_sq"):
        optimizer.state[layer.weight][key][units] = 0
        optimizer.state[layer.bias][key][units] = 0
        optimizer.state[following.weight][key][:, units] = 0
