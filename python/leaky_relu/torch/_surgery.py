"""The work on the dead units of one module, a group of units after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils import _pytree as pytree

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch._batches import Forward, device_of, few, inputs_of, moved, run, sample_count
from leaky_relu.torch._difference import Difference
from leaky_relu.torch._edits import Edits, write
from leaky_relu.torch._observer import Axes, Firing, Names, Observer, untouched
from leaky_relu.torch._parts import Hearer, Maker, Seen
from leaky_relu.torch._plans import Bounded, Exact, treatments
from leaky_relu.torch._unit_map import Share, UnitMap, unit_map

# How often weights are drawn for units that have no shift to centre them.
DRAWS_WITHOUT_SHIFT = 16
# With how many samples fresh weights are centred, and outputs compared.
SAMPLES = 4096
# How many pre-activations are kept to find medians, of all units of a layer together.
KEPT = 1 << 23
# How often a scale is tried for units within a bound before they are taken by halves, the first one as a part
# of the usual scale, and the part of the bound that is aimed at.
TRIES = 4
FIRST_SCALE = 0.05
AIM = 0.7


@dataclass
class Outcome:
    """What became of units, each known by its layer's number and its own."""

    exact: list[tuple[int, int]] = field(default_factory=list)
    """They live, and no output changed."""
    bounded: list[tuple[int, int]] = field(default_factory=list)
    """They live, and outputs changed within the bound."""
    left: list[tuple[int, int, str]] = field(default_factory=list)
    """They were left as they were, and why."""


