"""ONNX networks and arrays in memory: diagnose, convert, cure and compare.

A network is a path, the bytes of a file, or an `onnx.ModelProto`; samples are an array, or a dictionary of
arrays named after the network's inputs. Nothing that is given is changed, and a file that was read is never
written.
"""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaky_relu import _engine
from leaky_relu._diagnosis import Diagnosis
from leaky_relu._progress import watching
from leaky_relu._results import Comparison, Conversion, Cure

Data = ArrayLike | Mapping[str, ArrayLike]
"""Samples: an array with the samples on its first axis, or arrays named after the network's inputs."""

Arrays = dict[str, NDArray[Any]]

# How often a training is tried whose worker is lost.
TRIES = 3


def diagnose(
    model: Any,
    x: Data,
    y: ArrayLike | None = None,
    *,
    tau: float | None = None,
    batch_size: int = 256,
    progress: bool | None = None,
) -> Diagnosis:
    """Which units of an ONNX network are dead on the data, why, and what to do.

    Args:
        model: a path, bytes, or an `onnx.ModelProto`.
        x: samples, all of which are run through the network.
        y: what it should answer. A diagnosis does without; with it, the result tells how much of the gradient
            reaches each layer, too.
        tau: count as dormant the units of silent rectifiers whose mean activation is at most `tau` times
            their layer's mean (ReDo's score, Sokar et al. 2023), not those that hardly ever fire.
        batch_size: how many samples run at a time.
        progress: whether to show a bar; by default where `tqdm` is installed and there is a terminal.

    Raises:
        ValueError: if the network cannot be run, holds no rectifier, or the data do not fit it.
    """
    task = _engine.Task(_name(model), _source(model), _arrays(x, y))
    with watching(progress) as bar:
        found = Diagnosis.from_dict(json.loads(task.diagnose(batch_size, tau, bar)))
    if y is None:
        return found
    return dataclasses.replace(found, gradients=json.loads(task.gradient_norms(batch_size)))


@dataclass(frozen=True)
class _ConvertRequest:
    alpha: float
    from_: str
    only: list[str]
    skip: list[str]


def convert(
    model: Any,
    output: str | os.PathLike[str] | None = None,
    *,
    alpha: float = 0.01,
    from_: str = "relu",
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
) -> Conversion:
    """Makes the hidden ReLUs of an ONNX network leak, or gives another slope to those that leak already;
    nothing else of it changes.

    Args:
        model: a path, bytes, or an `onnx.ModelProto`.
        output: where to write the network; without it, it is only in the result.
        alpha: the slope below zero.
        from_: which rectifiers get it: `"relu"`, `"leaky-relu"`, `"prelu"`, whose learned slopes then give
            way, or `"relu6"`, which stays bounded above.
        only: patterns of node names, such as `/layer1/*`: convert only these.
        skip: patterns of node names to leave.

    Raises:
        ValueError: if there is nothing to convert, or `output` is a file that was read.
    """
    name, path = _name(model), None if output is None else os.fspath(output)
    request = _ConvertRequest(alpha, from_, list(only), list(skip))
    made, figures = _engine.convert(name, _source(model), request, path)
    return Conversion(made, json.loads(figures))


@dataclass(frozen=True)
class _ObjectiveRequest:
    loss: str | None
    metric: str | None
    class_weights: str
    label_smoothing: float


@dataclass(frozen=True)
class _TrainRequest:
    epochs: int
    batch_size: int
    optimizer: str
    momentum: float
    weight_decay: float
    clip_norm: float | None
    schedule: str
    warm_up: int
    patience: int | None
    train_statistics: bool
    pull: float
    recycle: int | None


Request = TypeVar("Request")


def _asked(request: type[Request], given: Mapping[str, Any]) -> Request:
    """What the arguments of a function ask for, of which some have the names of a request's fields."""
    fields = dataclasses.fields(request)  # type: ignore[arg-type]
    return request(**{field.name: given[field.name] for field in fields})


