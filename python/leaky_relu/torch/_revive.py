"""Dead units of a module brought back, in place; what it computes hardly changes, and by how much is told."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch import _edits
from leaky_relu.torch._batches import Forward, batches_of
from leaky_relu.torch._counts import is_distributed
from leaky_relu.torch._difference import Difference
from leaky_relu.torch._doctor import counted, unwrapped
from leaky_relu.torch._surgery import Surgery
from leaky_relu.torch._unit_map import UnitMap
from leaky_relu.torch._work import Outcome

# How much of its magnitude an output may change by units that cannot be muted.
BOUND = 1e-3


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
    revived_within_bound: int
    """How many of them changed outputs, within the bound."""
    revived_speaking: int
    """How many of them were not silent: they leaked, or were recycled for their small magnitude. Their mean
    went into what comes behind, and outputs changed by the rest. All others changed no output."""
    max_difference: float
    """The largest difference that the revival made to an output."""
    largest_output: float
    """The largest magnitude of an output, to compare with."""

    def __repr__(self) -> str:
        small = self.revived_within_bound
        speaking = self.revived_speaking
        within = f", {small} of them small because they cannot be muted" if small else ""
        within += f", {speaking} of them not silent, so that only their mean is kept" if speaking else ""
        lines = [
            f"Revived {self.revived} units{within}; the outputs differ by at most {self.max_difference:.3g} "
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
    bound: float = BOUND,
) -> Revival:
    """Gives every dead unit of a model fresh weights, in place, and changes outputs as little as can be.

    A dead unit contributes nothing. So the weights that multiply it become zero, and those that feed it are
    drawn afresh (He et al. 2015), scaled and shifted so that it fires on half of the data; from then on it
    has a gradient again. What makes a unit and what hears it is read from the model's graph, which is
    exported in memory for that.

    Units that something hears that cannot be muted, such as those of a residual stream, are revived within a
    bound: so small that all of them together change an output by at most `bound` times its magnitude. Their
    gradient is as large as that of any other unit. What can be revived neither way is left, with the reason.

    A dead unit behind a leak (`nn.LeakyReLU`, `nn.PReLU`) is not silent: it passes on a part of its
    negative input. Its mean is added to the bias that comes next, or to what stands for one, and what it said
    beyond its mean is lost when it is muted: outputs change by that, which is measured and told. `bound=0`
    leaves such units, too.

    The model's mode, hooks and the numbers of all other units stay; frozen parameters are not touched. If
    anything fails, the model is as it was. Under `torch.distributed` every process must call this; the
    first one's weights are everybody's.

    Args:
        model: any module that `torch.onnx.export` can export, or its wrapper.
        batches: as for `diagnose`; they are run several times, so an iterator is kept in memory.
        optimizer: what trains the model: its state of exactly the numbers that begin anew becomes zero.
        seed: where the random numbers start.
        forward: how to run a batch, as for `diagnose`.
        bound: how much of its magnitude an output may change by units that cannot be muted; with 0 no output
            may change.

    Raises:
        ValueError: as `diagnose`; if `bound` is not between 0 and 1; if the model cannot be exported; if the
            optimizer holds none of the model's parameters.
    """
    check_bound(bound)
    model = unwrapped(model)
    check_optimizer(optimizer, model)
    again = _Repeated(batches)
    counts, samples = counted(model, again, forward)
    if is_distributed():
        counts.add_other_processes(samples)
    found = Diagnosis(type(model).__name__, samples, counts.finished())
    dead = {layer.name: layer.dead for layer in found.layers if layer.dead}
    return revive_units(model, again, dead, found, optimizer, seed, forward, bound)


def check_bound(bound: float) -> None:
    if not 0 <= bound <= 1:
        raise ValueError(f"bound must lie between 0 and 1, but is {bound}")


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
    bound: float = BOUND,
    known: dict[nn.Module, UnitMap] | None = None,
    part: nn.Module | None = None,
) -> Revival:
    """Revives the named units of each layer of a diagnosis. Unit maps are looked up in `known`, by the part
    of the model that `forward` runs, and kept there."""
    if not units:
        return Revival(0, [], 0, 0, 0.0, 0.0)
    result: list[Any] = [None]
    failed: Exception | None = None
    changes: list[_edits.Change] = []
    if not is_distributed() or torch.distributed.get_rank() == 0:
        surgery = Surgery(model, batches, forward, seed)
        known = {} if known is None else known
        try:
            if (part or model) not in known:
                known[part or model] = surgery.unit_map(found)
            outcome, difference = surgery.operate(units, found, known[part or model], bound)
            result = [_told(outcome, difference, found)]
            changes = surgery.changes()
        except Exception as error:
            surgery.undo()
            failed = error
        except BaseException:
            surgery.undo()
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


def _told(outcome: Outcome, difference: Difference, found: Diagnosis) -> Revival:
    return Revival(
        len(outcome.exact) + len(outcome.bounded) + len(outcome.speaking),
        [NotRevived(found.layers[layer].name, unit, why) for layer, unit, why in sorted(outcome.left)],
        len(outcome.bounded),
        len(outcome.speaking),
        difference.maximum,
        difference.largest,
    )


class _Repeated:
    """Batches that can be run through more than once."""

    def __init__(self, batches: Any) -> None:
        self._batches = list(batches) if isinstance(batches, Iterator) else batches

    def __iter__(self) -> Iterator[Any]:
        return batches_of(self._batches)
