"""Leaky ReLU and the doctor of dead units for PyTorch modules, where they are: in memory, in training."""

try:
    import torch
except ImportError as error:
    raise ImportError(
        "leaky_relu.torch works on PyTorch modules: install PyTorch 2.4 or newer (pip install torch)"
    ) from error

from leaky_relu.torch import _operator as _operator  # registers the operator
from leaky_relu.torch._doctor import diagnose
from leaky_relu.torch._layer import LeakyReLU, leaky_relu
from leaky_relu.torch._replace import replace
from leaky_relu.torch._revive import NotRevived, Revival, revive
from leaky_relu.torch._watch import Watch

_version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
if _version < (2, 4):
    raise ImportError(f"leaky_relu.torch needs PyTorch 2.4 or newer, but {torch.__version__} is installed")

__all__ = [
    "LeakyReLU",
    "NotRevived",
    "Revival",
    "Watch",
    "diagnose",
    "leaky_relu",
    "replace",
    "revive",
]
