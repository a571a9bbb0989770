"""How often each unit of each rectifier is above and below zero."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from leaky_relu._diagnosis import Layer, layer_of_counts
from leaky_relu.torch._observer import After, Firing


class UnitsDiffer(ValueError):
    """A layer has not the same units in each batch."""


@dataclass
class LayerCounts:
    """Counts of one rectifier. They lie on the device of its tensors, so nothing waits for it."""

    op: str
    alpha: float | None
    threshold: float
    above_zero: Tensor
    lowest: Tensor
    """The lowest pre-activation of each unit; NaN where one was not a number."""
    magnitude: Tensor
    """Sums of the magnitude of the activation, where they are asked for."""
    total: int = 0

    def added(self, other: LayerCounts) -> LayerCounts:
        return LayerCounts(
            self.op,
            self.alpha,
            self.threshold,
            self.above_zero + other.above_zero,
            torch.minimum(self.lowest, other.lowest),
            self.magnitude + other.magnitude,
            self.total + other.total,
        )

    def layer(self, name: str, tau: float | None) -> Layer:
        magnitude = (self.magnitude / self.total).tolist() if tau is not None else None
        return layer_of_counts(
            name,
            self.op,
            self.alpha,
            self.above_zero.tolist(),
            (self.lowest < self.threshold).tolist(),
            self.total,
            magnitude,
            tau,
        )


@dataclass
class Counts:
    """Counts of all rectifiers of a model, in the order of execution."""

    magnitudes: bool = False
    layers: dict[str, LayerCounts] = field(default_factory=dict)

    def count(self, firing: Firing) -> After | None:
        """Counts what enters a rectifier; answers what is to be done with what leaves it."""
        z, axis = firing.rectifier.input, firing.axis
        units = z.shape[axis] if axis < z.dim() else 1
        layer = self.layers.get(firing.name)
        if layer is None:
            layer = self.layers[firing.name] = _empty(firing, units)
        elif len(layer.above_zero) != units:
            raise UnitsDiffer(
                f"{firing.name}: its pre-activation of shape {list(z.shape)} has {units} units along axis "
                f"{axis}, in another batch it had {len(layer.above_zero)}: units must not depend on the data"
            )
        if z.numel() == 0:
            return None
        others = [other for other in range(z.dim()) if other != axis]
        layer.above_zero += _sum(z > layer.threshold, others)
        lowest = z.amin(others) if others else z
        layer.lowest = torch.minimum(layer.lowest, lowest.view_as(layer.lowest))
        layer.total += z.numel() // units
        if not self.magnitudes:
            return None

        def add_magnitude(activation: Tensor) -> None:
            layer.magnitude += _sum(activation.abs().to(layer.magnitude.dtype), others)

        return add_magnitude

    def with_added(self, other: Counts) -> Counts:
        """The counts of both together, apart from either."""
        both = dict(self.layers)
        for name, layer in other.layers.items():
            both[name] = both[name].added(layer) if name in both else layer
        return Counts(self.magnitudes, both)

    def add_other_processes(self, samples: int) -> int:
        """Adds to these counts those of all other processes, which must call this too; gives the number of
        samples of all."""
        summed = samples
        for name, layer in self.layers.items():
            not_numbers = layer.lowest.isnan()
            lowest = layer.lowest.masked_fill(not_numbers, math.inf)
            torch.distributed.all_reduce(lowest, torch.distributed.ReduceOp.MIN)
            of_all = torch.cat([layer.above_zero, not_numbers.long()])
            of_all = torch.cat([of_all, of_all.new_tensor([layer.total, samples])])
            torch.distributed.all_reduce(of_all)
            units = len(layer.above_zero)
            above, not_numbers, rest = of_all.split([units, units, 2])
            total, summed = rest.tolist()
            lowest = lowest.masked_fill(not_numbers > 0, math.nan)
            self.layers[name] = replace(layer, above_zero=above, lowest=lowest, total=total)
        return summed

    def check(self) -> None:
        """Refuses counts that give no verdict.

        Raises:
            ValueError: if a pre-activation was not a number, or a rectifier saw nothing.
        """
        for name, layer in self.layers.items():
            if layer.total == 0:
                raise ValueError(f"{name}: its pre-activation is empty: it holds no number to diagnose")
            if layer.lowest.isnan().any():
                raise ValueError(
                    f"{name}: its pre-activation is not a number (NaN) on some samples: look for what "
                    "overflows before it, or for NaN in the data"
                )

    def finished(self, tau: float | None = None) -> list[Layer]:
        """The verdicts.

        Raises:
            ValueError: as `check`.
        """
        self.check()
        return [layer.layer(name, tau) for name, layer in self.layers.items()]


def is_distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _empty(firing: Firing, units: int) -> LayerCounts:
    z = firing.rectifier.input
    kind = torch.float64 if z.dtype == torch.float64 else torch.float32
    return LayerCounts(
        firing.rectifier.op,
        firing.rectifier.alpha,
        firing.rectifier.threshold,
        above_zero=torch.zeros(units, dtype=torch.int64, device=z.device),
        lowest=torch.full((units,), math.inf, dtype=kind, device=z.device),
        magnitude=torch.zeros(units, dtype=torch.float32, device=z.device),
    )


def _sum(values: Tensor, axes: list[int]) -> Tensor:
    if not axes:
        return values
    summed = values.sum(axes)
    return summed if summed.dim() else summed[None]
