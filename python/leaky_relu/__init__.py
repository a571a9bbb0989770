"""Leaky ReLU for NumPy, PyTorch and ONNX: the function at the speed of memory, and the cure of dead units.

This module needs NumPy alone. `leaky_relu.torch` brings the same to PyTorch.
"""

from leaky_relu._diagnosis import Diagnosis, Layer
from leaky_relu._engine import __version__
from leaky_relu._functions import (
    elu,
    elu_grad,
    leaky_relu,
    leaky_relu_grad,
    prelu,
    prelu_grad,
    relu,
    relu_grad,
)
from leaky_relu._networks import compare, convert, cure, diagnose
from leaky_relu._plot import Plot, plot
from leaky_relu._results import Comparison, Conversion, Cure

__all__ = [
    "Comparison",
    "Conversion",
    "Cure",
    "Diagnosis",
    "Layer",
    "Plot",
    "__version__",
    "compare",
    "convert",
    "cure",
    "diagnose",
    "elu",
    "elu_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "plot",
    "prelu",
    "prelu_grad",
    "relu",
    "relu_grad",
]
