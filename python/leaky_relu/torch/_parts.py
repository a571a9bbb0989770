"""The numbers that make a unit and those that hear it, drawn, centred, silenced and muted.

What is done is what the engine does in its own networks (`leaky_cure::revive`), here to the tensors of a
module, for many units at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from leaky_relu.torch._edits import write
from leaky_relu.torch._unit_map import Share


@dataclass(frozen=True)
class Seen:
    """What was seen of some numbers of some units: a value for each."""

    mean: Tensor
    deviation: Tensor
    median: Tensor
    firing: Tensor
    """The fraction of samples and positions above the threshold."""

    @classmethod
    def of(cls, values: Tensor, threshold: float) -> Seen:
        """Of values with a column for each unit."""
        few = len(values) < 1 << 16
        return cls(
            mean=values.mean(0),
            deviation=values.std(0, correction=0),
            median=values.quantile(0.5, 0) if few else values.median(0).values,
            firing=(values > threshold).double().mean(0),
        )

    def varies(self) -> Tensor:
        """Which units differ from sample to sample by more than rounding."""
        return self.deviation > 1e-5 * (self.mean.abs() + self.deviation)

    def lives(self) -> Tensor:
        """Which units fire on some data and not on other."""
        return self.varies() & (self.firing > 0) & (self.firing < 1)

    def where(self, chosen: Tensor, other: Seen) -> Seen:
        """These values for the chosen units, the other's for the rest."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Seen(*(torch.where(chosen, own, others) for own, others in pairs))

    def take(self, units: Tensor) -> Seen:
        return Seen(*(values[units] for values in vars(self).values()))


@dataclass(frozen=True)
class Normalization:
    """A batch normalisation's scale, shift and statistics."""

    scale: Share
    shift: Share
    mean: Share
    variance: Share
    epsilon: float

    def shares(self) -> list[Share]:
        return [self.scale, self.shift, self.mean, self.variance]

    def of_silence(self, units: Tensor) -> Tensor:
        """What it gives for silent units."""
        scale, shift, mean, variance = (read(share, units) for share in self.shares())
        return shift - scale * mean / (variance + self.epsilon).sqrt()


@dataclass(frozen=True)
class Constant:
    """Numbers that are added to what weights make of what they hear, one for each of their outputs."""

    share: Share
    """The number of each output."""
    factor: float
    """What a change of an output by one is there."""
    outputs_axis: int
    """The axis of the weights that counts their outputs."""


@dataclass(frozen=True)
class Hearer:
    """What hears units: weights, or a batch normalisation that passes them on."""

    weights: Share | None
    constant: Constant | None
    """What is added to what the weights make, where there is such a thing."""
    by: Normalization | None
    behind: Normalization | None
    """What normalises the result, where each channel of it comes from one unit alone."""

    def shares(self) -> list[Share]:
        """The numbers of each unit: the constant is no unit's own."""
        found = [] if self.weights is None else [self.weights]
        for normalization in (self.by, self.behind):
            found += [] if normalization is None else normalization.shares()
        return found

    def mute(self, units: Tensor) -> None:
        """Makes it give for the units what it gave while they were silent, whatever they say."""
        if self.weights is not None:
            fill(self.weights, units, 0.0)
        if self.by is not None:
            given = self.by.of_silence(units)
            fill(self.by.scale, units, 0.0)
            write(self.by.shift.tensor, self.by.shift.indices(units), given)
        if self.behind is not None:
            # Where silence was all that was ever normalised, its variance is nothing: the first weights that
            # grow back would be amplified by all that was added to it.
            given = self.behind.of_silence(units)
            write(self.behind.shift.tensor, self.behind.shift.indices(units), given)
            fill(self.behind.mean, units, 0.0)
            fill(self.behind.variance, units, 1.0)

    def deafen(self, units: Tensor) -> None:
        """Weights that make one unit and hear another were drawn afresh: what they hear with is zero."""
        if self.weights is not None:
            fill(self.weights, units, 0.0)


@dataclass(frozen=True)
class Maker:
    """What makes units at one place."""

    weights: Share | None
    shift: Share | None
    factor: float
    """By which the shift is multiplied."""
    scale: Share | None
    mean: Share | None
    variance: Share | None
    epsilon: float

    def shares(self) -> list[Share]:
        own = [self.weights, self.shift, self.scale, self.mean, self.variance]
        return [share for share in own if share is not None]

    def silence(self, units: Tensor) -> None:
        """Makes it give zero for the units."""
        for share in (self.weights if self.scale is None else self.scale, self.shift):
            if share is not None:
                fill(share, units, 0.0)

    def draw(self, units: Tensor, gain: float, random: torch.Generator) -> Tensor | None:
        """Draws weights and sets everything behind them so that it passes them on; gives the weights."""
        drawn = None
        if self.weights is not None:
            indices = self.weights.indices(units)
            # On the CPU, so that they are the same whatever the device.
            drawn = torch.randn(indices.shape, generator=random, dtype=torch.float64)
            drawn *= gain / math.sqrt(indices.shape[1])
            write(self.weights.tensor, indices, drawn)
        for share, value in (
            (self.shift, 0.0),
            (self.scale, 1.0),
            (self.mean, 0.0),
            (self.variance, 1.0 - self.epsilon),
        ):
            if share is not None:
                fill(share, units, value)
        return drawn

    def centre(
        self, units: Tensor, seen: Seen, drawn: Tensor | None, middle: float, deviation: float
    ) -> None:
        """Puts the median of the pre-activations, as they were seen since `draw`, at `middle` and their
        deviation at `deviation`."""
        factor = deviation / seen.deviation
        shift = middle - seen.median * factor
        if self.mean is not None and self.variance is not None and self.scale is not None:
            # Batch normalisation gets the statistics that it would have found.
            variance = seen.deviation.square()
            put(self.mean, units, seen.mean)
            put(self.variance, units, variance)
            put(self.scale, units, factor * (variance + self.epsilon).sqrt())
            shift = shift + seen.mean * factor
        elif self.scale is not None:
            put(self.scale, units, factor)
        elif self.weights is not None and drawn is not None:
            write(self.weights.tensor, self.weights.indices(units), drawn * factor[:, None])
        if self.shift is not None:
            put(self.shift, units, shift / self.factor)


def read(share: Share, units: Tensor) -> Tensor:
    """The numbers of the units: a row for each."""
    return share.tensor.detach().take(share.indices(units)).double()


def fill(share: Share, units: Tensor, value: float) -> None:
    """Makes all numbers of the units the same."""
    write(share.tensor, share.indices(units), value)


def put(share: Share, units: Tensor, values: Tensor) -> None:
    """Gives every number of a unit that unit's value."""
    write(share.tensor, share.indices(units), values[:, None])
