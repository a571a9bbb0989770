"""The networks that are trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Activation = Callable[[], nn.Module]


class ConcatenatedReLU(nn.Module):
    """`[relu(x), relu(-x)]` along the units (Shang et al. 2016): twice as many outputs as inputs."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.relu(), (-x).relu()], 1)


def perceptron(widths: Sequence[int], activation: Activation) -> nn.Sequential:
    """Linear layers of these widths with an activation between each two. With `ConcatenatedReLU` each hidden
    layer has half as many linear outputs (rounded up), so that the next one sees as many inputs as the others."""
    doubles = isinstance(activation(), ConcatenatedReLU)
    layers: list[nn.Module] = []
    width = widths[0]
    for following in widths[1:-1]:
        outputs = (following + 1) // 2 if doubles else following
        layers += [nn.Linear(width, outputs), activation()]
        width = 2 * outputs if doubles else outputs
    layers.append(nn.Linear(width, widths[-1]))
    return nn.Sequential(*layers)


def rectifiers(model: nn.Module) -> list[nn.Module]:
    """The activations between the linear layers, in order."""
    return [module for module in model.children() if not isinstance(module, nn.Linear)]


def linears(model: nn.Module) -> list[nn.Linear]:
    """The linear layers, in order: each rectifier stands between two."""
    return [module for module in model.children() if isinstance(module, nn.Linear)]


@torch.no_grad()
def dead_fraction(model: nn.Module, x: Tensor) -> float:
    """The fraction of hidden units whose pre-activation is above zero on no sample."""
    dead = units = 0
    for layer in model.children():
        if not isinstance(layer, nn.Linear):
            dead += int((x <= 0).all(0).sum())
            units += x.shape[1]
        x = layer(x)
    return dead / max(1, units)