@dataclass(frozen=True)
class _CureRequest:
    alpha: float | str
    revive: bool
    revival_bound: float
    recentre: bool
    tau: float | None
    checkpoint: str | None
    lr: float
    seed: int
    objective: _ObjectiveRequest
    training: _TrainRequest


def cure(
    model: Any,
    x: Data,
    y: ArrayLike,
    *,
    val: tuple[Data, ArrayLike] | None = None,
    test: tuple[Data, ArrayLike] | None = None,
    output: str | os.PathLike[str] | None = None,
    alpha: float | str = 0.01,
    revive: bool = True,
    revival_bound: float = 0.001,
    recentre: bool = False,
    tau: float | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    loss: str | None = None,
    epochs: int = 20,
    batch_size: int = 64,
    lr: float = 0.001,
    optimizer: str = "adam",
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    clip_norm: float | None = None,
    schedule: str = "constant",
    warm_up: int = 0,
    patience: int | None = None,
    train_statistics: bool = False,
    pull: float = 0.0,
    recycle: int | None = None,
    metric: str | None = None,
    class_weights: str = "equal",
    label_smoothing: float = 0.0,
    seed: int = 0,
    progress: bool | None = None,
) -> Cure:
    """Cures an ONNX network: diagnoses, revives dead units, lets them leak, trains, diagnoses again.

    The epoch that validates best is kept, and never a network that validates worse than the one given.

    Args:
        model: a path, bytes, or an `onnx.ModelProto`.
        x: samples to diagnose and train with.
        y: integers of shape `[N]`: class labels, or of shape `[N, H, W]`, one for each position; or floats
            shaped like the output.
        val: samples and answers to validate with; without them a fifth of the data is kept apart.
        test: samples and answers to score the result on, once; nothing is chosen by them.
        output: where to write the cured network, which is also in the result.
        alpha: the slope below zero of the hidden ReLUs, or `"auto"` for the best of five in short trainings.
        revive: whether dead units get fresh weights.
        revival_bound: how much of its magnitude an output may change by dead units that cannot be muted, as
            those of a residual stream; 0 leaves these dead.
        recentre: shift always-on units so that they are above zero on half of the samples; this changes
            outputs, and the figures say how much.
        tau: revive dormant units, too: those whose mean activation is at most `tau` times their layer's mean
            (ReDo's score, Sokar et al. 2023). Their means move into what hears them; what else they said is
            lost.
        checkpoint: a folder that keeps the training after each epoch. A cure that was interrupted or killed
            goes on from what it holds, and ends with the same network.
        loss: `"cross-entropy"`, `"mean-squared-error"` or `"binary-cross-entropy"`; by default what suits.
        epochs: how many times to see all samples.
        batch_size: how many samples make a step.
        lr: the learning rate.
        optimizer: `"adam"` or `"sgd"`.
        momentum: how much of its velocity `"sgd"` keeps from step to step.
        weight_decay: how much each step pulls the weights towards zero; with it, `"adam"` is AdamW.
        clip_norm: the largest norm of the gradient of all weights together.
        schedule: `"constant"`, `"cosine"`, `"linear"` or `"step"`: how the learning rate goes on.
        warm_up: in how many steps the learning rate rises, before the schedule begins.
        patience: end after so many epochs none of which validated better.
        train_statistics: let the statistics of batch normalisations train: each step takes those of its
            batch, and the stored ones follow. Otherwise these are used in training too, and stay.
        pull: how strongly each step pulls the weights back to where they began (L2 Init).
        recycle: after every so many steps, revive the units that have died in training.
        metric: `"accuracy"`, `"balanced_accuracy"`, `"f1"`, `"mean_iou"`, `"r2"` or `"dice"`; by default what
            suits the loss.
        class_weights: `"equal"`, or `"balanced"`: every class counts as much as any other in the loss.
        label_smoothing: the part of each class label that is shared out among all classes.
        seed: where the random numbers start; the same seed gives the same network.
        progress: whether to show a bar; by default where `tqdm` is installed and there is a terminal.

    Raises:
        ValueError: if the network or the data cannot be worked with, or `output` is a file that was read.
        KeyboardInterrupt: on Ctrl-C, when `output`, if given, holds the best network so far.
    """
    given = locals()
    held = _held("val", val), _held("test", test)
    task = _engine.Task(_name(model), _source(model), _arrays(x, y), *held)
    objective, training = _asked(_ObjectiveRequest, given), _asked(_TrainRequest, given)
    folder = None if checkpoint is None else os.fspath(checkpoint)
    request = _CureRequest(alpha, revive, revival_bound, recentre, tau, folder, lr, seed, objective, training)
    path = None if output is None else os.fspath(output)
    with watching(progress) as bar:
        made, figures, gradients, diverged = task.cure(request, path, bar)
    if diverged is not None:
        warnings.warn(
            f"the loss became NaN or infinite in epoch {diverged}; the best network before it was kept. What "
            "helps: a smaller lr",
            RuntimeWarning,
            stacklevel=2,
        )
    before, after = json.loads(gradients)
    return Cure(made, json.loads(figures), (before, after), seed, diverged)


