"""The unit map of a module: which numbers of which parameters make each unit, and which hear it.

The module is exported in memory, where every parameter keeps its name; the engine reads the map from the
graph. See `leaky_onnx`'s `UnitMap` for what it says.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu import _engine
from leaky_relu.torch._observer import untouched

PREFIX = "model."


@dataclass(frozen=True, eq=False)
class Share:
    """The numbers that belong to each unit in one tensor of the module."""

    tensor: Tensor
    name: str
    places: dict[str, Any]

    def indices(self, units: Tensor) -> Tensor:
        """Where the numbers of each unit stand in the tensor, counted in the order of C: a row a unit."""
        shape, axis, groups = self.tensor.shape, self.places["axis"], self.places.get("groups", 1)
        device = self.tensor.device
        entries = (self.places["first"] + units.to(device) * self.places["step"])[:, None]
        for level in self.places.get("levels", ()):
            offsets = torch.arange(level["count"], device=device) * level["stride"]
            entries = (entries[:, :, None] + offsets).flatten(1)
        below, size = math.prod(shape[axis + 1 :]), shape[axis]
        if groups == 1:
            before = torch.arange(math.prod(shape[:axis]), device=device) * (size * below)
            starts = entries[:, None, :] * below + before[:, None]
        else:
            # Axis 1 counts the channels of one group, which has some of the rows.
            rows = shape[0] // groups
            row = torch.div(entries, size, rounding_mode="floor")[:, None, :] * rows
            row = row + torch.arange(rows, device=device)[:, None]
            starts = (row * size + (entries % size)[:, None, :]) * below
        return (starts[..., None] + torch.arange(below, device=device)).flatten(1)


class UnitMap:
    """The layers and groups of the map, with the tensors of a module in the place of their names."""

    def __init__(self, figures: dict[str, Any], model: nn.Module) -> None:
        self.layers: list[dict[str, Any]] = figures["layers"]
        self.groups: list[dict[str, Any]] = figures["groups"]
        self._tensors = dict(model.named_parameters(remove_duplicate=False)) | dict(
            model.named_buffers(remove_duplicate=False)
        )

    def share(self, places: dict[str, Any]) -> Share:
        """The share that stands in the map.

        Raises:
            KeyError: if the module has no such tensor of this shape under the name.
        """
        name = places["parameter"].removeprefix(PREFIX)
        tensor = self._tensors.get(name)
        if tensor is None or list(tensor.shape) != places["shape"]:
            raise KeyError(name)
        return Share(tensor, name, places)


def unit_map(model: nn.Module, batch: Any, call: Callable[[nn.Module, Any], Any]) -> UnitMap:
    """The unit map of `call(model, batch)`.

    Raises:
        ValueError: if the model cannot be exported, or the engine cannot read what was.
    """
    leaves, structure = pytree.tree_flatten(batch)
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]

    class Call(nn.Module):
        """The call with its tensors as arguments."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: Tensor) -> list[Tensor]:
            rest = iter(given)
            filled = [next(rest) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
            output = call(self.model, pytree.tree_unflatten(filled, structure))
            return [leaf for leaf in pytree.tree_leaves(output) if isinstance(leaf, Tensor)]

    name = type(model).__name__
    try:
        with untouched(model), _quiet():
            program = torch.onnx.export(
                Call().eval(), tuple(tensors), dynamo=True, optimize=False, verbose=False
            )
            assert program is not None, "the exporter gives a program"
            exported = program.model_proto
            _without_zero_biases(exported)
    except Exception as error:
        raise ValueError(
            f"{name} cannot be exported, so what makes its units and what hears them is not known: "
            f"{_cause(error)}"
        ) from error
    inputs = [value.name for value in exported.graph.input]
    arrays = {
        key: tensor.detach().cpu().contiguous().numpy() for key, tensor in zip(inputs, tensors, strict=True)
    }
    try:
        task = _engine.Task(name, exported.SerializeToString(), arrays)
        return UnitMap(json.loads(task.unit_map()), model)
    except ValueError as error:
        raise ValueError(
            f"what makes the units of {name} and what hears them is not known: {error}"
        ) from error


def _without_zero_biases(exported: Any) -> None:
    """Leaves out the zeros that the exporter computes for convolutions without a bias: their type and shape
    are asked of activations and weights, by nodes that would seem to hear these."""
    graph = exported.graph
    makers = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        if node.op_type in ("Conv", "ConvTranspose") and len(node.input) == 3:
            expand = makers.get(node.input[2])
            if expand is not None and expand.op_type == "Expand" and _is_zero(expand.input[0], makers):
                del node.input[2]
    while True:
        used = {name for node in graph.node for name in node.input} | {value.name for value in graph.output}
        idle = [node for node in graph.node if not used.intersection(node.output)]
        if not idle:
            return
        for node in idle:
            graph.node.remove(node)


def _is_zero(name: str, makers: dict[str, Any]) -> bool:
    from onnx import numpy_helper  # needed by the exporter, so it is there

    node = makers.get(name)
    while node is not None and node.op_type in ("CastLike", "Cast"):
        node = makers.get(node.input[0])
    if node is None or node.op_type != "Constant":
        return False
    values = [a.f if a.name == "value_float" else numpy_helper.to_array(a.t) for a in node.attribute]
    return len(values) == 1 and not np.any(values[0])


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
