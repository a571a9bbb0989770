"""Dead units of a module brought back, in place, without changing what it computes."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch import _edits
from leaky_relu.torch._batches import Forward, batches_of, device_of, inputs_of, moved, run, sample_count
from leaky_relu.torch._counts import is_distributed
from leaky_relu.torch._doctor import counted, unwrapped
from leaky_relu.torch._edits import Edits
from leaky_relu.torch._observer import Axes, Firing, Names, Observer, untouched
from leaky_relu.torch._plans import Plan, Seen, plan
from leaky_relu.torch._unit_map import UnitMap, unit_map

# How often weights are drawn for units that have no shift to centre them.
DRAWS_WITHOUT_SHIFT = 16
# With how many samples fresh weights are centred, and outputs compared.
SAMPLES = 4096
# How many pre-activations are kept to find medians, of all units of a layer together.
KEPT = 1 << 23


@dataclass(frozen=True)
class NotRevived:
    """A dead unit that was left as it is."""

    layer: str
    unit: int
    reason: str


@dataclass(frozen=True)
class Revival:
    """What was done to the dead units of a module."""

    revived: int
    """How many units live again."""
    not_revived: list[NotRevived] = field(repr=False)
    """Those that do not, and why."""
    max_difference: float
    """The largest difference that the revival made to an output."""
    largest_output: float
    """The largest magnitude of an output, to compare with."""

    def __repr__(self) -> str:
        lines = [
            f"Revived {self.revived} units; the outputs differ by at most {self.max_difference:.3g} "
            f"(of up to {self.largest_output:.5g})."
        ]
        reasons = collections.Counter((left.layer, left.reason) for left in self.not_revived)
        lines += [f"{layer}: {count} left: {reason}" for (layer, reason), count in reasons.items()]
        return "\n".join(lines)


def revive(
    model: nn.Module,
    batches: Any,
    optimizer: torch.optim.Optimizer | None = None,
    seed: int = 0,
    forward: Forward | None = None,
) -> Revival:
    """Gives every dead unit of a model fresh weights, in place, and changes no output.

    A dead unit contributes nothing. So the weights that multiply it become zero, and those that feed it are
    drawn afresh (He et al. 2015), scaled and shifted so that it fires on half of the data; from then on it
    has a gradient again. What makes a unit and what hears it is read from the model's graph, which is
    exported in memory for that. Units for which the structure does not allow this are left, with the reason.

    The model's mode, hooks and the numbers of all other units stay; frozen parameters are not touched. If
    anything fails, the model is as it was. Under `torch.distributed` every process must call this; the
    first one's weights are everybody's.

    Args:
        model: any module that `torch.onnx.export` can export, or its wrapper.
        batches: as for `diagnose`; they are run several times, so an iterator is kept in memory.
        optimizer: what trains the model: its state of exactly the numbers that change becomes zero.
        seed: where the random numbers start.
        forward: how to run a batch, as for `diagnose`.

    Raises:
        ValueError: as `diagnose`; if the model cannot be exported; if the optimizer holds none of the
            model's parameters.
    """
    model = unwrapped(model)
    check_optimizer(optimizer, model)
    again = _Repeated(batches)
    counts, samples = counted(model, again, forward)
    if is_distributed():
        counts.add_other_processes(samples)
    found = Diagnosis(type(model).__name__, samples, counts.finished())
    dead = {layer.name: layer.dead for layer in found.layers if layer.dead}
    return revive_units(model, again, dead, found, optimizer, seed, forward)


def check_optimizer(optimizer: torch.optim.Optimizer | None, model: nn.Module) -> None:
    if optimizer is None:
        return
    if not isinstance(getattr(optimizer, "param_groups", None), list):
        raise TypeError(f"optimizer is a {type(optimizer).__name__}: give a torch.optim.Optimizer")
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if not any(id(parameter) in held for parameter in model.parameters()):
        raise ValueError(
            f"the optimizer holds none of the parameters of {type(model).__name__}: give the one that "
            "trains it"
        )


def revive_units(
    model: nn.Module,
    batches: Iterable[Any],
    units: dict[str, list[int]],
    found: Diagnosis,
    optimizer: torch.optim.Optimizer | None,
    seed: int,
    forward: Forward | None,
    known: dict[nn.Module, UnitMap] | None = None,
    part: nn.Module | None = None,
) -> Revival:
    """Revives the named units of each layer of a diagnosis. Unit maps are looked up in `known`, by the part
    of the model that `forward` runs, and kept there."""
    if not units:
        return Revival(0, [], 0.0, 0.0)
    result: list[Any] = [None]
    failed: Exception | None = None
    changes: list[tuple[str, Tensor, Tensor]] = []
    if not is_distributed() or torch.distributed.get_rank() == 0:
        surgery = _Surgery(model, batches, forward, seed)
        known = {} if known is None else known
        try:
            if (part or model) not in known:
                known[part or model] = surgery.unit_map(found)
            result = [surgery.operate(units, found, known[part or model])]
            changes = surgery.edits.changes()
        except Exception as error:
            surgery.edits.undo()
            failed = error
        except BaseException:
            surgery.edits.undo()
            raise
    if is_distributed():
        shared: list[Any] = [result[0], changes, None if failed is None else str(failed)]
        torch.distributed.broadcast_object_list(shared)
        if torch.distributed.get_rank() != 0:
            if shared[2] is not None:
                failed = ValueError(shared[2])
            else:
                result, changes = [shared[0]], shared[1]
                _edits.apply(model, changes)
    if failed is not None:
        raise failed
    if optimizer is not None:
        _edits.reset_state(optimizer, model, changes)
    revival: Revival = result[0]
    return revival


class _Repeated:
    """Batches that can be run through more than once."""

    def __init__(self, batches: Any) -> None:
        self._batches = list(batches) if isinstance(batches, Iterator) else batches

    def __iter__(self) -> Iterator[Any]:
        return batches_of(self._batches)


class _Surgery:
    """The work on one model, layer by layer. `edits` undoes it."""

    def __init__(self, model: nn.Module, batches: Iterable[Any], forward: Forward | None, seed: int) -> None:
        self.edits = Edits()
        self._model = model
        self._batches = list(_up_to(batches, SAMPLES))
        self._forward = forward
        self._random = torch.Generator().manual_seed(seed)
        self._names = Names(model)
        self._constants = [*model.parameters(), *model.buffers()]

    def operate(self, units: dict[str, list[int]], found: Diagnosis, unit_map: UnitMap) -> Revival:
        before = self._outputs()
        revived, left = 0, []
        for number, layer in enumerate(found.layers):
            asked = torch.tensor(units.get(layer.name, []), dtype=torch.int64)
            if not len(asked):
                continue
            how = plan(unit_map, number, self._model)
            if isinstance(how, Plan):
                alive, reasons = self._redraw(layer.name, how, asked)
                revived += int(alive.sum())
                left += [
                    NotRevived(layer.name, unit, reason)
                    for unit, reason in zip(asked[~alive].tolist(), reasons, strict=True)
                ]
            else:
                left += [NotRevived(layer.name, unit, how) for unit in asked.tolist()]
        difference, largest = _compare(before, self._outputs())
        return Revival(revived, left, difference, largest)

    def unit_map(self, found: Diagnosis) -> UnitMap:
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

    def _redraw(self, name: str, how: Plan, units: Tensor) -> tuple[Tensor, list[str]]:
        """Carries out the plan; says which units live, and why the others do not."""
        edits = Edits()
        how.remember(edits, units)
        self.edits.extend(edits)
        how.mute(units)
        draws = 1 if how.shift is not None else DRAWS_WITHOUT_SHIFT
        best, best_seen = self._drawn(name, how, units)
        for _ in range(draws - 1):
            drawn, seen = self._drawn(name, how, units)
            nearer = (seen.firing - 0.5).abs() < (best_seen.firing - 0.5).abs()
            best_seen = Seen(
                *(
                    torch.where(nearer, new, old)
                    for new, old in zip(vars(seen).values(), vars(best_seen).values(), strict=True)
                )
            )
            if drawn is not None and best is not None:
                best = torch.where(nearer[:, None], drawn, best)
        varies = best_seen.deviation > 1e-12 * best_seen.mean.abs().clamp(min=1e-30)
        how.centre(units, best_seen, best)
        after = self._observe(name, units, how.threshold)
        alive = varies & (after.firing > 0) & (after.firing < 1)
        dead = units[~alive]
        if len(dead):
            self.edits.undo_of(how.shares(), dead)
        reasons = [
            "no weights that were drawn make it fire on some samples and not on others"
            if has_varied
            else "what reaches it does not vary on this data"
            for has_varied in varies[~alive].tolist()
        ]
        return alive, reasons

    def _drawn(self, name: str, how: Plan, units: Tensor) -> tuple[Tensor | None, Seen]:
        drawn = how.draw(units, self._random)
        return drawn, self._observe(name, units, how.threshold)

    def _observe(self, name: str, units: Tensor, threshold: float) -> Seen:
        """Runs the samples and looks at the pre-activations of some units of a layer."""
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
        values = torch.cat(kept)
        return Seen(
            mean=values.mean(0),
            deviation=values.std(0, correction=0),
            median=values.quantile(0.5, 0) if len(values) < 1 << 16 else values.median(0).values,
            firing=(values > threshold).double().mean(0),
        )

    def _run(self, look: Callable[[Firing], None]) -> list[list[Tensor]]:
        outputs = []
        for number, batch in enumerate(self._batches):
            with untouched(self._model), self._names.followed():
                self._names.start()
                with Observer(self._names, Axes(self._constants), look):
                    output = run(self._model, batch, self._forward, number)
            outputs.append(pytree.tree_leaves(output))
        return outputs

    def _outputs(self) -> list[Tensor]:
        flat = [leaf for leaves in self._run(lambda _: None) for leaf in leaves]
        return [leaf.double().cpu() for leaf in flat if isinstance(leaf, Tensor)]


def few(batch: Any, count: int) -> Any:
    """The first samples of a batch."""
    size = sample_count(batch)

    def cut(leaf: Any) -> Any:
        is_samples = isinstance(leaf, Tensor) and leaf.dim() and leaf.shape[0] == size
        return leaf[:count] if is_samples else leaf

    return pytree.tree_map(cut, batch)


def _up_to(batches: Iterable[Any], samples: int) -> Iterator[Any]:
    for batch in batches:
        if samples <= 0:
            return
        yield few(batch, samples)
        samples -= max(1, sample_count(batch))


def _compare(before: Sequence[Tensor], after: Sequence[Tensor]) -> tuple[float, float]:
    """The largest difference between outputs, and the largest magnitude."""
    pairs = [(one, other) for one, other in zip(before, after, strict=True) if one.numel()]
    difference = max(((one - other).abs().max().item() for one, other in pairs), default=0.0)
    return difference, max((one.abs().max().item() for one, _ in pairs), default=0.0)
