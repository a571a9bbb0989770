"""Leaky ReLU as an operator of PyTorch that keeps one bit an element for its gradient.

`leaky_relu::with_signs` gives the values and the packed sign bits, `leaky_relu::from_signs` the gradient
from them. Both are registered with shapes for tracing and with gradients, so `torch.compile`, double
backward, checkpointing and saved-tensor hooks take them like PyTorch's own. On the CPU the engine computes
in the tensors' own memory, on CUDA a Triton kernel, elsewhere PyTorch's operators put together.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from leaky_relu import _engine

# Element i is bit i % 8 of byte i // 8.
PLACES = (1, 2, 4, 8, 16, 32, 64, 128)


def byte_count(elements: int) -> int:
    return (elements + 7) // 8


@torch.library.custom_op("leaky_relu::with_signs", mutates_args=())
def with_signs(x: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Values of `x`, which must be contiguous, and the sign bits of its elements, eight a byte."""
    above = (x > 0).view(-1)
    padded = torch.nn.functional.pad(above, (0, -len(above) % 8)).view(-1, 8)
    places = torch.tensor(PLACES, dtype=torch.uint8, device=x.device)
    signs = torch.where(padded, places, 0).sum(dim=1, dtype=torch.uint8)
    return torch.nn.functional.leaky_relu(x, alpha), signs


@torch.library.custom_op("leaky_relu::from_signs", mutates_args=())
def from_signs(signs: Tensor, dy: Tensor, alpha: float) -> Tensor:
    """The gradient of the input, from the sign bits and the contiguous gradient of the output."""
    places = torch.tensor(PLACES, dtype=torch.uint8, device=dy.device)
    above = (signs[:, None] & places).view(-1)[: dy.numel()].view(dy.shape) != 0
    return torch.where(above, dy, dy * alpha)


@with_signs.register_fake
def _(x: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    return torch.empty_like(x), x.new_empty(byte_count(x.numel()), dtype=torch.uint8)


@from_signs.register_fake
def _(signs: Tensor, dy: Tensor, alpha: float) -> Tensor:
    return torch.empty_like(dy)


@with_signs.register_kernel("cpu")
def _(x: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    y = torch.empty_like(x)
    signs = torch.empty(byte_count(x.numel()), dtype=torch.uint8)
    _engine.leaky_relu_with_signs(_flat(x), _flat(y), signs.numpy(), alpha, torch.get_num_threads())
    return y, signs


@from_signs.register_kernel("cpu")
def _(signs: Tensor, dy: Tensor, alpha: float) -> Tensor:
    dx = torch.empty_like(dy)
    _engine.leaky_relu_from_signs(signs.numpy(), _flat(dy), _flat(dx), alpha, torch.get_num_threads())
    return dx


@with_signs.register_kernel("cuda")
def _(x: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    from leaky_relu.torch import _triton

    return _triton.with_signs(x, alpha)


@from_signs.register_kernel("cuda")
def _(signs: Tensor, dy: Tensor, alpha: float) -> Tensor:
    from leaky_relu.torch import _triton

    return _triton.from_signs(signs, dy, alpha)


def _keep_signs(ctx: Any, inputs: tuple[Tensor, float], output: tuple[Tensor, Tensor]) -> None:
    ctx.alpha = inputs[1]
    ctx.save_for_backward(output[1])
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)


def _backward(ctx: Any, dy: Tensor | None, _: Any) -> tuple[Tensor | None, None]:
    (signs,) = ctx.saved_tensors
    return None if dy is None else from_signs(signs, dy.contiguous(), ctx.alpha), None


def _keep_the_same_signs(ctx: Any, inputs: tuple[Tensor, Tensor, float], output: Tensor) -> None:
    ctx.alpha = inputs[2]
    ctx.save_for_backward(inputs[0])


def _double_backward(ctx: Any, ddx: Tensor) -> tuple[None, Tensor, None]:
    (signs,) = ctx.saved_tensors
    return None, from_signs(signs, ddx.contiguous(), ctx.alpha), None


with_signs.register_autograd(_backward, setup_context=_keep_signs)
from_signs.register_autograd(_double_backward, setup_context=_keep_the_same_signs)


def _flat(tensor: Tensor) -> Any:
    """The tensor's memory as an array of NumPy, which has no `bfloat16`: its bits as `uint16`."""
    flat = tensor.detach().view(-1)
    return flat.view(torch.uint16).numpy() if tensor.dtype == torch.bfloat16 else flat.numpy()
