"""The operator's kernels on CUDA. A byte of sign bits and its eight elements belong to one program.

Triton's interpreter runs them on the CPU (`TRITON_INTERPRET=1`), which is how they are tested without a GPU.
"""

# pyright: reportArgumentType=false, reportIndexIssue=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

BYTES = 256  # of sign bits a program: 2048 elements


@triton.jit
def _with_signs(x, y, signs, elements, alpha: tl.constexpr, BYTES: tl.constexpr):  # type: ignore[no-untyped-def]
    byte = tl.program_id(0).to(tl.int64) * BYTES + tl.arange(0, BYTES)
    place = tl.arange(0, 8)
    element = byte[:, None] * 8 + place[None, :]
    inside = element < elements
    value = tl.load(x + element, mask=inside, other=0.0)
    # The slope is a constant, because Triton's arguments are float32, too narrow for a float64 tensor.
    # Half types are computed in float32 and rounded once, as PyTorch does.
    wide = value if value.dtype == tl.float64 else value.to(tl.float32)
    above = wide > 0
    leak = (wide * alpha).to(value.dtype)
    tl.store(y + element, tl.where(above, value, leak), mask=inside)
    packed = tl.sum(above.to(tl.int32) << place[None, :], axis=1)
    tl.store(signs + byte, packed.to(tl.uint8), mask=byte * 8 < elements)


@triton.jit
def _from_signs(signs, dy, dx, elements, alpha: tl.constexpr, BYTES: tl.constexpr):  # type: ignore[no-untyped-def]
    byte = tl.program_id(0).to(tl.int64) * BYTES + tl.arange(0, BYTES)
    place = tl.arange(0, 8)
    element = byte[:, None] * 8 + place[None, :]
    inside = element < elements
    packed = tl.load(signs + byte, mask=byte * 8 < elements, other=0).to(tl.int32)
    above = ((packed[:, None] >> place[None, :]) & 1) != 0
    value = tl.load(dy + element, mask=inside, other=0.0)
    wide = value if value.dtype == tl.float64 else value.to(tl.float32)
    leak = (wide * alpha).to(value.dtype)
    tl.store(dx + element, tl.where(above, value, leak), mask=inside)


def with_signs(x: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    y = torch.empty_like(x)
    signs = torch.empty((x.numel() + 7) // 8, dtype=torch.uint8, device=x.device)
    if x.numel():
        with _device_of(x):
            _with_signs[_programs(signs)](x, y, signs, x.numel(), alpha=alpha, BYTES=BYTES)
    return y, signs


def from_signs(signs: Tensor, dy: Tensor, alpha: float) -> Tensor:
    dx = torch.empty_like(dy)
    if dy.numel():
        with _device_of(dy):
            _from_signs[_programs(signs)](signs, dy, dx, dy.numel(), alpha=alpha, BYTES=BYTES)
    return dx


def _programs(signs: Tensor) -> tuple[int]:
    return (triton.cdiv(signs.numel(), BYTES),)


def _device_of(tensor: Tensor) -> torch.cuda.device:
    # -1 where the tensor lies on the CPU, for the interpreter: no device is chosen.
    return torch.cuda.device(tensor.device.index if tensor.is_cuda else -1)
