"""What is to be done for dead units, as the engine tells it from the unit map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from leaky_relu.torch._parts import Constant, Hearer, Maker, Normalization
from leaky_relu.torch._unit_map import UnitMap


@dataclass(frozen=True)
class Exact:
    """Units that are revived at all of these layers together, once all that hears them is muted: without a
    change of any output where they are silent."""

    layers: list[tuple[int, Maker | None]]
    """Each layer, and the maker that is to speak there unless the unit lives there already."""
    makers: list[Maker]
    hearers: list[Hearer]


@dataclass(frozen=True)
class Bounded:
    """Units of a layer that something hears that cannot be muted."""

    layer: int
    makers: list[Maker]
    hearers: list[Hearer]
    reason: str
    """Why they cannot be revived exactly."""


@dataclass(frozen=True)
class Treatment:
    """Units that are dead in the same way, and what is to be done for them."""

    units: list[int]
    exact: Exact | None
    bounded: list[Bounded]
    left: list[tuple[int, str]]
    """Layers at which they are left dead, and why."""


def treatments(unit_map: UnitMap, model: nn.Module, dead: list[list[int]], changing: bool) -> list[Treatment]:
    """What is to be done for the dead units of each layer, in execution order; `changing` where outputs may
    change."""
    groups, planned = unit_map.plan(dead, changing, _fixed(unit_map, model))
    return [_treatment(unit_map, groups[found["group"]], found) for found in planned]


def _fixed(unit_map: UnitMap, model: nn.Module) -> dict[str, str]:
    """Parameters of the map that must stay as they are, and why."""
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    fixed = {}
    for parameter, shape in set(_named(unit_map.groups)):
        reason, name = unit_map.obstacle(parameter, shape), unit_map.name(parameter)
        if reason is None and name in frozen:
            reason = f"'{name}' is frozen (requires_grad=False)"
        if reason is not None:
            fixed[parameter] = reason
    return fixed


def _named(part: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The parameters that a part of the map names, with their sizes."""
    if isinstance(part, dict):
        if "parameter" in part:
            yield part["parameter"], tuple(part["shape"])
        for inner in part.values():
            yield from _named(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _named(inner)


def _treatment(unit_map: UnitMap, group: dict[str, Any], found: dict[str, Any]) -> Treatment:
    def makers(places: list[int]) -> list[Maker]:
        return [_maker(unit_map, group["makers"][place]) for place in places]

    def hearers(places: list[int]) -> list[Hearer]:
        return [_hearer(unit_map, group["hearers"][place]) for place in places]

    exact = found.get("exact")
    if exact is not None:
        known = dict(zip(exact["makers"], makers(exact["makers"]), strict=True))
        layers = [(spoken["layer"], known.get(spoken.get("maker"))) for spoken in exact["layers"]]
        exact = Exact(layers, list(known.values()), hearers(exact["hearers"]))
    bounded = [
        Bounded(small["layer"], makers(small["makers"]), hearers(small["hearers"]), small["reason"])
        for small in found.get("bounded", ())
    ]
    left = [(left["layer"], left["reason"]) for left in found.get("left", ())]
    return Treatment(found["units"], exact, bounded, left)


def _maker(unit_map: UnitMap, maker: dict[str, Any]) -> Maker:
    share = unit_map.share
    normalization = maker.get("normalization") or {}
    statistics = normalization.get("statistics") or {}
    return Maker(
        weights=share(maker["weights"]) if maker.get("weights") else None,
        shift=share(maker["shift"]) if maker.get("shift") else None,
        factor=maker["shift"]["factor"] if maker.get("shift") else 1.0,
        scale=share(normalization["scale"]) if normalization else None,
        mean=share(statistics["mean"]) if statistics else None,
        variance=share(statistics["variance"]) if statistics else None,
        epsilon=statistics.get("epsilon", 0.0),
    )


def _hearer(unit_map: UnitMap, hearer: dict[str, Any]) -> Hearer:
    def normalization(found: dict[str, Any] | None) -> Normalization | None:
        if found is None:
            return None
        statistics, share = found["statistics"], unit_map.share
        return Normalization(
            share(found["scale"]),
            share(found["shift"]),
            share(statistics["mean"]),
            share(statistics["variance"]),
            statistics["epsilon"],
        )

    def constant(weights: dict[str, Any]) -> Constant | None:
        found = unit_map.constant(weights)
        if found is None:
            return None
        axis = max(range(len(found["shape"])), key=found["shape"].__getitem__)
        outputs = {"parameter": found["parameter"], "axis": axis, "first": 0, "step": 1}
        return Constant(unit_map.share(outputs), found["factor"], found["outputs_axis"])

    weights = hearer.get("weights")
    return Hearer(
        weights=unit_map.share(weights) if weights else None,
        constant=constant(weights) if weights else None,
        by=normalization(hearer.get("normalization")),
        behind=normalization(hearer.get("behind")),
    )
