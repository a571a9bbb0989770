"""What can be done with a sick network before it is trained on."""

from __future__ import annotations

import copy
from collections.abc import Callable

import leaky_relu.torch as lt
import torch
from torch import Tensor, nn

from evidence.methods.redo import dormant
from evidence.methods.resets import redraw_incoming, silence_outgoing

# What a treatment gives back is what is trained on; none where it is not defined for the network.
Treatment = Callable[[nn.Module, Callable[[], nn.Module], Tensor], nn.Module | None]


def train_on(model: nn.Module, fresh: Callable[[], nn.Module], x: Tensor) -> nn.Module:
    """Nothing."""
    return model


def swap(model: nn.Module, fresh: Callable[[], nn.Module], x: Tensor) -> nn.Module:
    """ReLU becomes Leaky ReLU 0.01."""
    lt.replace(model, 0.01)
    return model


def fresh_start(model: nn.Module, fresh: Callable[[], nn.Module], x: Tensor) -> nn.Module:
    """The network is thrown away, and another drawn."""
    return fresh()


@torch.no_grad()
def redo_reset(model: nn.Module, fresh: Callable[[], nn.Module], x: Tensor) -> nn.Module | None:
    """ReDo's reset of all dead units (tau 0), as it is defined: for stacks of linear layers and convolutions."""
    if not isinstance(model, nn.Sequential):
        return None
    weighted = [layer for layer in model if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d)]
    heard_next = dict(zip(weighted, weighted[1:], strict=False))
    last = None
    for layer in model:
        x = layer(x)
        if layer in heard_next:
            last = layer
        if not isinstance(layer, nn.ReLU) or last is None:
            continue
        units = dormant(x.transpose(0, 1).flatten(1).T, 0.0)
        if len(units):
            reset(last, heard_next[last], units)
    return model


@torch.no_grad()
def reset(layer: nn.Module, following: nn.Module, units: Tensor) -> None:
    if isinstance(layer, nn.Linear):
        redraw_incoming(layer, units)
        silence_outgoing(following, units)
        return
    fan_in = layer.weight[0].numel()
    bound = (6 / fan_in) ** 0.5
    layer.weight[units] = torch.empty(len(units), *layer.weight.shape[1:]).uniform_(-bound, bound)
    layer.bias[units] = 0
    if isinstance(following, nn.Linear):
        # Behind a flattening each channel is heard by as many inputs as it has positions.
        positions = following.in_features // layer.out_channels
        following.weight.view(len(following.weight), -1, positions)[:, units] = 0
    else:
        following.weight[:, units] = 0


@torch.no_grad()
def shrink_and_perturb(model: nn.Module, fresh: Callable[[], nn.Module], x: Tensor) -> nn.Module:
    """All weights times 0.4, plus 0.1 times fresh ones: Ash and Adams (2020), before training goes on."""
    for parameter, drawn in zip(model.parameters(), fresh().parameters(), strict=True):
        parameter.mul_(0.4).add_(drawn, alpha=0.1)
    return model


def revive_and_leak(model: nn.Module, fresh: Callable[[], nn.Module], x: Tensor) -> nn.Module:
    """Ours: dead units are revived without a change of the outputs, then all leak."""
    lt.revive(model, x)
    lt.replace(model, 0.01)
    return model


TREATMENTS: dict[str, Treatment] = {
    "train on": train_on,
    "swap and train on": swap,
    "fresh start": fresh_start,
    "ReDo's reset": redo_reset,
    "shrink and perturb": shrink_and_perturb,
    "revive and leak (ours)": revive_and_leak,
}


def treated(name: str, model: nn.Module, fresh: Callable[[], nn.Module], x: Tensor) -> nn.Module | None:
    """A treated copy of the model."""
    return TREATMENTS[name](copy.deepcopy(model), fresh, x)
