"""`torch.nn.LeakyReLU` with one bit an element kept for the gradient."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


class LeakyReLU(nn.LeakyReLU):
    """`torch.nn.LeakyReLU`, which it may stand for anywhere, with less memory in training.

    PyTorch keeps the whole input for the gradient, this layer the signs: one bit an element. With
    `inplace=True` and `negative_slope > 0` nothing is kept, because the output's signs are the input's.
    Values and gradients equal those of `torch.nn.LeakyReLU` on the CPU bit for bit. State dict, `repr`,
    double backward and `torch.compile` are as there; under `torch.func` and forward-mode differentiation,
    while a model is exported, scripted or traced, and where no gradient is asked for, it is PyTorch's own
    function that runs.

    Args:
        negative_slope: the slope at and below zero.
        inplace: whether the input is overwritten by the output.

    Shape: any; the output has the shape, type and memory format of the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        if torch.jit.is_scripting():
            return F.leaky_relu(input, self.negative_slope, self.inplace)
        return leaky_relu(input, self.negative_slope, self.inplace)


@torch.jit.ignore  # type: ignore[untyped-decorator,unused-ignore]
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """`torch.nn.functional.leaky_relu`, with one bit an element kept for the gradient: see `LeakyReLU`."""
    # Ours keeps less than PyTorch's in-place function only where the slope is not above zero: there the
    # output does not tell the input's signs, and PyTorch's refuses the gradient.
    if (inplace and negative_slope > 0) or not _keeps_signs(input):
        return F.leaky_relu(input, negative_slope, inplace)
    # The operator works on elements in the order in which they lie; a permutation brings those of a dense
    # tensor (channels last, transposed) into the order of their axes.
    order = _memory_order(input)
    permuted = input if order is None else input.permute(order)
    y = torch.ops.leaky_relu.with_signs(permuted.contiguous(), negative_slope)[0]
    if order is not None:
        y = y.permute([order.index(axis) for axis in range(input.dim())])
    return input.copy_(y) if inplace else y


def _memory_order(x: Tensor) -> list[int] | None:
    """The axes from the outermost in memory to the innermost; none where that is their own order."""
    if x.is_contiguous():
        return None
    if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
        return [0, 2, 3, 1]
    if torch.compiler.is_compiling():
        # Strides may be symbols there, which do not sort: a copy in the order of the axes will do.
        return None
    strides = x.stride()
    return sorted(range(x.dim()), key=lambda axis: -strides[axis])


def _keeps_signs(x: Tensor) -> bool:
    """Whether a gradient is asked for by what our operator knows: plain tensors in reverse mode."""
    if type(x) not in (Tensor, nn.Parameter):
        # Tensors of other classes (distributed, wrapped, traced by torch.fx) know PyTorch's functions.
        return False
    return (
        torch.is_grad_enabled()
        and x.requires_grad
        and x.dtype in FLOATS
        and x.layout == torch.strided
        and not torch.compiler.is_exporting()
        and not torch.onnx.is_in_onnx_export()
        and not torch.jit.is_tracing()
        and not torch._C._are_functorch_transforms_active()
        and torch.autograd.forward_ad.unpack_dual(x).tangent is None
    )
