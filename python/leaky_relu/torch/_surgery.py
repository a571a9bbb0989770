"""The work on the dead units of one module, a group of units after the other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch._batches import Forward, device_of, few, inputs_of, moved
from leaky_relu.torch._bounded import revive_within_bound
from leaky_relu.torch._difference import Difference
from leaky_relu.torch._edits import Change
from leaky_relu.torch._exact import revive_exactly
from leaky_relu.torch._plans import treatments
from leaky_relu.torch._runs import Runs
from leaky_relu.torch._speaking import revive_speaking
from leaky_relu.torch._unit_map import UnitMap, unit_map
from leaky_relu.torch._work import Layer, Outcome, Work


class Surgery:
    """The work on one model. `undo` takes back all of it."""

    def __init__(self, model: nn.Module, batches: Iterable[Any], forward: Forward | None, seed: int) -> None:
        self._model = model
        self._forward = forward
        self._runs = Runs(model, batches, forward)
        self._random = torch.Generator().manual_seed(seed)
        self._work: Work | None = None

    def undo(self) -> None:
        """Puts all old numbers back."""
        for edits in reversed(self._work.edits if self._work else []):
            edits.undo()

    def changes(self) -> list[Change]:
        """What was changed in each tensor, in order."""
        return [change for edits in (self._work.edits if self._work else []) for change in edits.changes()]

    def unit_map(self, found: Diagnosis) -> UnitMap:
        """The unit map of the model, whose rectifiers are those of a diagnosis."""
        batch = moved(self._runs.batches[0], device_of(self._model))
        if self._forward is None:
            made = unit_map(self._model, few(inputs_of(batch), 2), lambda model, inputs: model(inputs))
        else:
            made = unit_map(self._model, few(batch, 2), self._forward)
        seen = [layer.units for layer in found.layers]
        mapped = [layer["units"] for layer in made.layers]
        if seen != mapped:
            raise ValueError(
                f"{type(self._model).__name__} runs rectifiers of {seen} units, but its exported graph holds "
                f"rectifiers of {mapped}: what makes the units and what hears them is not known"
            )
        return made

    def operate(
        self, units: dict[str, list[int]], found: Diagnosis, unit_map: UnitMap, bound: float
    ) -> tuple[Outcome, Difference]:
        """Revives the named units of each layer, those that cannot be muted so small that outputs change by
        no more than `bound` times their magnitude. Where that is 0, units that leak are left, too."""
        before = self._runs.outputs()
        layers = [
            Layer(layer.name, mapped["threshold"], math.sqrt(2 / (1 + (mapped["alpha"] or 0.0) ** 2)))
            for layer, mapped in zip(found.layers, unit_map.layers, strict=True)
        ]
        work = self._work = Work(self._runs, layers, self._random)
        dead = [units.get(layer.name, []) for layer in found.layers]
        planned = treatments(unit_map, self._model, dead, bound > 0)

        def speak(layer: int, units: list[int]) -> bool:
            """Whether units are not silent, because they leak or are not dead."""
            return not unit_map.layers[layer]["silent"] or not set(units) <= set(found.layers[layer].dead)

        bounded = sum(len(treatment.bounded) * len(treatment.units) for treatment in planned)
        for treatment in planned:
            asked = torch.tensor(treatment.units, dtype=torch.int64)
            if treatment.exact is not None:
                if any(speak(layer, treatment.units) for layer, _ in treatment.exact.layers):
                    revive_speaking(work, treatment.exact, asked)
                else:
                    revive_exactly(work, treatment.exact, asked, work.outcome)
            for small in treatment.bounded:
                # Changes add up at most.
                speaking = speak(small.layer, treatment.units)
                revive_within_bound(work, small, asked, bound / bounded, speaking)
            for layer, reason in treatment.left:
                work.outcome.left += [(layer, unit, reason) for unit in treatment.units]
        return work.outcome, Difference.between(before, self._runs.outputs())
