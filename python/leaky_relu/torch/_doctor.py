"""Which units of a module are dead on some data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch._axes import Axes
from leaky_relu.torch._batches import Forward, batches_of, run, sample_count
from leaky_relu.torch._causes import Beginning, explained
from leaky_relu.torch._counts import Counts
from leaky_relu.torch._observer import Before, Names, Observer, untouched


def diagnose(
    model: nn.Module,
    batches: Any,
    forward: Forward | None = None,
    tau: float | None = None,
    causes: bool = True,
) -> Diagnosis:
    """Runs batches through a model and says which units of its rectifiers are dead, why, and what to do.

    Every rectifier that runs is found, whether it is a module or a call (`F.relu`, `torch.relu`,
    `x.relu_()`, `F.leaky_relu`, `x.clamp(min=0)`, …), and named by the module's qualified name: `features.1`
    for a module, `features.relu()` for a call within one, `relu#2` where one is used a second time. A unit
    is one output feature: a channel after a convolution, the last axis after a matrix product.

    The model runs in evaluation mode and without gradients. Its modes, parameters, buffers and the state of
    the random number generators are afterwards as they were. Memory is that of one batch.

    Why units are dead is read from the model's graph, which is exported in memory for that, and from its
    first samples, at most 1024. It takes a second or more and memory for a copy of the model's parameters, is
    done only where units are dead, and not at all with `causes=False`. Where a model cannot be exported, a
    note says why.

    Args:
        model: any module, compiled or not, on any device.
        batches: an iterable of inputs, or of pairs of inputs and targets, such as a `DataLoader`; or one
            tensor with the samples on its first axis.
        forward: how to run a batch, `forward(model, batch)`, where it is not `model(inputs)`.
        tau: count as dormant the units whose mean magnitude is at most `tau` times their layer's mean
            (Sokar et al. 2023), not those above zero on less than 0.1 % of samples and positions.
        causes: whether to say why units are dead.

    Raises:
        TypeError: if the model is no module; if a batch is a dictionary or a longer tuple and no `forward`
            says what to do with it.
        ValueError: if there is no batch or no rectifier, the model does not run on a batch, or a
            pre-activation is not a number.
    """
    model = unwrapped(model)
    check_tau(tau)
    beginning = Beginning()
    given = beginning.of(batches_of(batches)) if causes else batches_of(batches)
    counts, samples = counted(model, given, forward, magnitudes=tau is not None)
    notes = []
    if model.training:
        notes.append("The model is in training mode; it was measured in evaluation mode.")
    found = Diagnosis(type(model).__name__, samples, counts.finished(tau), tuple(notes), tau=tau)
    return explained(model, beginning, forward, found) if causes and found.dead else found


def counted(
    model: nn.Module, batches: Iterable[Any], forward: Forward | None, magnitudes: bool = False
) -> tuple[Counts, int]:
    """Runs all batches and counts; gives the number of samples too."""
    counts = Counts(magnitudes)
    samples = 0
    names = Names(model)
    for number, batch in enumerate(batches):
        with untouched(model), names.followed():
            observe(model, batch, forward, names, counts.count, number)
        samples += sample_count(batch)
    if not samples:
        raise ValueError("batches gave no samples: there is nothing to diagnose")
    if not counts.layers:
        raise ValueError(
            f"{type(model).__name__} ran no rectifier (ReLU, Leaky ReLU, PReLU, ELU, ReLU6): it has no units "
            "that can be dead"
        )
    return counts, samples


def observe(
    model: nn.Module, batch: Any, forward: Forward | None, names: Names, count: Before, number: int
) -> None:
    """Runs one batch, and calls `count` at each rectifier."""
    names.start()
    constants = [*model.parameters(), *model.buffers()]
    with Observer(names, Axes(constants), count):
        run(model, batch, forward, number)


def unwrapped(model: nn.Module) -> nn.Module:
    """The module itself, out of `torch.compile`, `DistributedDataParallel` and `DataParallel`.

    Raises:
        TypeError: if it is no module.
        ValueError: if it has no numbers yet.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"the model is a {type(model).__name__}: give a torch.nn.Module")
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(model, (nn.parallel.DistributedDataParallel, nn.DataParallel)):
            inner = model.module
        if not isinstance(inner, nn.Module):
            break
        model = inner
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if is_lazy(tensor):
            raise ValueError(f"'{name}' has no shape yet: run the model once on a batch before")
        if tensor.is_meta:
            raise ValueError(f"'{name}' lies on the device 'meta', which holds no numbers")
    return model


def check_tau(tau: float | None) -> None:
    if tau is not None and not 0 <= tau < math.inf:
        raise ValueError(f"tau must be a number of at least 0, but is {tau}")
