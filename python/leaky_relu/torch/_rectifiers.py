"""The operators of PyTorch that are rectifiers: linear above zero, bent at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten


@dataclass(frozen=True)
class Rectifier:
    """A call of a rectifier."""

    op: str
    """The ONNX operator that it is."""
    alpha: float | None
    """The negative slope: 0.0 for ReLU, that of a Leaky ReLU, none for any other."""
    input: Tensor
    """Its pre-activation."""
    threshold: float = 0.0
    """Where it bends."""


def rectifier(operator: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Rectifier | None:
    """What rectifier a call of `operator` is, or none."""
    found = TABLE.get(getattr(operator, "overloadpacket", None))
    return found(Call(operator, args, kwargs)) if found else None


@dataclass(frozen=True)
class Call:
    """The arguments of a call, by their names in the operator's schema."""

    operator: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        for index, argument in enumerate(self.operator._schema.arguments):
            if argument.name == name:
                if index < len(self.args):
                    return self.args[index]
                return self.kwargs.get(name, argument.default_value)
        return None

    @property
    def input(self) -> Tensor:
        found: Tensor = self.args[0]
        return found


def _relu(call: Call) -> Rectifier:
    return Rectifier("Relu", 0.0, call.input)


def _leaky_relu(call: Call) -> Rectifier:
    return Rectifier("LeakyRelu", float(call["negative_slope"]), call.input)


def _with_signs(call: Call) -> Rectifier:
    return Rectifier("LeakyRelu", float(call["alpha"]), call.input)


def _prelu(call: Call) -> Rectifier:
    return Rectifier("PRelu", None, call.input)


def _rrelu(call: Call) -> Rectifier:
    return Rectifier("RRelu", None, call.input)


def _elu(call: Call) -> Rectifier:
    scaled, narrowed = call["scale"] != 1, call["input_scale"] != 1
    return Rectifier("Selu" if scaled else "Celu" if narrowed else "Elu", None, call.input)


def _celu(call: Call) -> Rectifier:
    return Rectifier("Celu", None, call.input)


def _clamp(call: Call) -> Rectifier | None:
    lowest, highest = call["min"], call["max"]
    return _clip(call, lowest, highest)


def _hardtanh(call: Call) -> Rectifier | None:
    return _clip(call, call["min_val"], call["max_val"])


def _clip(call: Call, lowest: Any, highest: Any) -> Rectifier | None:
    from_zero = isinstance(lowest, (int, float)) and lowest == 0
    upwards = highest is None or (isinstance(highest, (int, float)) and highest > 0)
    return Rectifier("Clip", None, call.input) if from_zero and upwards else None


def _threshold(call: Call) -> Rectifier | None:
    if call["value"] != 0:
        return None
    threshold = float(call["threshold"])
    return Rectifier("ThresholdedRelu", None, call.input, threshold) if threshold else _relu(call)


TABLE: dict[Any, Callable[[Call], Rectifier | None]] = {
    aten.relu: _relu,
    aten.relu_: _relu,
    aten.leaky_relu: _leaky_relu,
    aten.leaky_relu_: _leaky_relu,
    torch.ops.leaky_relu.with_signs: _with_signs,
    aten.prelu: _prelu,
    aten._prelu_kernel: _prelu,
    aten.rrelu: _rrelu,
    aten.rrelu_with_noise: _rrelu,
    aten.rrelu_with_noise_: _rrelu,
    aten.elu: _elu,
    aten.elu_: _elu,
    aten.celu: _celu,
    aten.celu_: _celu,
    aten.clamp: _clamp,
    aten.clamp_: _clamp,
    aten.clamp_min: _clamp,
    aten.clamp_min_: _clamp,
    aten.hardtanh: _hardtanh,
    aten.hardtanh_: _hardtanh,
    aten.threshold: _threshold,
    aten.threshold_: _threshold,
}
