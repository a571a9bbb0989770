"""A call of a module as an ONNX network, in memory, where every parameter keeps its name."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu import _engine
from leaky_relu.torch._observer import untouched

PREFIX = "model."
"""Stands before the names of the module's parameters in the network."""


@dataclass(frozen=True)
class Exported:
    """A call of a module as an ONNX network."""

    name: str
    file: bytes
    inputs: list[str]
    parameters: set[str]

    def task(self, batch: Any) -> _engine.Task:
        """The network with the tensors of a batch as samples.

        Raises:
            ValueError: if the engine cannot run the network on them.
        """
        tensors = [leaf.detach().cpu().contiguous() for leaf in _tensors(batch)]
        if any(tensor.dtype == torch.bfloat16 for tensor in tensors):
            raise ValueError("NumPy has no bfloat16, of which the batch holds a tensor")
        arrays = {name: tensor.numpy() for name, tensor in zip(self.inputs, tensors, strict=True)}
        return _engine.Task(self.name, self.file, arrays)


def exported(model: nn.Module, batch: Any, call: Callable[[nn.Module, Any], Any]) -> Exported:
    """The network that `call(model, batch)` is.

    Raises:
        ValueError: if the model cannot be exported.
    """
    leaves, structure = pytree.tree_flatten(batch)

    class Call(nn.Module):
        """The call with its tensors as arguments."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: Tensor) -> list[Tensor]:
            rest = iter(given)
            filled = [next(rest) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
            output = call(self.model, pytree.tree_unflatten(filled, structure))
            return _tensors(output)

    name = type(model).__name__
    try:
        with untouched(model), _quiet():
            program = torch.onnx.export(
                Call().eval(), tuple(_tensors(batch)), dynamo=True, optimize=False, verbose=False
            )
            assert program is not None, "the exporter gives a program"
            network = program.model_proto
    except ImportError as error:
        raise ValueError(
            f"PyTorch exports {name} with the help of another package: {error} (pip install onnxscript)"
        ) from error
    except Exception as error:
        raise ValueError(f"{name} cannot be exported: {_cause(error)}") from error
    return Exported(
        name,
        network.SerializeToString(),
        [value.name for value in network.graph.input],
        {tensor.name for tensor in network.graph.initializer},
    )


def _tensors(values: Any) -> list[Tensor]:
    return [leaf for leaf in pytree.tree_leaves(values) if isinstance(leaf, Tensor)]


def _cause(error: BaseException) -> str:
    """The first sentence of what the exporter found wrong."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints and warns of what only matters to files."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
