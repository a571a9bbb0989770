"""What the ways to revive units share: fresh weights, and every change remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from leaky_relu.torch._edits import Edits
from leaky_relu.torch._parts import Hearer, Maker, Normalization, Seen
from leaky_relu.torch._runs import Runs
from leaky_relu.torch._unit_map import Share

# How often weights are drawn for units that have no shift to centre them.
DRAWS_WITHOUT_SHIFT = 16


@dataclass(frozen=True)
class Layer:
    """A rectifier whose units are worked on."""

    name: str
    threshold: float
    gain: float
    """The deviation of a fresh pre-activation: He et al. (2015), equation 14."""


@dataclass(frozen=True)
class Fresh:
    """Weights that were drawn for some units, and what the data made of them."""

    seen: Seen
    weights: Tensor | None


@dataclass
class Outcome:
    """What became of units, each known by its layer's number and its own."""

    exact: list[tuple[int, int]] = field(default_factory=list)
    """They live, and no output changed."""
    speaking: list[tuple[int, int]] = field(default_factory=list)
    """They live; before, they were not silent, and what they said beyond its mean is lost."""
    bounded: list[tuple[int, int]] = field(default_factory=list)
    """They live, and outputs changed within the bound."""
    left: list[tuple[int, int, str]] = field(default_factory=list)
    """They were left as they were, and why."""

    def leave(self, layer: int, units: Tensor, seen: Seen) -> None:
        """Notes that units do not live, of which this was seen."""
        for unit, varies in zip(units.tolist(), seen.varies().tolist(), strict=True):
            why = (
                "no weights that were drawn make it fire on some samples and not on others"
                if varies
                else "what reaches it does not vary on this data"
            )
            self.left.append((layer, unit, why))


@dataclass
class Work:
    """The work on the units of one model."""

    runs: Runs
    layers: Sequence[Layer]
    random: torch.Generator
    edits: list[Edits] = field(default_factory=list)
    """All that was changed, in order."""
    outcome: Outcome = field(default_factory=Outcome)

    def remember(
        self, makers: Sequence[Maker], hearers: Sequence[Hearer], units: Tensor
    ) -> tuple[list[Share], Edits]:
        """Keeps all numbers of some units that are about to be changed."""
        parts: list[Maker | Hearer] = [*makers, *hearers]
        shares = [share for part in parts for share in part.shares()]
        edits = self.begun(Edits())
        for share in shares:
            edits.remember(share, units)
        return shares, edits

    def begun(self, edits: Edits) -> Edits:
        """Edits that are about to be made."""
        self.edits.append(edits)
        return edits

    def undo_behind(self, count: int) -> None:
        """Takes back all but the first edits."""
        while len(self.edits) > count:
            self.edits.pop().undo()

    def seen(self, layer: int, units: Tensor) -> Seen:
        """What the pre-activations of some units of a layer are now."""
        where = self.layers[layer]
        return self.runs.seen(where.name, where.threshold, units)

    def entering(self, by: Normalization, units: Tensor) -> Tensor | None:
        """What enters a batch normalisation of some units, by position, unit and entry of it; none where it
        is no module."""
        module = self.runs.model.get_submodule(by.scale.name.rpartition(".")[0])
        if not isinstance(module, _BatchNorm):
            return None
        entries = by.scale.indices(units)
        return self.runs.entering(module, entries.flatten()).unflatten(1, entries.shape)

    def redraw(self, maker: Maker, layer: int, units: Tensor) -> Fresh:
        """Draws what makes some units. Units without a shift are drawn more than once: that draw is kept
        which fires closest to half of the time."""
        gain = self.layers[layer].gain
        best = maker.draw(units, gain, self.random)
        best_seen = self.seen(layer, units)
        for _ in range(DRAWS_WITHOUT_SHIFT - 1 if maker.shift is None else 0):
            drawn = maker.draw(units, gain, self.random)
            seen = self.seen(layer, units)
            nearer = (seen.firing - 0.5).abs() < (best_seen.firing - 0.5).abs()
            best_seen = seen.where(nearer, best_seen)
            if drawn is not None and best is not None:
                best = torch.where(nearer[:, None], drawn, best)
        return Fresh(best_seen, best)

    def centre(self, maker: Maker, layer: int, units: Tensor, fresh: Fresh, scale: float = 1.0) -> None:
        """Centres those of freshly drawn units that vary."""
        where = self.layers[layer]
        varies = fresh.seen.varies()
        weights = None if fresh.weights is None else fresh.weights[varies]
        maker.centre(units[varies], fresh.seen.take(varies), weights, where.threshold, where.gain * scale)
