"""Batches in whatever form a training loop has them, and a model that runs on one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu.torch._counts import UnitsDiffer

Forward = Callable[[nn.Module, Any], Any]

# How many samples run at a time where all of them are given at once.
CHUNK = 256


def batches_of(batches: Any) -> Iterator[Any]:
    """The batches one after the other. A tensor or an array is all samples at once, and is cut up."""
    if isinstance(batches, np.ndarray):
        if batches.dtype.kind not in "biuf":
            raise TypeError(f"batches is an array of {batches.dtype}: give numbers")
        batches = torch.from_numpy(batches)
    if isinstance(batches, Tensor):
        if batches.layout != torch.strided:
            raise TypeError(f"batches is a tensor of layout {batches.layout}: give a dense one, .to_dense()")
        if batches.dim() == 0:
            raise ValueError("batches is a single number: give samples on the first axis")
        yield from batches.split(CHUNK)
    elif isinstance(batches, Mapping) or not isinstance(batches, Iterable):
        raise TypeError(
            f"batches is a {type(batches).__name__}: give an iterable of batches, such as a DataLoader or a "
            "list of tensors, or one tensor with the samples on its first axis"
        )
    else:
        yield from batches


def run(model: nn.Module, batch: Any, forward: Forward | None, number: int) -> Any:
    """The model's output on a batch, which is brought to the model's device."""
    batch = moved(batch, device_of(model))
    if forward is None:
        inputs = inputs_of(batch)
        forward, batch = (lambda model, inputs: model(inputs)), inputs
    try:
        return forward(model, batch)
    except UnitsDiffer:
        raise
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise ValueError(f"the model does not run on batch {number} ({described(batch)}): {error}") from error


def inputs_of(batch: Any) -> Any:
    """What of a batch enters the model: all of a tensor, the first of a pair of inputs and targets."""
    if isinstance(batch, Tensor):
        return batch
    if isinstance(batch, (list, tuple)) and len(batch) in (1, 2) and isinstance(batch[0], Tensor):
        return batch[0]
    raise TypeError(
        f"a batch is {described(batch)}, which does not say what enters the model: give forward=, a function "
        "of the model and the batch, such as forward=lambda model, batch: model(**batch)"
    )


def sample_count(batch: Any) -> int:
    """How many samples a batch holds: the size of the first axis of its first tensor that has one."""
    if isinstance(batch, np.ndarray):
        return len(batch) if batch.ndim else 0
    if isinstance(batch, Tensor):
        return batch.shape[0] if batch.dim() else 0
    parts = (
        batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, (list, tuple)) else ()
    )
    return next((count for count in map(sample_count, parts) if count), 0)


def device_of(model: nn.Module) -> torch.device | None:
    for tensor in [*model.parameters(), *model.buffers()][:1]:
        return tensor.device
    return None


def moved(batch: Any, device: torch.device | None) -> Any:
    """The batch with its tensors on a device, and its arrays as tensors."""
    if isinstance(batch, np.ndarray) and batch.dtype.kind in "biuf":
        batch = torch.from_numpy(batch)
    if isinstance(batch, Tensor):
        return batch if device is None else batch.to(device)
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(moved(part, device) for part in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(moved(part, device) for part in batch)
    if isinstance(batch, dict):
        return {key: moved(part, device) for key, part in batch.items()}
    if isinstance(batch, Mapping) and device is not None:  # the encodings of tokenizers
        return getattr(batch, "to", lambda _: batch)(device)
    return batch


def described(batch: Any) -> str:
    if isinstance(batch, Tensor):
        return f"{str(batch.dtype).removeprefix('torch.')} {list(batch.shape)}"
    if isinstance(batch, Mapping):
        return f"a {type(batch).__name__} of {', '.join(map(repr, batch))}"
    if isinstance(batch, (list, tuple)):
        return f"a {type(batch).__name__} of {len(batch)}: {', '.join(map(described, batch[:4]))}"
    return f"a {type(batch).__name__}"


def some(batch: Any, samples: int | None) -> tuple[Any, int]:
    """The first samples of a batch, and how many: of each tensor with as many as the first."""
    size = sample_count(batch)
    count = samples_of(size, samples)

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


def samples_of(size: int, samples: int | None) -> int:
    """How many samples of a batch of `size` to look at: by default an eighth, and at least eight."""
    return min(size, samples if samples is not None else max(8, size // 8))


def few(batch: Any, count: int) -> Any:
    """The first samples of a batch."""
    size = sample_count(batch)

    def cut(leaf: Any) -> Any:
        is_samples = isinstance(leaf, Tensor) and leaf.dim() and leaf.shape[0] == size
        return leaf[:count] if is_samples else leaf

    return pytree.tree_map(cut, batch)
