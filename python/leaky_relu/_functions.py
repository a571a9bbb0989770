"""The rectifiers and their gradients over NumPy arrays.

The functions are the engine's own. Only arrays that do not lie as its kernels need them (strided, integers,
lists, scalars) come here, to be brought into form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaky_relu import _engine

Array = NDArray[Any]
T = TypeVar("T")


elu = _engine.elu
elu_grad = _engine.elu_grad
leaky_relu = _engine.leaky_relu
leaky_relu_grad = _engine.leaky_relu_grad
relu = _engine.relu
relu_grad = _engine.relu_grad


def prelu(x: ArrayLike, alpha: ArrayLike, axis: int = 1, out: Array | None = None) -> Array:
    """`x` where `x > 0`, `alpha[c] * x` elsewhere, with `c` the index along `axis`.

    `alpha` holds one slope for each index along `axis`, or one for all. Types, shapes and `out` are as for
    `leaky_relu`.

    Source: He, Zhang, Ren and Sun (2015), "Delving Deep into Rectifiers".
    """
    source = _as_float(x)
    _check_out(out, source)
    slopes, inner = _channels(source, alpha, axis)
    y = _answered(_engine.prelu(_flat(source), slopes, inner))
    return _given(_shaped_like(source, y), out)


def prelu_grad(x: ArrayLike, dy: ArrayLike, alpha: ArrayLike, axis: int = 1) -> tuple[Array, Array]:
    """The gradients of `prelu` with respect to `x`, shaped like it, and to `alpha`, one for each slope.

    That of a slope is the sum of `x * dy` over the elements of its channel that are not above zero, summed
    in `float64` and rounded once.
    """
    source, gradient = _as_floats(x, dy)
    slopes, inner = _channels(source, alpha, axis)
    dx, dalpha = _answered(_engine.prelu_grad(_flat(source), _flat(gradient), slopes, inner))
    return _given(_shaped_like(source, dx), None), dalpha.reshape(np.shape(alpha))


def _formed(function: str, x: ArrayLike, *arguments: Any) -> Array:
    """Does what a function of the engine was called for, with arrays that do not lie as it needs them."""
    compute = getattr(_engine, function)
    *others, out = arguments
    if function.endswith("_grad"):
        dy, *alpha = others
        return _gradient(x, dy, out, lambda x, dy: compute(x, dy, *alpha, out=dy))
    return _values(x, out, lambda y: compute(y, *others, out=y))


_engine.otherwise(_formed)


def _values(x: ArrayLike, out: Array | None, in_place: Callable[[Array], Array]) -> Array:
    """Copies `x` into form, lets `in_place` turn it into the result, and puts that where it belongs."""
    source = _as_float(x)
    _check_out(out, source)
    y = np.array(source, order="K", copy=True, subok=True)
    in_place(_memory(y))
    return _given(y, out)


def _gradient(
    x: ArrayLike, dy: ArrayLike, out: Array | None, in_place: Callable[[Array, Array], Array]
) -> Array:
    source, gradient = _as_floats(x, dy)
    _check_out(out, source)
    dx = np.array(gradient, order="C", copy=True, subok=True)
    in_place(_flat(source), _memory(dx))
    return _given(dx, out)


def _as_float(x: ArrayLike) -> Array:
    """An array of a type the kernels compute in; subclasses keep what they mean."""
    array = np.asanyarray(x)
    dtype = array.dtype
    if dtype.kind in "biu":
        return array.astype(np.float64)
    if dtype.kind == "f" and dtype.itemsize <= 8:
        return array.astype(dtype.newbyteorder("="), copy=False)
    if dtype.name == "bfloat16":
        return array
    raise TypeError(
        f"an array of {dtype} has no rectifier here: give float16, float32, float64, "
        "ml_dtypes.bfloat16, or integers, which are computed as float64"
    )


def _as_floats(x: ArrayLike, dy: ArrayLike) -> tuple[Array, Array]:
    """The input and the gradient of the output, in one type and of one shape."""
    source = _as_float(x)
    if isinstance(dy, (bool, int, float)):
        gradient = np.full(source.shape, dy, source.dtype)
    else:
        gradient = _as_float(dy)
        try:
            gradient = np.broadcast_to(gradient, source.shape, subok=True)
        except ValueError:
            raise ValueError(
                f"dy of shape {gradient.shape} does not fit x of shape {source.shape}: the gradient of the "
                "output has the shape of the input, or one that broadcasts to it"
            ) from None
    dtype = np.result_type(source.dtype, gradient.dtype)
    return source.astype(dtype, copy=False), gradient.astype(dtype, copy=False)


def _channels(source: Array, alpha: ArrayLike, axis: int) -> tuple[Array, int]:
    """The slopes, and how many elements of the input lie together a channel."""
    slopes = np.ascontiguousarray(np.asarray(alpha).reshape(-1), source.dtype)
    if slopes.size == 1:
        return slopes, 1
    if not -source.ndim <= axis < source.ndim:
        raise ValueError(
            f"alpha holds {slopes.size} slopes along axis {axis}, but x of shape {source.shape} has no such "
            "axis"
        )
    axis %= source.ndim
    if source.shape[axis] != slopes.size:
        raise ValueError(
            f"alpha holds {slopes.size} slopes, but x of shape {source.shape} has {source.shape[axis]} "
            f"channels along axis {axis}: give one slope a channel, or one for all"
        )
    return slopes, max(1, math.prod(source.shape[axis + 1 :]))


def _check_out(out: object, result: Array) -> None:
    if out is None:
        return
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a numpy.ndarray, but is a {type(out).__name__}")
    if out.dtype != result.dtype or out.shape != result.shape:
        raise ValueError(
            f"out is an array of {out.dtype} of shape {out.shape}, but the result is one of {result.dtype} "
            f"of shape {result.shape}"
        )
    if not out.flags.writeable:
        raise ValueError("out is read-only: give an array that can be written to")


def _memory(array: Array) -> Array:
    """The elements of an array without gaps, one after the other as they lie: the same memory."""
    return np.asarray(array).ravel(order="K")


def _flat(array: Array) -> Array:
    """The elements one after the other in the order of C."""
    return np.require(np.asarray(array), requirements=("C", "ALIGNED")).reshape(-1)


def _shaped_like(source: Array, values: Array) -> Array:
    shaped = values.reshape(source.shape)
    if type(source) is np.ndarray:
        return shaped
    result = source.copy()
    np.asarray(result)[...] = shaped
    return result


def _given(result: Array, out: Array | None) -> Array:
    """The result where the caller wants it; of an array without axes the scalar, as from a ufunc."""
    if out is not None:
        np.copyto(out, result)
        return out
    scalar: Array = result[()] if type(result) is np.ndarray else result
    return scalar


def _answered(answer: T | None) -> T:
    assert answer is not None, "the engine takes contiguous arrays"
    return answer