class Surgery:
    """The work on one model. `undo` takes back all of it."""

    def __init__(self, model: nn.Module, batches: Iterable[Any], forward: Forward | None, seed: int) -> None:
        self._edits: list[Edits] = []
        self._model = model
        self._batches = list(_up_to(batches, SAMPLES))
        self._forward = forward
        self._random = torch.Generator().manual_seed(seed)
        self._names = Names(model)
        self._constants = [*model.parameters(), *model.buffers()]
        self._layers: list[tuple[str, float, float]] = []

    def undo(self) -> None:
        """Puts all old numbers back."""
        for edits in reversed(self._edits):
            edits.undo()

    def changes(self) -> list[tuple[str, Tensor, Tensor]]:
        """Each changed tensor's name, where it was changed, and the new numbers."""
        return [change for edits in self._edits for change in edits.changes()]

    def unit_map(self, found: Diagnosis) -> UnitMap:
        """The unit map of the model, whose rectifiers are those of a diagnosis."""
        batch = moved(self._batches[0], device_of(self._model))
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
        no more than `bound` times their magnitude."""
        before = self._outputs()
        # He et al. (2015), equation 14.
        self._layers = [
            (layer.name, mapped["threshold"], math.sqrt(2 / (1 + (mapped["alpha"] or 0.0) ** 2)))
            for layer, mapped in zip(found.layers, unit_map.layers, strict=True)
        ]
        dead = [units.get(layer.name, []) for layer in found.layers]
        planned = treatments(unit_map, self._model, dead, bound > 0)
        bounded = sum(len(treatment.bounded) * len(treatment.units) for treatment in planned)
        outcome = Outcome()
        for treatment in planned:
            asked = torch.tensor(treatment.units, dtype=torch.int64)
            if treatment.exact is not None:
                self._exact(treatment.exact, asked, outcome)
            for small in treatment.bounded:
                # Changes add up at most.
                self._bounded(small, asked, bound / bounded, outcome)
            for layer, reason in treatment.left:
                outcome.left += [(layer, unit, reason) for unit in treatment.units]
        return outcome, Difference.between(before, self._outputs())

    def _exact(self, how: Exact, units: Tensor, outcome: Outcome) -> None:
        """All that hears the units is muted; of several makers one speaks, the others are silenced."""
        shares, edits = self._remembered(how.makers, how.hearers, units)
        if len(how.makers) > 1:
            for maker in how.makers:
                maker.silence(units)
        for hearer in how.hearers:
            hearer.mute(units)
        for number, (layer, speaker) in enumerate(how.layers):
            asleep = units if number == 0 else units[~self._observe(layer, units).lives()]
            if speaker is None or not len(asleep):
                continue
            seen, drawn = self._redraw(speaker, layer, asleep)
            self._centre(speaker, layer, asleep, seen, drawn)
            for hearer in how.hearers:
                hearer.deafen(asleep)
        # Only a unit that was seen to fire counts as revived.
        alive = torch.zeros(len(units), dtype=torch.bool)
        for layer, _ in how.layers:
            seen = self._observe(layer, units)
            alive |= seen.lives()
            for unit, lives, why in zip(units.tolist(), seen.lives().tolist(), _why_not(seen), strict=True):
                if lives:
                    outcome.exact.append((layer, unit))
                else:
                    outcome.left.append((layer, unit, why))
        edits.undo_of(shares, units[~alive])
        for hearer in how.hearers:
            self._expect(hearer, units[alive])

    def _bounded(self, how: Bounded, units: Tensor, budget: float, outcome: Outcome) -> None:
        """What does not keep within the bound together is tried by halves."""
        waiting = [units]
        while waiting:
            some = waiting.pop()
            before = self._outputs()
            shares, edits = self._remembered(how.makers, how.hearers, some)
            for maker in how.makers:
                maker.silence(some)
            for hearer in how.hearers:
                hearer.mute(some)
            seen, drawn = self._redraw(how.makers[0], how.layer, some)
            if self._within(how, some, (seen, drawn), before, budget * len(some)):
                after = self._observe(how.layer, some)
                lives = after.lives()
                outcome.bounded += [(how.layer, unit) for unit in some[lives].tolist()]
                for unit, alive, why in zip(some.tolist(), lives.tolist(), _why_not(after), strict=True):
                    if not alive:
                        outcome.left.append((how.layer, unit, why))
                edits.undo_of(shares, some[~lives])
                continue
            edits.undo()
            if len(some) > 1:
                waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
                continue
            reason = f"{how.reason}, and no scale that was tried keeps the outputs within the bound"
            outcome.left.append((how.layer, int(some[0]), reason))

    def _within(
        self,
        how: Bounded,
        units: Tensor,
        fresh: tuple[Seen, Tensor | None],
        before: list[list[Tensor]],
        budget: float,
    ) -> bool:
        """Scales fresh weights so that the outputs change by no more than the budget, if it can be done.

        The gradient that reaches a unit's incoming weights does not depend on how large its activation is:
        at a thousandth of the usual scale it learns as fast.
        """
        scale = FIRST_SCALE
        for _ in range(TRIES):
            self._centre(how.makers[0], how.layer, units, *fresh, scale)
            found = Difference.between(before, self._outputs()).relative
            if found <= budget:
                return True
            # Outputs do not grow quite in proportion; what is not finite leaves nothing to aim with.
            scale *= AIM * budget / found if math.isfinite(found) else 1e-3
        return False

    def _remembered(
        self, makers: list[Maker], hearers: list[Hearer], units: Tensor
    ) -> tuple[list[Share], Edits]:
        """Keeps all numbers of some units that are about to be changed."""
        parts: list[Maker | Hearer] = [*makers, *hearers]
        shares = [share for part in parts for share in part.shares()]
        edits = Edits()
        self._edits.append(edits)
        for share in shares:
            edits.remember(share, units)
        return shares, edits

    def _centre(
        self,
        maker: Maker,
        layer: int,
        units: Tensor,
        seen: Seen,
        drawn: Tensor | None,
        scale: float = 1.0,
    ) -> None:
        """Centres those units that vary."""
        _, threshold, gain = self._layers[layer]
        varies = seen.varies()
        weights = None if drawn is None else drawn[varies]
        maker.centre(units[varies], seen.take(varies), weights, threshold, gain * scale)

    def _redraw(self, maker: Maker, layer: int, units: Tensor) -> tuple[Seen, Tensor | None]:
        """Draws what makes some units, and what the data make of it. Units without a shift are drawn more
        than once: that draw is kept which fires closest to half of the time."""
        gain = self._layers[layer][2]
        best = maker.draw(units, gain, self._random)
        best_seen = self._observe(layer, units)
        for _ in range(DRAWS_WITHOUT_SHIFT - 1 if maker.shift is None else 0):
            drawn = maker.draw(units, gain, self._random)
            seen = self._observe(layer, units)
            nearer = (seen.firing - 0.5).abs() < (best_seen.firing - 0.5).abs()
            best_seen = seen.where(nearer, best_seen)
            if drawn is not None and best is not None:
                best = torch.where(nearer[:, None], drawn, best)
        return best_seen, best

    def _expect(self, hearer: Hearer, units: Tensor) -> None:
        """Gives a batch normalisation behind revived units the statistics of what they say now. While they
        were dead, their variance was nothing, and the first step of a scale would let them shout."""
        if hearer.by is None or not len(units):
            return
        module = self._model.get_submodule(hearer.by.scale.name.rpartition(".")[0])
        if not isinstance(module, _BatchNorm):
            return
        entries = hearer.by.scale.indices(units)
        kept: list[Tensor] = []

        def look(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            columns = inputs[0].movedim(1, -1).flatten(0, -2)
            kept.append(columns[:, entries.flatten().to(columns.device)].double().cpu())

        handle = module.register_forward_pre_hook(look)
        try:
            self._run(lambda _: None)
        finally:
            handle.remove()
        values = torch.cat(kept)
        for share, found in (
            (hearer.by.mean, values.mean(0)),
            (hearer.by.variance, values.var(0, correction=0)),
        ):
            write(share.tensor, share.indices(units), found.view(entries.shape))

    def _observe(self, layer: int, units: Tensor) -> Seen:
        """Runs the samples and looks at the pre-activations of some units of a layer."""
        name, threshold, _ = self._layers[layer]
        kept: list[Tensor] = []
        limit = max(64, KEPT // max(1, len(units)) // max(1, len(self._batches)))

        def look(firing: Firing) -> None:
            if firing.name != name:
                return None
            z = firing.rectifier.input
            columns = z.movedim(firing.axis, -1).flatten(0, -2) if firing.axis < z.dim() else z.reshape(-1, 1)
            chosen = columns[:, units.to(z.device)]
            if len(chosen) > limit:
                steps = torch.arange(limit, device=z.device) * len(chosen) // limit
                chosen = chosen[steps]
            kept.append(chosen.double().cpu())
            return None

        self._run(look)
        return Seen.of(torch.cat(kept), threshold)

    def _run(self, look: Callable[[Firing], None]) -> list[list[Tensor]]:
        outputs = []
        for number, batch in enumerate(self._batches):
            with untouched(self._model), self._names.followed():
                self._names.start()
                with Observer(self._names, Axes(self._constants), look):
                    output = run(self._model, batch, self._forward, number)
            outputs.append(pytree.tree_leaves(output))
        return outputs

    def _outputs(self) -> list[list[Tensor]]:
        """The outputs of each batch."""
        return [
            [leaf.double().cpu() for leaf in leaves if isinstance(leaf, Tensor)]
            for leaves in self._run(lambda _: None)
        ]


def _why_not(seen: Seen) -> list[str]:
    return [
        "no weights that were drawn make it fire on some samples and not on others"
        if varies
        else "what reaches it does not vary on this data"
        for varies in seen.varies().tolist()
    ]


def _up_to(batches: Iterable[Any], samples: int) -> Iterator[Any]:
    for batch in batches:
        if samples <= 0:
            return
        yield few(batch, samples)
        samples -= max(1, sample_count(batch))
