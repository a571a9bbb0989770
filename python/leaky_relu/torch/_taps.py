"""What passes the rectifiers of a model in a step of its training, counted while it passes.

A rectifier that is a module can be counted by a hook, where a call within another module cannot. Hooks are on
the modules only in steps that are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from leaky_relu.torch._batches import samples_of
from leaky_relu.torch._counts import Counts, UnitsDiffer
from leaky_relu.torch._layer import LeakyReLU
from leaky_relu.torch._observer import Firing
from leaky_relu.torch._rectifiers import Rectifier

# How many numbers are kept at most before they are counted.
HELD = 1 << 18
# Modules that do nothing but rectify their input.
MODULES: tuple[type[nn.Module], ...] = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.Threshold,
)


@dataclass(frozen=True)
class Call:
    """A call of a rectifier, as it was seen."""

    name: str
    op: str
    alpha: float | None
    threshold: float
    axis: int
    rows: int
    """How many entries of the first axis belong to each sample; 0 where this is not known."""

    @classmethod
    def of(cls, firing: Firing, samples: int) -> Call:
        """The call that was seen on a batch of so many samples."""
        found = firing.rectifier
        size = found.input.shape[0] if found.input.dim() else 0
        rows = size // samples if samples and size % samples == 0 and firing.axis != 0 else 0
        return cls(firing.name, found.op, found.alpha, found.threshold, firing.axis, rows)

    def with_input(self, z: Tensor) -> Firing:
        return Firing(self.name, Rectifier(self.op, self.alpha, z, self.threshold), self.axis)


class Taps:
    """Hooks on the rectifiers of a model, all of which are modules."""

    def __init__(self, calls: dict[nn.Module, list[Call]], samples: int | None) -> None:
        self._first = next(iter(calls))
        self._calls = calls
        self._wanted = samples
        self._facts = {module: _facts(module) for module in calls}
        self._handles: list[Any] = []
        self._made: Counter[nn.Module] = Counter()
        self._counts = Counts()
        self._seen = 0
        self._failed: UnitsDiffer | None = None
        # Counting takes a handful of operations, however little there is to count: looks are put together.
        self._kept: dict[Call, list[Tensor]] = {}
        self._held = 0

    @classmethod
    def of(cls, model: nn.Module, calls: Iterable[Call], samples: int | None) -> Taps | None:
        """Taps for the rectifiers that a run called, in this order; none if one of them is no module, or
        mixes samples. Of each batch `samples` are counted, by default some."""
        modules = dict(model.named_modules())
        by_module: dict[nn.Module, list[Call]] = {}
        for call in calls:
            module = modules.get(call.name.split("#")[0])
            if module is None or type(module) not in MODULES:
                return None
            by_module.setdefault(module, []).append(call)
        if not all(call.rows for known in by_module.values() for call in known):
            return None
        return cls(by_module, samples) if by_module else None

    def open(self, counts: Counts) -> None:
        """From now on what passes is added to `counts`, at the latest by `settle`."""
        self._counts, self._seen, self._failed = counts, 0, None
        self._made.clear()
        for module in self._calls:
            self._handles.append(module.register_forward_pre_hook(self._count))

    def close(self) -> None:
        """From now on nothing is counted."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def settle(self) -> None:
        """Counts what was kept until now.

        Raises:
            ValueError: if a layer has not the same units in each batch.
        """
        kept, self._kept, self._held = self._kept, {}, 0
        for call, several in kept.items():
            alike = len({z.shape[1:] for z in several}) == 1
            for z in [torch.cat(several)] if alike else several:
                self._counts.count(call.with_input(z))

    def forget(self) -> None:
        """Drops what was kept and not counted yet."""
        self._kept, self._held = {}, 0

    def seen(self) -> int | None:
        """Of how many samples was counted since the taps were opened; none if not every rectifier was called
        as often as is known, or is what it was.

        Raises:
            ValueError: if a layer had other units than before.
        """
        if self._failed is not None:
            raise self._failed
        as_known = all(self._made[module] >= len(calls) for module, calls in self._calls.items())
        same = all(_facts(module) == facts for module, facts in self._facts.items())
        return self._seen if self._seen and as_known and same else None

    def _count(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        # Not in a validation, and not where a checkpoint calls again in the backward pass.
        if not torch.is_grad_enabled() or torch._C._current_graph_task_id() != -1 or not inputs:
            return
        calls = self._calls[module]
        if module is self._first and self._made[module] >= len(calls):
            self._made.clear()  # the model runs once more
        number = self._made[module]
        self._made[module] = number + 1
        if number >= len(calls):
            return
        call, z = calls[number], inputs[0].detach()
        samples = samples_of(z.shape[0] // call.rows, self._wanted)
        z = z.narrow(0, 0, samples * call.rows)
        if module is self._first and number == 0:
            self._seen += samples
        self._held += z.numel()
        if self._held <= HELD:
            # A copy, since the rectifier may write where it reads.
            self._kept.setdefault(call, []).append(z.clone())
            return
        try:
            with torch.no_grad():
                self.settle()
                self._counts.count(call.with_input(z))
        except UnitsDiffer as error:
            self._failed = error


def _facts(module: nn.Module) -> tuple[Any, ...]:
    """What a rectifier is, as far as it may become another."""
    known = module.__dict__
    return type(module), known.get("negative_slope"), known.get("threshold"), known.get("alpha")
