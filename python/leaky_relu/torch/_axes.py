"""Which axis of a tensor counts the units of a layer.

A unit is one output feature: a channel (axis 1) after a convolution, the last axis after a matrix product.
Between its producer and its rectifier a tensor may be normalised, added to another, transposed or reshaped;
the axis is followed from the producer through all of these.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

aten = torch.ops.aten

CONVOLUTIONS = {aten.convolution, aten._convolution, aten.cudnn_convolution, aten.mkldnn_convolution}
PRODUCTS = {aten.mm, aten.addmm, aten.bmm, aten.baddbmm, aten.linear, aten.matmul, aten._scaled_mm}
PRODUCTS_WITH_VECTOR = {aten.mv, aten.addmv, aten.dot}
TRANSPOSITIONS = {aten.transpose, aten.t, aten.permute, aten.numpy_T}
RESHAPES = {
    aten.view,
    aten._unsafe_view,
    aten.reshape,
    aten._reshape_alias,
    aten.squeeze,
    aten.unsqueeze,
    aten.flatten,
}
REDUCTIONS = {
    aten.mean,
    aten.sum,
    aten.amax,
    aten.amin,
    aten.max,
    aten.min,
    aten.norm,
    aten.linalg_vector_norm,
    aten.embedding,
    aten.index,
    aten.index_select,
    aten.gather,
    aten.select,
}


class Axes:
    """The axes of units of the tensors of one run, as far as what made them tells.

    Tensors are held by weak references, so memory is freed as without it.
    """

    def __init__(self, constants: Iterable[Tensor]) -> None:
        self._axes: Any = WeakIdKeyDictionary()
        # By number, since these are kept alive here; what is computed from them is not.
        self._given = {id(tensor): tensor for tensor in constants}
        self._computed: Any = WeakIdKeyDictionary()

    def is_constant(self, tensor: Any) -> bool:
        """Whether no data reach the tensor: parameters, buffers and what is computed from them alone."""
        return id(tensor) in self._given or (len(self._computed) > 0 and tensor in self._computed)

    def unit_axis(self, tensor: Tensor) -> int:
        """The axis that counts units. Where nothing tells, axis 1; a tensor without such an axis belongs to
        one unit, and its rank, which is no axis, is given."""
        known = self._axes.get(tensor)
        return min(1 if known is None else known, tensor.dim())

    def follow(self, operator: Any, args: Sequence[Any], result: Any) -> None:
        """Notes what a call tells of its results. To be called after it was done."""
        inputs = [value for value in _tensors(args)]
        results = list(_tensors([result]))
        if inputs and all(self.is_constant(tensor) for tensor in inputs):
            for tensor in results:
                self._computed[tensor] = True
            return
        for tensor in results:
            axis = self._followed(getattr(operator, "overloadpacket", None), args, inputs, tensor)
            if axis is None:
                self._axes.pop(tensor, None)
            else:
                self._axes[tensor] = axis

    def _followed(
        self, operator: Any, args: Sequence[Any], inputs: list[Tensor], result: Tensor
    ) -> int | None:
        rank = result.dim()
        if operator in CONVOLUTIONS:
            return 1
        if operator in PRODUCTS:
            # With the weights on the left the features are the rows.
            left, right = inputs[-2:] if operator is not aten.linear else inputs[:2]
            weights_left = self.is_constant(left) and not self.is_constant(right)
            return rank - 2 if weights_left and operator is not aten.linear else rank - 1
        if operator in PRODUCTS_WITH_VECTOR:
            # A vector of weights makes one feature, without an axis.
            return rank - 1 if rank and self.is_constant(inputs[-2]) else rank
        if operator in REDUCTIONS or not inputs:
            return None
        source = inputs[0]
        axis = self._axes.get(source)
        if operator in TRANSPOSITIONS:
            return None if axis is None or axis >= rank else _transposed(operator, args, axis, rank)
        if operator in RESHAPES:
            return None if axis is None else same_position(source.shape, axis, result.shape)
        return self._strongest(inputs, rank)

    def _strongest(self, inputs: list[Tensor], rank: int) -> int | None:
        """The axis that the inputs of an operator on elements tell, among those that broadcast."""
        for tensor in inputs:
            axis = self._axes.get(tensor)
            if axis is not None and tensor.dim() <= rank:
                return int(axis) + rank - tensor.dim()
        return None


def _transposed(operator: Any, args: Sequence[Any], axis: int, rank: int) -> int:
    if operator is aten.permute:
        return [position % rank for position in args[1]].index(axis)
    if operator is aten.transpose:
        one, other = (position % rank for position in args[1:3])
        return {one: other, other: one}.get(axis, axis)
    return rank - 1 - axis


def same_position(source: Sequence[int], axis: int, target: Sequence[int]) -> int | None:
    """Where an axis lies after a reshape: the axis with as many elements before it, or behind the last
    axis where it was of size 1 and is gone."""
    before = math.prod(source[:axis])
    size = source[axis] if axis < len(source) else 1
    candidates = [place for place in range(len(target) + 1) if math.prod(target[:place]) == before]

    # Axes of size 1 make more than one fit. The one of the same size is meant, else one that holds
    # something; the first axis counts samples.
    def unlikely(place: int) -> tuple[bool, bool, bool, int]:
        found = target[place] if place < len(target) else 1
        return (found != size, found == 1, place in (0, len(target)), -place)

    return min(candidates, key=unlikely, default=None)


def _tensors(values: Any) -> Iterable[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)
