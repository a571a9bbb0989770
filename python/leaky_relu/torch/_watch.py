"""Dead units while a model is trained."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu._diagnosis import Diagnosis, Layer
from leaky_relu.torch._batches import Forward
from leaky_relu.torch._counts import Counts, is_distributed
from leaky_relu.torch._doctor import observe, unwrapped
from leaky_relu.torch._observer import Names, untouched
from leaky_relu.torch._revive import check_optimizer, revive_units
from leaky_relu.torch._unit_map import UnitMap

# A layer with a larger share of dead units than this is said to be dying.
DYING = 0.5
# After so many looks the counts of the oldest are dropped, and a verdict is given.
LOOKS_A_WINDOW = 50
LOOKS_A_VERDICT = 10
# Units are centred on this many samples at least: where batches are smaller, on those of several looks.
SAMPLES_TO_REVIVE = 64


class Watch:
    """Looks at a model's units every so often while it is trained: `watch.step()` after each step.

    What entered the model in the step is put through it once more, a few samples of it, in evaluation mode
    and without gradients, so a look takes little and works under `torch.compile`; nothing of the model
    changes. A verdict rests on the last 50 to 100 looks. A layer more than half of whose units are dead is
    warned of once.

    Under `torch.distributed` every process makes its own looks, and verdicts rest on the counts of all:
    `step` and `diagnosis` are to be called in each.

    Args:
        model: the model that is trained, or its wrapper.
        every: how many steps lie between two looks.
        recycle: every so many steps, revive the units that are dead by the verdict on the last looks, as
            `revive` does, with the data of that step.
        optimizer: what trains the model: its state of recycled units becomes zero.
        logger: where shares of dead units go: a TensorBoard `SummaryWriter`, a Weights & Biases run, a
            Lightning logger, or a function of a dictionary and the step.
        tau: count as dormant, and recycle, units whose mean magnitude is at most `tau` times their layer's
            mean (ReDo, Sokar et al. 2023). What the model computes then changes by what these gave.
        samples: how many samples a look takes; by default an eighth of the batch, and at least eight.
        forward: how to run what is given to `step(batch)`, `forward(model, batch)`.

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
    ) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1 step, but is {every}")
        if recycle is not None and recycle < 1:
            raise ValueError(f"recycle must be at least 1 step, but is {recycle}")
        self.model = unwrapped(model)
        check_optimizer(optimizer, self.model)
        self.every = every
        self.recycle = recycle
        self.optimizer = optimizer
        self.steps = 0
        self.recycled = 0
        """How many units were recycled so far."""
        self._log = _logging(logger)
        self._samples = samples
        self._forward = forward
        self._names = Names(self.model)
        self._tau = tau
        self._forget()
        self._warned: set[str] = set()
        self._maps: dict[nn.Module, UnitMap] = {}
        self._inputs = _Inputs(model)
        self._kept: dict[nn.Module, list[tuple[Any, int]]] = {}

    def step(self, batch: Any = None) -> None:
        """To be called after each training step.

        `batch` is needed only where the model's own calls cannot be seen, because the whole step is
        compiled: the input, or with `forward=` any batch.

        Raises:
            RuntimeError: if it is time to look and the model was not called since the last step.
            ValueError: if the model does not run on samples of its batch.
        """
        self.steps += 1
        is_look = self.steps % self.every == 0
        is_recycling = self.recycle is not None and self.steps % self.recycle == 0
        if not (is_look or is_recycling):
            return
        runs = self._runs(batch)
        if is_look:
            self._look(runs)
        if is_recycling and self._looks:
            self._revive(runs)
        self._inputs.latest.clear()

    def diagnosis(self) -> Diagnosis:
        """The verdict on the last looks.

        Raises:
            ValueError: if nothing was looked at yet, or a pre-activation was not a number.
        """
        counts = self._older.with_added(self._recent)
        samples = sum(self._seen_samples)
        if not counts.layers:
            looked = f"the first look is after {self.every} steps"
            looked = "it ran no rectifier" if self._looks else looked
            raise ValueError(f"no unit of {type(self.model).__name__} was seen yet: {looked}")
        if is_distributed():
            samples = counts.add_other_processes(samples)
        note = f"Seen in training, every {self.every} steps, until step {self.steps}."
        return Diagnosis(type(self.model).__name__, samples, counts.finished(self._tau), (note,))

    def close(self) -> None:
        """Takes the hooks off the model."""
        self._inputs.close()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _forget(self) -> None:
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

    def _look(self, runs: list[tuple[nn.Module, Any, Forward | None]]) -> None:
        for module, batch, forward in runs:
            some, count = _some(batch, self._samples)
            with untouched(self.model), self._names.followed():
                observe(self.model, some, forward, self._names, self._recent, self.steps)
            self._seen_samples[0] += count
            self._keep(module, some, count)
        self._looks += 1
        if self._looks % LOOKS_A_VERDICT == 0:
            self._judge()
        if self._looks % LOOKS_A_WINDOW == 0:
            self._older, self._recent = self._recent, Counts(self._tau is not None)
            self._seen_samples = [0, self._seen_samples[0]]

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
                self._samples_for(module, batch),
                units,
                verdict,
                self.optimizer,
                self.steps,
                forward,
                self._maps,
                module,
            )
            self.recycled += revival.revived
        # What was counted before no longer holds.
        self._forget()
        self._look(runs)

    def _keep(self, module: nn.Module, some: Any, count: int) -> None:
        """Keeps the samples of the last looks, as many as a revival takes."""
        kept = self._kept.setdefault(module, [])
        if self.recycle is not None:
            kept.append((some, count))
        while sum(number for _, number in kept[1:]) >= SAMPLES_TO_REVIVE:
            del kept[0]

    def _samples_for(self, module: nn.Module, batch: Any) -> list[Any]:
        """The batch of this step, and where it is small those of the last looks with it."""
        whole = pytree.tree_map(_detached, batch)
        if _size(batch) >= SAMPLES_TO_REVIVE:
            return [whole]
        return [*(some for some, _ in self._kept.get(module, [])), whole]

    def _to_recycle(self, layer: Layer) -> list[int]:
        return sorted(layer.dead + (layer.dormant if self._tau is not None else []))

    def _judge(self) -> None:
        found = self.diagnosis()
        shares = {f"dead_units/{layer.name}": len(layer.dead) / layer.units for layer in found.layers}
        shares["dead_units"] = found.dead / found.units
        self._log(shares, self.steps)
        for layer in found.layers:
            if len(layer.dead) > DYING * layer.units and layer.name not in self._warned:
                self._warned.add(layer.name)
                warnings.warn(
                    f"{layer.name} is dying: {len(layer.dead)} of its {layer.units} units are dead at step "
                    f"{self.steps}. What helps: a smaller learning rate; lt.revive(model, batches) to bring "
                    "them back; lt.replace(model) to let them leak from now on",
                    stacklevel=3,
                )


