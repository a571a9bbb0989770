"""Units that are not silent, revived where all that hears them can be muted: their mean is kept.

A dead unit behind a leak passes on a part of its negative input; a dormant one says little. What such a unit
says on the average is added behind what hears it before it is muted, as continual backpropagation does with
the units that it replaces (Dohare et al. 2024, "Loss of plasticity in deep continual learning"). What it said
beyond its mean is lost.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from leaky_relu.torch._edits import Edits, write
from leaky_relu.torch._exact import revive_exactly
from leaky_relu.torch._parts import Constant, Hearer, Normalization, put, read
from leaky_relu.torch._plans import Exact
from leaky_relu.torch._unit_map import Share
from leaky_relu.torch._work import Outcome, Work


def revive_speaking(work: Work, how: Exact, units: Tensor) -> None:
    """Revives units as if they were silent, with their means kept where there is a place for them."""
    while len(units):
        count = len(work.edits)
        edits = work.begun(Edits(anew=False))
        for hearer in how.hearers:
            keep_mean(work, hearer, units, edits)
        tried = Outcome()
        revive_exactly(work, how, units, tried)
        if not tried.left:
            work.outcome.speaking += tried.exact
            return
        # Those that did not come to life still speak: nothing of theirs is to be kept elsewhere.
        work.undo_behind(count)
        work.outcome.left += tried.left
        left = torch.tensor([unit for _, unit, _ in tried.left])
        units = units[~torch.isin(units, left)]


def keep_mean(work: Work, hearer: Hearer, units: Tensor, edits: Edits) -> None:
    """Adds the mean of what a hearer hears of some units, which are not muted yet, behind it."""
    if hearer.weights is not None and hearer.constant is not None:
        mean = work.runs.heard(hearer.weights.tensor)
        if mean is not None:
            _through_weights(hearer.weights, hearer.constant, mean, units, edits)
    if hearer.by is not None:
        values = work.entering(hearer.by, units)
        if values is not None:
            _through_normalization(hearer.by, values.mean(0), units, edits)


def _through_weights(weights: Share, constant: Constant, mean: Tensor, units: Tensor, edits: Edits) -> None:
    """What the weights make of the mean is added behind them."""
    indices = weights.indices(units).cpu()
    entries = _along(weights, weights.places["axis"], indices)
    if weights.places.get("groups", 1) != 1:
        # Axis 1 counts the channels of one group; the unit is the channel itself.
        entries = units[:, None].expand_as(indices)
    passed_on = read(weights, units).cpu() * mean[entries]
    outputs = torch.arange(constant.share.tensor.numel())
    change = torch.zeros(len(outputs), dtype=torch.float64)
    change.index_add_(0, _along(weights, constant.outputs_axis, indices).flatten(), passed_on.flatten())
    edits.remember(constant.share, outputs)
    now = read(constant.share, outputs)[:, 0]
    put(constant.share, outputs, now + constant.factor * change.to(now.device))


def _through_normalization(by: Normalization, mean: Tensor, units: Tensor, edits: Edits) -> None:
    """A batch normalisation passes the mean on, scaled."""
    scale, shift, variance = (read(share, units) for share in (by.scale, by.shift, by.variance))
    passed_on = scale * mean.to(scale.device) / (variance + by.epsilon).sqrt()
    edits.remember(by.shift, units)
    write(by.shift.tensor, by.shift.indices(units), shift + passed_on)


def _along(share: Share, axis: int, indices: Tensor) -> Tensor:
    """Where numbers of a tensor stand along one of its axes."""
    below = math.prod(share.tensor.shape[axis + 1 :])
    return torch.div(indices, below, rounding_mode="floor") % share.tensor.shape[axis]
