"""Why units of a module are dead, and what to do: what the engine says of the module's exported graph."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch._batches import Forward, device_of, few, inputs_of, moved, sample_count
from leaky_relu.torch._export import exported

# On how many samples causes rest at most, and so many that their tensors hold about this many numbers.
SAMPLES = 1024
NUMBERS = 1 << 22
# How many of them the engine runs at a time.
AT_ONCE = 64


class Beginning:
    """The first samples of batches that pass by, to be one batch again."""

    def __init__(self) -> None:
        self._parts: list[list[Any]] = []
        self._structure: Any = None
        self._wanted = SAMPLES

    def of(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            if self._wanted > 0:
                self._keep(batch)
            yield batch

    def batch(self) -> Any:
        """The samples, on the CPU."""
        columns = zip(*self._parts, strict=True)
        leaves = [torch.cat(parts) if len(parts) > 1 else parts[0] for parts in map(list, columns)]
        return pytree.tree_unflatten(leaves, self._structure)

    def _keep(self, batch: Any) -> None:
        batch = moved(batch, torch.device("cpu"))
        if isinstance(batch, Mapping):
            batch = dict(batch)
        size = sample_count(batch)
        if not size:
            return
        leaves, structure = pytree.tree_flatten(batch)
        numbers = sum(leaf.numel() for leaf in leaves if isinstance(leaf, Tensor))
        enough = max(1, NUMBERS * size // max(1, numbers))
        self._wanted = min(self._wanted, enough)
        # The model may write to what it is given.
        part = [leaf.clone() if isinstance(leaf, Tensor) else leaf for leaf in few(leaves, self._wanted)]
        of_samples = all(isinstance(leaf, Tensor) and leaf.dim() and len(leaf) == size for leaf in leaves)
        if self._parts and not (of_samples and structure == self._structure and _alike(part, self._parts[0])):
            self._wanted = 0  # batches of different shapes do not make one
            return
        self._structure = structure
        self._parts.append(part)
        self._wanted = self._wanted - size if of_samples else 0


def explained(model: nn.Module, samples: Beginning, forward: Forward | None, found: Diagnosis) -> Diagnosis:
    """A diagnosis with why its dead units are dead and what to do; or with a note that says why this cannot
    be told."""
    try:
        batch = samples.batch()
        call = forward
        if call is None:
            batch, call = inputs_of(batch), lambda model, inputs: model(inputs)
        network = exported(model, moved(few(batch, 2), device_of(model)), call)
        task = network.task(batch)
        told = Diagnosis.from_dict(json.loads(task.explain(json.dumps(found.to_dict()), AT_ONCE)))
    except ValueError as error:
        note = f"Why units are dead is not told: {error}"
        return dataclasses.replace(found, notes=(*found.notes, note))
    return dataclasses.replace(found, layers=told.layers, prescription=told.prescription)


def _alike(part: list[Any], other: list[Any]) -> bool:
    pairs = zip(part, other, strict=True)
    return all(one.shape[1:] == two.shape[1:] and one.dtype == two.dtype for one, two in pairs)
