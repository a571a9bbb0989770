"""What it takes to revive units of a layer, read from the unit map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from leaky_relu.torch._edits import Edits, write
from leaky_relu.torch._unit_map import Share, UnitMap


@dataclass(frozen=True)
class Muted:
    """A batch normalisation that passes units on, and is to give what it gave for silent ones."""

    scale: Share
    shift: Share
    mean: Share
    variance: Share
    epsilon: float


@dataclass(frozen=True)
class Plan:
    """The numbers that make the units of a layer, and those that hear them."""

    weights: Share | None
    shift: Share | None
    factor: float
    scale: Share | None
    mean: Share | None
    variance: Share | None
    epsilon: float
    heard_by: tuple[Share | Muted, ...]
    gain: float
    threshold: float

    def shares(self) -> list[Share]:
        """Everything that is changed."""
        own = [self.weights, self.shift, self.scale, self.mean, self.variance]
        found = [share for share in own if share is not None]
        for heard in self.heard_by:
            found += [heard] if isinstance(heard, Share) else [heard.scale, heard.shift]
        return found

    def remember(self, edits: Edits, units: Tensor) -> None:
        for share in self.shares():
            edits.remember(share, units)

    def mute(self, units: Tensor) -> None:
        """Makes the rest of the network deaf to the units."""
        for heard in self.heard_by:
            if isinstance(heard, Share):
                write(heard.tensor, heard.indices(units), 0.0)
                continue
            parts = (heard.scale, heard.shift, heard.mean, heard.variance)
            scale, shift, mean, variance = (part.tensor.take(part.indices(units)).double() for part in parts)
            given = shift - scale * mean / (variance + heard.epsilon).sqrt()
            write(heard.shift.tensor, heard.shift.indices(units), given)
            write(heard.scale.tensor, heard.scale.indices(units), 0.0)

    def draw(self, units: Tensor, random: torch.Generator) -> Tensor | None:
        """Draws weights and sets everything behind them so that it passes them on; gives the weights."""
        drawn = None
        if self.weights is not None:
            indices = self.weights.indices(units)
            # On the CPU, so that they are the same whatever the device.
            drawn = torch.randn(indices.shape, generator=random, dtype=torch.float64)
            drawn *= self.gain / math.sqrt(indices.shape[1])
            write(self.weights.tensor, indices, drawn.to(indices.device))
        for share, value in (
            (self.shift, 0.0),
            (self.scale, 1.0),
            (self.mean, 0.0),
            (self.variance, 1.0 - self.epsilon),
        ):
            if share is not None:
                write(share.tensor, share.indices(units), value)
        return drawn

    def centre(self, units: Tensor, seen: Seen, drawn: Tensor | None) -> None:
        """Puts the median of the pre-activations at the threshold and their deviation at the gain."""
        deviation = seen.deviation.where(seen.deviation > 0, torch.ones_like(seen.deviation))
        factor = self.gain / deviation
        shift = self.threshold - seen.median * factor
        if self.mean is not None and self.variance is not None and self.scale is not None:
            # Batch normalisation gets the statistics that it would have found.
            variance = seen.deviation.square()
            self._set(self.mean, units, seen.mean)
            self._set(self.variance, units, variance)
            self._set(self.scale, units, factor * (variance + self.epsilon).sqrt())
            shift = shift + seen.mean * factor
        elif self.scale is not None:
            self._set(self.scale, units, factor)
        elif self.weights is not None and drawn is not None:
            indices = self.weights.indices(units)
            write(self.weights.tensor, indices, (drawn * factor[:, None]).to(indices.device))
        if self.shift is not None:
            self._set(self.shift, units, shift / self.factor)

    def _set(self, share: Share, units: Tensor, values: Tensor) -> None:
        indices = share.indices(units)
        write(share.tensor, indices, values[:, None].to(indices.device))


@dataclass(frozen=True)
class Seen:
    """What was seen of the pre-activations of some units: a number for each."""

    mean: Tensor
    deviation: Tensor
    median: Tensor
    firing: Tensor
    """The fraction of samples and positions above the threshold."""


def plan(unit_map: UnitMap, layer: int, model: nn.Module) -> Plan | str:
    """The plan for the units of a layer, or why there is none."""
    own = unit_map.layers[layer]
    if not own["silent"]:
        return f"{own['operator']} is never silent: the unit passes on its negative input and still learns"
    if not own["hidden"]:
        return "no weights stand between it and the output, which would change"
    group = unit_map.groups[own["group"]]
    for obstacle in group.get("obstacles", ()):
        return str(obstacle["reason"])
    if len(group["makers"]) != 1:
        return "it is added to a stream of other units (a residual sum), which nothing can mute"
    if len(group["layers"]) != 1:
        others = ", ".join(unit_map.layers[other]["name"] for other in group["layers"] if other != layer)
        return f"its channel passes other rectifiers too ({others})"
    maker = group["makers"][0]
    try:
        made = _made(unit_map, maker, group["hearers"], own)
    except KeyError as error:
        return f"its numbers do not stand as they are in a parameter of the module ({error.args[0]})"
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    for share in made.shares():
        if share.name in frozen:
            return f"'{share.name}' is frozen (requires_grad=False)"
    muted = {id(heard.tensor) for heard in made.heard_by if isinstance(heard, Share)}
    if made.weights is not None and id(made.weights.tensor) in muted:
        return f"the weights '{made.weights.name}' both feed it and are fed by it"
    if made.weights is None and made.scale is None and made.shift is None:
        return "it has no numbers of its own that could move it"
    return made


def _made(
    unit_map: UnitMap, maker: dict[str, Any], hearers: list[dict[str, Any]], layer: dict[str, Any]
) -> Plan:
    share = unit_map.share
    normalization = maker.get("normalization") or {}
    statistics = normalization.get("statistics") or {}
    heard_by: list[Share | Muted] = []
    for hearer in hearers:
        if "weights" in hearer:
            heard_by.append(share(hearer["weights"]))
            continue
        by = hearer["normalization"]
        known = by["statistics"]
        heard_by.append(
            Muted(
                scale=share(by["scale"]),
                shift=share(by["shift"]),
                mean=share(known["mean"]),
                variance=share(known["variance"]),
                epsilon=known["epsilon"],
            )
        )
    return Plan(
        weights=share(maker["weights"]) if maker.get("weights") else None,
        shift=share(maker["shift"]) if maker.get("shift") else None,
        factor=maker["shift"]["factor"] if maker.get("shift") else 1.0,
        scale=share(normalization["scale"]) if normalization else None,
        mean=share(statistics["mean"]) if statistics else None,
        variance=share(statistics["variance"]) if statistics else None,
        epsilon=statistics.get("epsilon", 0.0),
        heard_by=tuple(heard_by),
        # He et al. (2015), equation 14.
        gain=math.sqrt(2 / (1 + (layer["alpha"] or 0.0) ** 2)),
        threshold=layer["threshold"],
    )