@dataclass(frozen=True)
class _CompareRequest:
    rectifiers: list[str]
    lr: list[float]
    seeds: int
    from_weights: bool
    objective: _ObjectiveRequest
    training: _TrainRequest
    jobs: int | None


RECTIFIERS = ("relu", "leaky-relu:0.01", "leaky-relu:0.1", "leaky-relu:0.3", "prelu", "rrelu", "elu")


def compare(
    model: Any,
    x: Data,
    y: ArrayLike,
    *,
    val: tuple[Data, ArrayLike] | None = None,
    test: tuple[Data, ArrayLike] | None = None,
    rectifiers: Sequence[str] = RECTIFIERS,
    lr: float | Sequence[float] = 0.001,
    seeds: int = 5,
    from_weights: bool = False,
    loss: str | None = None,
    epochs: int = 20,
    batch_size: int = 64,
    optimizer: str = "adam",
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    clip_norm: float | None = None,
    schedule: str = "constant",
    warm_up: int = 0,
    patience: int | None = None,
    train_statistics: bool = False,
    pull: float = 0.0,
    recycle: int | None = None,
    metric: str | None = None,
    class_weights: str = "equal",
    label_smoothing: float = 0.0,
    jobs: int | None = None,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> Comparison:
    """Trains an ONNX network with one rectifier after the other and says which is best, and whether the
    difference is more than noise.

    Args:
        model: a path, bytes, or an `onnx.ModelProto`.
        x: samples to train with.
        y: integers of shape `[N]`: class labels, or of shape `[N, H, W]`, one for each position; or floats
            shaped like the output.
        val: samples and answers to validate with; without them a fifth of the data is kept apart.
        test: samples and answers to score each of the trained networks on, once; nothing is chosen by them.
        rectifiers: names such as `"relu"`, `"leaky-relu:0.1"`, `"prelu"`, `"rrelu"`, `"elu"`.
        lr: the learning rate, or several.
        seeds: how often each is trained.
        from_weights: train on from the network's weights instead of fresh ones.
        loss: as for `cure`.
        epochs: how many times each training sees all samples.
        batch_size: how many samples make a step.
        optimizer: `"adam"` or `"sgd"`.
        momentum, weight_decay, clip_norm, schedule, warm_up, patience, train_statistics, pull, recycle,
            metric, class_weights, label_smoothing: as for `cure`.
        jobs: how many trainings run side by side in this process, by default one for each core.
        executor: any `concurrent.futures.Executor`, to which each training is handed instead: processes of
            this machine, or `dask.distributed`, Ray or MPI for those of others. Figures do not depend on it,
            seconds aside. A training whose worker is lost is done again.
        progress: whether to show a bar; by default where `tqdm` is installed and there is a terminal.
    """
    given = locals()
    rates = [float(lr)] if isinstance(lr, (int, float)) else [float(rate) for rate in lr]
    objective, training = _asked(_ObjectiveRequest, given), _asked(_TrainRequest, given)
    request = _CompareRequest(list(rectifiers), rates, seeds, from_weights, objective, training, jobs)
    validation, tested = _held("val", val), _held("test", test)
    if executor is None:
        task = _engine.Task(_name(model), _source(model), _arrays(x, y), validation, tested)
        with watching(progress) as bar:
            return Comparison(json.loads(task.compare(request, bar)))
    # Workers may not see this machine's files.
    work = (_name(model), _whole(model), _arrays(x, y), validation, tested, request)
    task = _engine.Task(*work[:5])
    with watching(progress) as bar:
        trials = _everywhere(executor, work, task.trainings(request), bar)
    return Comparison(json.loads(task.conclude(request, trials)))


Work = tuple[str, bytes, Arrays, Arrays | None, Arrays | None, _CompareRequest]


def _trial(work: Work, number: int) -> str:
    """One training of a comparison, in whatever process this runs."""
    return _engine.Task(*work[:5]).trial(work[5], number)


def _everywhere(executor: Executor, work: Work, count: int, bar: Any) -> list[str]:
    if bar is not None:
        bar("compare", count, None)
    waiting: dict[int, Future[str] | None] = {n: _submit(executor, work, n) for n in range(count)}
    trials = []
    try:
        for number in range(count):
            trials.append(_result(executor, work, number, waiting[number]))
            if bar is not None:
                bar("step", 1, None)
    except BaseException:
        for future in waiting.values():
            if future is not None:
                future.cancel()
        raise
    return trials


def _submit(executor: Executor, work: Work, number: int) -> Future[str] | None:
    """A training on its way; nothing where the executor takes no more."""
    try:
        return executor.submit(_trial, work, number)
    except BrokenExecutor:
        return None


def _result(executor: Executor, work: Work, number: int, future: Future[str] | None) -> str:
    for _ in range(TRIES):
        if future is None:
            break
        try:
            return future.result()
        except (ValueError, TypeError, KeyboardInterrupt):
            raise  # the engine's own answer, which would be the same elsewhere
        except Exception:
            # The worker is gone, and what it trained is lost: once more.
            future = _submit(executor, work, number)
    return _trial(work, number)


def _name(model: Any) -> str:
    if isinstance(model, (str, os.PathLike)):
        return os.fspath(model) if isinstance(os.fspath(model), str) else os.fsdecode(model)
    graph = getattr(model, "graph", None)
    return getattr(graph, "name", "") or "the network"


def _source(model: Any) -> str | bytes:
    """A path or bytes, as the engine takes a network."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        return bytes(model)
    if isinstance(model, (str, os.PathLike)):
        path = Path(os.fsdecode(model))
        if not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file")
        return str(path)
    if hasattr(model, "SerializeToString"):
        serialized: bytes = model.SerializeToString()
        return serialized
    raise TypeError(
        f"the network is a {type(model).__name__}: give a path, the bytes of an ONNX file, or an "
        "onnx.ModelProto (a torch.nn.Module goes to leaky_relu.torch)"
    )


def _whole(model: Any) -> bytes:
    """The network with all its data, wherever they lie."""
    source = _source(model)
    return source if isinstance(source, bytes) else _engine.with_its_data(source)


def _arrays(x: Data, y: ArrayLike | None) -> Arrays:
    given = dict(x) if isinstance(x, Mapping) else {"x": x}
    if y is not None:
        given["y"] = y
    return {name: _array(name, array) for name, array in given.items()}


def _held(name: str, pair: tuple[Data, ArrayLike] | None) -> Arrays | None:
    """Samples with their answers, if any."""
    if pair is None:
        return None
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name} is a {type(pair).__name__}: give a pair, samples and answers")
    return _arrays(*pair)


def _array(name: str, values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        raise TypeError(f"`{name}` is an array of {array.dtype}: give numbers")
    if array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return np.require(array.astype(array.dtype.newbyteorder("="), copy=False), requirements=("C", "A"))
