"""What weights are multiplied by, seen while a model runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from leaky_relu.torch._axes import CONVOLUTIONS, PRODUCTS

aten = torch.ops.aten


class Heard(TorchDispatchMode):
    """Adds up what some weights are multiplied by, for each of its features or channels."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self._storage = weights.untyped_storage().data_ptr()
        self._sum: Tensor | None = None
        self._count = 0

    def mean(self) -> Tensor | None:
        """The mean over all samples and positions; none where the weights were not seen to multiply."""
        return None if self._sum is None else self._sum / max(1, self._count)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = self._signal(getattr(func, "overloadpacket", None), args)
        if found is not None:
            self._add(*found)
        return func(*args, **(kwargs or {}))

    def _signal(self, operator: Any, args: Sequence[Any]) -> tuple[Tensor, int] | None:
        """What the weights are multiplied by in a call, and the axis of its features."""
        if operator not in CONVOLUTIONS and operator not in PRODUCTS:
            return None
        tensors = [value for value in args if isinstance(value, Tensor)]
        if operator in CONVOLUTIONS or operator is aten.linear:
            signal, weights = tensors[:2]
            axis = 1 if operator in CONVOLUTIONS else signal.dim() - 1
            return (signal, axis) if self._is_of_weights(weights) else None
        left, right = tensors[-2:]
        if self._is_of_weights(right):
            return left, left.dim() - 1
        return (right, right.dim() - 2) if right.dim() > 1 and self._is_of_weights(left) else None

    def _is_of_weights(self, tensor: Tensor) -> bool:
        """Whether it is the weights, transposed or not."""
        return tensor.layout == torch.strided and tensor.untyped_storage().data_ptr() == self._storage

    def _add(self, signal: Tensor, axis: int) -> None:
        if signal.numel() == 0:
            return
        others = [other for other in range(signal.dim()) if other != axis]
        kind = torch.float64 if signal.dtype == torch.float64 else torch.float32
        positions = signal.numel() // signal.shape[axis]
        mean = (signal.mean(others, dtype=kind) if others else signal).double().cpu()
        self._sum = mean * positions if self._sum is None else self._sum + mean * positions
        self._count += positions
