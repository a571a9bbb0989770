"""Dead units while a model is trained."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

from leaky_relu._diagnosis import Diagnosis, Layer
from leaky_relu.torch._batches import Forward, some
from leaky_relu.torch._counts import Counts, is_distributed
from leaky_relu.torch._doctor import check_tau, observe, unwrapped
from leaky_relu.torch._inputs import Inputs
from leaky_relu.torch._loggers import logging_to
from leaky_relu.torch._observer import After, Firing, Names, untouched
from leaky_relu.torch._revive import BOUND, check_bound, check_optimizer, revive_units
from leaky_relu.torch._samples_before import SamplesBefore
from leaky_relu.torch._taps import Call, Taps
from leaky_relu.torch._unit_map import UnitMap

# A layer with a larger share of dead units than this is said to be dying.
DYING = 0.5
# After so many looks the counts of the oldest are dropped, and a verdict is given.
LOOKS_A_WINDOW = 50
LOOKS_A_VERDICT = 10


class Watch:
    """Looks at a model's units every so often while it is trained: `watch.step()` after each step.

    A look takes some samples of the batch. Where all rectifiers are modules, what passes them in the step
    itself is counted, in training mode, by hooks that are there in steps with a look only. Where some are
    calls (`F.relu`), or the model is compiled, the samples are put through it once more instead, in
    evaluation mode and without gradients. Nothing of the model changes. A verdict rests on the last 50 to 100
    looks. A layer more than half of whose units are dead is warned of once.

    Under `torch.distributed` every process makes its own looks, and verdicts rest on the counts of all:
    `step` and `diagnosis` are to be called in each.

    Args:
        model: the model that is trained, or its wrapper.
        every: how many steps lie between two looks.
        recycle: every so many steps, revive the units that are dead by the verdict on the last looks, as
            `revive` does, with the data of that step. Signs count, not magnitudes: a unit behind a leak that
            was never above zero is dead as well.
        optimizer: what trains the model: its state of recycled units becomes zero.
        logger: where shares of dead units go: a TensorBoard `SummaryWriter`, a Weights & Biases run, a
            Lightning logger, or a function of a dictionary and the step.
        tau: count as dormant, and recycle, units whose mean magnitude is at most `tau` times their layer's
            mean (ReDo, Sokar et al. 2023). Their means are kept; outputs change by what they gave beyond.
        samples: how many samples a look takes; by default an eighth of the batch, and at least eight.
        forward: how to run what is given to `step(batch)`, `forward(model, batch)`.
        bound: as for `revive`.

    Example:
        >>> watch = lt.Watch(model)
        >>> for x, y in loader:
        ...     loss(model(x), y).backward()
        ...     optimizer.step()
        ...     optimizer.zero_grad()
        ...     watch.step()
        >>> watch.diagnosis()
    """

    def __init__(
        self,
        model: nn.Module,
        every: int = 10,
        recycle: int | None = None,
        optimizer: torch.optim.Optimizer | None = None,
        logger: Any = None,
        tau: float | None = None,
        samples: int | None = None,
        forward: Forward | None = None,
        bound: float = BOUND,
    ) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1 step, but is {every}")
        if recycle is not None and recycle < 1:
            raise ValueError(f"recycle must be at least 1 step, but is {recycle}")
        if samples is not None and samples < 1:
            raise ValueError(f"samples must be at least 1, but is {samples}")
        check_tau(tau)
        check_bound(bound)
        self.model = unwrapped(model)
        check_optimizer(optimizer, self.model)
        self.every = every
        self.recycle = recycle
        self.optimizer = optimizer
        self.steps = 0
        self.recycled = 0
        """How many units were recycled so far."""
        self._log = logging_to(logger)
        self._samples = samples
        self._forward = forward
        self._bound = bound
        self._names = Names(self.model)
        self._tau = tau
        self._taps: Taps | None = None
        self._forget()
        self._warned: set[str] = set()
        self._maps: dict[nn.Module, UnitMap] = {}
        self._inputs = Inputs(model)
        self._before = SamplesBefore()
        # Magnitudes are those of the activation, which hooks on the input do not see.
        self._may_tap = tau is None
        self._prepare()

    def step(self, batch: Any = None) -> None:
        """To be called after each training step.

        `batch` is needed only where the model's own calls cannot be seen, because the whole step is
        compiled: the input, or with `forward=` any batch.

        Raises:
            RuntimeError: if it is time to look and the model was not called since the last step.
            ValueError: if the model does not run on samples of its batch.
        """
        self.steps += 1
        if self.steps < self._due:
            return
        is_look = self.steps % self.every == 0
        is_recycling = self.recycle is not None and self.steps % self.recycle == 0
        try:
            if is_look:
                self._look(batch)
            if is_look and self.recycle is not None and (batch is not None or self._inputs.latest):
                for module, entered, _ in self._runs(batch):
                    self._before.keep(module, entered)
            if is_recycling and self._looks:
                self._revive(self._runs(batch))
        finally:
            self._prepare()

    def diagnosis(self) -> Diagnosis:
        """The verdict on the last looks.

        Raises:
            ValueError: if nothing was looked at yet, or a pre-activation was not a number.
        """
        counts, samples = self._counted()
        if not counts.layers:
            looked = f"the first look is after {self.every} steps"
            looked = "it ran no rectifier" if self._looks else looked
            raise ValueError(f"no unit of {type(self.model).__name__} was seen yet: {looked}")
        note = f"Seen in training, every {self.every} steps, until step {self.steps}."
        return Diagnosis(type(self.model).__name__, samples, counts.finished(self._tau), (note,))

    def close(self) -> None:
        """Takes the hooks off the model."""
        self._inputs.close()
        if self._taps is not None:
            self._taps.close()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _forget(self) -> None:
        if self._taps is not None:
            self._taps.forget()
        self._recent, self._older = (Counts(self._tau is not None) for _ in range(2))
        self._looks = 0
        self._seen_samples = [0, 0]

    def _runs(self, batch: Any) -> list[tuple[nn.Module, Any, Forward | None]]:
        """What ran in this step: the model or its parts, on what, and how."""
        if batch is not None:
            return [(self.model, batch, self._forward)]
        if not self._inputs.latest:
            raise RuntimeError(
                f"{type(self.model).__name__} was not called since the last step, or only within a compiled "
                "function: give the batch, watch.step(x)"
            )
        return [(module, inputs, _calling(module)) for module, inputs in self._inputs.latest.items()]

    def _prepare(self) -> None:
        """Puts hooks on the model where the next step needs any, and tells when there is something to do."""
        upcoming = self.steps + 1
        counts = upcoming % self.every == 0
        revives = self.recycle is not None and upcoming % self.recycle == 0
        if self._taps is None:
            # Until it is known what there is to count, and where a compiled model keeps the hooks that it
            # had when it was compiled, they stay.
            self._inputs.next_step(True)
            self._due = upcoming
            return
        self._taps.close()
        if counts:
            self._taps.open(self._recent)
        self._inputs.next_step(revives or (counts and self.recycle is not None))
        periods = (self.every, self.recycle or self.every)
        # A step before each, to put the hooks in place.
        next_one = min(period - self.steps % period for period in periods)
        self._due = self.steps + max(1, next_one - 1)

    def _look(self, batch: Any) -> None:
        seen = None if self._taps is None else self._taps.seen()
        if self._taps is not None and seen is None:
            # The model is not what it was; from the next look on it is run again. This look saw nothing, but
            # other processes may wait for its verdict.
            self._taps.settle()
            self._taps.close()
            self._taps, self._may_tap = None, False
            seen = 0 if batch is None else None
        if seen is None:
            seen = self._run_again(self._runs(batch))
        self._seen_samples[0] += seen
        self._looks += 1
        if self._looks % LOOKS_A_VERDICT == 0:
            self._judge()
        if self._looks % LOOKS_A_WINDOW == 0:
            self._older, self._recent = self._recent, Counts(self._tau is not None)
            self._seen_samples = [0, self._seen_samples[0]]

    def _run_again(self, runs: list[tuple[nn.Module, Any, Forward | None]]) -> int:
        """Puts some samples through what ran, and counts; says of how many samples."""
        seen = 0
        calls: list[Call] = []

        def count(firing: Firing) -> After | None:
            calls.append(Call.of(firing, number))
            return self._recent.count(firing)

        for _, batch, forward in runs:
            some_samples, number = some(batch, self._samples)
            with untouched(self.model), self._names.followed():
                observe(self.model, some_samples, forward, self._names, count, self.steps)
            seen += number
        whole = [module for module, _, _ in runs] == [self.model]
        if self._may_tap and whole and not self._inputs.is_compiled() and self._taps is None:
            self._taps = Taps.of(self.model, calls, self._samples)
            self._may_tap = self._taps is not None
        return seen

    def _revive(self, runs: list[tuple[nn.Module, Any, Forward | None]]) -> None:
        """Recycles the units that the last looks found dead."""
        found = self.diagnosis()
        for module, batch, forward in runs:
            path = self._names.path(module)
            own = [layer for layer in found.layers if path == "" or layer.name.startswith(f"{path}.")]
            units = {layer.name: self._to_recycle(layer) for layer in own if self._to_recycle(layer)}
            verdict = Diagnosis(found.model, found.samples, own)
            revival = revive_units(
                self.model,
                self._before.together_with(module, batch),
                units,
                verdict,
                self.optimizer,
                self.steps,
                forward,
                self._bound,
                self._maps,
                module,
            )
            self.recycled += revival.revived
        # What was counted before no longer holds.
        self._forget()
        self._seen_samples[0] += self._run_again(runs)
        self._looks += 1

    def _to_recycle(self, layer: Layer) -> list[int]:
        return sorted(layer.dead + (layer.dormant if self._tau is not None else []))

    def _counted(self) -> tuple[Counts, int]:
        """What was counted in the last looks, by all processes, and of how many samples."""
        if self._taps is not None:
            self._taps.settle()
        counts = self._older.with_added(self._recent)
        samples = sum(self._seen_samples)
        if is_distributed():
            samples = counts.add_other_processes(samples)
        return counts, samples

    def _judge(self) -> None:
        counts, _ = self._counted()
        counts.check()
        layers = counts.layers
        dead = {name: int((layer.above_zero == 0).sum()) for name, layer in layers.items()}
        units = {name: len(layer.above_zero) for name, layer in layers.items()}
        shares = {f"dead_units/{name}": dead[name] / units[name] for name in layers}
        shares["dead_units"] = sum(dead.values()) / sum(units.values())
        self._log(shares, self.steps)
        for name in layers:
            if dead[name] > DYING * units[name] and name not in self._warned:
                self._warned.add(name)
                warnings.warn(
                    f"{name} is dying: {dead[name]} of its {units[name]} units are dead at step "
                    f"{self.steps}. What helps: a smaller learning rate; lt.revive(model, batches) to bring "
                    "them back; lt.replace(model) to let them leak from now on",
                    stacklevel=3,
                )


def _calling(module: nn.Module) -> Forward:
    """Runs a module, whatever it is a part of, on arguments and named arguments."""
    return lambda _, inputs: module(*inputs[0], **inputs[1])