class _Inputs:
    """What entered the model last: the model itself, or its parts where they are called by themselves."""

    def __init__(self, model: nn.Module) -> None:
        self.latest: dict[nn.Module, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        self._within = False
        inner = unwrapped(model)
        self._handles = []
        for whole in dict.fromkeys([model, inner]):
            self._handles.append(whole.register_forward_pre_hook(self._enter, with_kwargs=True))
            self._handles.append(whole.register_forward_hook(self._leave))
        self._whole = inner
        for part in inner.children():
            self._handles.append(part.register_forward_pre_hook(self._enter_part, with_kwargs=True))

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()
        self.latest.clear()

    def _enter(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        self._within = True
        self.latest[self._whole] = (args, kwargs)

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        self._within = False

    def _enter_part(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if not self._within:
            self.latest[module] = (args, kwargs)


def _calling(module: nn.Module) -> Forward:
    """Runs a module, whatever it is a part of, on arguments and named arguments."""
    return lambda _, inputs: module(*inputs[0], **inputs[1])


def _detached(leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Tensor) else leaf


def _some(batch: Any, samples: int | None) -> tuple[Any, int]:
    """Some samples of a batch, and how many: of each tensor with as many as the first."""
    size = _size(batch)
    count = min(size, samples if samples is not None else max(8, size // 8))

    def cut(value: Any) -> Any:
        if isinstance(value, Tensor):
            is_samples = value.dim() > 0 and value.shape[0] == size
            return value.detach()[:count] if is_samples else value.detach()
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(cut, value))
        if isinstance(value, (list, tuple)):
            return type(value)(map(cut, value))
        if isinstance(value, Mapping):
            return {key: cut(part) for key, part in value.items()}
        return value

    return cut(batch), count


def _size(batch: Any) -> int:
    if isinstance(batch, Tensor):
        return batch.shape[0] if batch.dim() else 0
    if isinstance(batch, Mapping):
        batch = tuple(batch.values())
    if isinstance(batch, (list, tuple)):
        return next((size for size in map(_size, batch) if size), 0)
    return 0


def _logging(logger: Any) -> Callable[[dict[str, float], int], object]:
    """A function that hands shares to whatever logger there is."""
    if logger is None:
        return lambda shares, step: None
    if hasattr(logger, "log_metrics"):  # Lightning
        return lambda shares, step: logger.log_metrics(shares, step)
    if hasattr(logger, "add_scalar"):  # TensorBoard

        def add(shares: dict[str, float], step: int) -> None:
            for name, share in shares.items():
                logger.add_scalar(name, share, step)

        return add
    if hasattr(logger, "log"):  # Weights & Biases
        return lambda shares, step: logger.log(shares, step=step)
    if callable(logger):
        log: Callable[[dict[str, float], int], object] = logger
        return log
    raise TypeError(
        f"logger is a {type(logger).__name__}: give a TensorBoard SummaryWriter, a Weights & Biases run, a "
        "Lightning logger, or a function of a dictionary and the step"
    )
