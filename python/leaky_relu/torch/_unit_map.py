"""The unit map of a module: which numbers of which parameters make each unit, and which hear it.

The module is exported in memory, where every parameter keeps its name; the engine reads the map from the
graph. See `leaky_onnx`'s `UnitMap` for what it says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from leaky_relu import _engine
from leaky_relu.torch._export import PREFIX, exported


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
    """The map of a module, with the tensors of the module in the place of their names."""

    def __init__(self, engine: _engine.UnitMap, model: nn.Module, exported: set[str]) -> None:
        figures = json.loads(engine.figures())
        self.layers: list[dict[str, Any]] = figures["layers"]
        self.groups: list[dict[str, Any]] = figures["groups"]
        self._constants: dict[str, dict[str, Any]] = figures["constants"]
        self._engine = engine
        self._tensors = _tensors(model)
        # A tensor may stand in the graph under more than one of its names.
        names: dict[int, list[str]] = {}
        for name, tensor in self._tensors.items():
            if PREFIX + name in exported:
                names.setdefault(id(tensor), []).append(name)
        self._shared = {name: alike for alike in names.values() if len(alike) > 1 for name in alike}

    def plan(
        self, dead: list[list[int]], changing: bool, fixed: dict[str, str]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The groups of the map without the parameters that are `fixed`, and what is to be done for the dead
        units of each layer. Where outputs may be `changing`, units that cannot be muted are revived within a
        bound, and those that leak are muted."""
        figures, planned = json.loads(self._engine.plan(dead, changing, fixed))
        return figures["groups"], planned

    def share(self, places: dict[str, Any]) -> Share:
        """The share that stands in the map, where there is no `obstacle`."""
        name = self.name(places["parameter"])
        return Share(self._tensors[name], name, places)

    def constant(self, places: dict[str, Any]) -> dict[str, Any] | None:
        """Where a constant can be added to what some weights make of what they hear, if it can: `parameter`,
        `shape`, the `factor` of a change there, and the weights' `outputs_axis`."""
        found = self._constants.get(places["parameter"])
        if found is None or self.obstacle(found["parameter"], tuple(found["shape"])) is not None:
            return None
        tensor = self._tensors[self.name(found["parameter"])]
        is_frozen = isinstance(tensor, nn.Parameter) and not tensor.requires_grad
        return None if is_frozen else found

    def name(self, parameter: str) -> str:
        """The module's name for a parameter of the graph."""
        return parameter.removeprefix(PREFIX)

    def obstacle(self, parameter: str, shape: tuple[int, ...]) -> str | None:
        """Why the numbers of a parameter of the graph are not to be changed in the module, if so."""
        name = self.name(parameter)
        tensor = self._tensors.get(name)
        if tensor is None or tuple(tensor.shape) != shape:
            return f"its numbers do not stand as they are in a parameter of the module ('{name}')"
        if name in self._shared:
            return f"its numbers belong to several layers ({', '.join(self._shared[name])})"
        return None


def unit_map(model: nn.Module, batch: Any, call: Callable[[nn.Module, Any], Any]) -> UnitMap:
    """The unit map of `call(model, batch)`.

    Raises:
        ValueError: if the model cannot be exported, or the engine cannot read what was.
    """
    try:
        network = exported(model, batch, call)
        return UnitMap(network.task(batch).unit_map(), model, network.parameters)
    except ValueError as error:
        raise ValueError(
            f"what makes the units of {type(model).__name__} and what hears them is not known: {error}"
        ) from error


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    parameters = dict(model.named_parameters(remove_duplicate=False))
    return {**parameters, **dict(model.named_buffers(remove_duplicate=False))}
