"""The verdict on the units of a network, whoever counted."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leaky_relu import _engine
from leaky_relu._files import write_whole

# A unit above zero on less than this fraction of samples and positions, and not dead, is dormant.
DORMANT_BELOW = 0.001


@dataclass(frozen=True)
class Layer:
    """The verdict on the units of one rectifier."""

    name: str
    """The module's qualified name, or the node's in an ONNX file."""
    op: str
    """The ONNX operator that it is: `Relu`, `LeakyRelu`, …"""
    alpha: float | None
    """The negative slope: 0.0 for ReLU, that of a Leaky ReLU, none for any other rectifier."""
    units: int
    dead: list[int]
    """Units whose pre-activation was never above zero."""
    dormant: list[int]
    """Units above zero on less than 0.1 % of samples and positions, and not dead; where `tau` was given,
    units whose mean magnitude is at most `tau` times their layer's mean, and not dead."""
    always_on: list[int]
    """Units whose pre-activation was never below zero."""
    active: list[float] = field(repr=False)
    """For each unit, the fraction of samples and positions above zero."""
    causes: list[dict[str, Any]] = field(default_factory=list, repr=False, compare=False)
    """Why the dead units are dead, where the engine told: each entry holds `cause`, `units`, `sentence` and
    the figures that it rests on."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "op": self.op,
            "alpha": self.alpha,
            "units": self.units,
            "dead": self.dead,
            "dormant": self.dormant,
            "always_on": self.always_on,
            "active": self.active,
            "causes": self.causes,
        }

    @property
    def operator(self) -> str:
        """The operator, with its slope where that is not 0."""
        return f"{self.op} {self.alpha:g}" if self.alpha else self.op


@dataclass(frozen=True)
class Diagnosis:
    """The verdict on a network: how many of its units are dead, and which."""

    model: str
    samples: int
    """How many samples the verdict rests on."""
    layers: list[Layer] = field(repr=False)
    """The rectifiers, in the order of execution."""
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """What the reader should know of how it was measured."""
    prescription: list[dict[str, Any]] = field(default_factory=list, repr=False, compare=False)
    """What to do so that units do not die again: each entry holds `remedy`, `units` and `sentence`."""
    gradients: list[dict[str, Any]] | None = field(default=None, repr=False, compare=False)
    """How much of the gradient reaches each layer of weights, where that is known: `layer`, `operator` and
    `norm`."""
    tau: float | None = field(default=None, repr=False)
    """What dormant units were found by, where not by how often they fire."""

    @property
    def units(self) -> int:
        return sum(layer.units for layer in self.layers)

    @property
    def dead(self) -> int:
        return sum(len(layer.dead) for layer in self.layers)

    @property
    def dormant(self) -> int:
        return sum(len(layer.dormant) for layer in self.layers)

    @property
    def always_on(self) -> int:
        return sum(len(layer.always_on) for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """The figures in the form of the command's `--json`."""
        score = {} if self.tau is None else {"tau": self.tau}
        return {
            "model": self.model,
            "samples": self.samples,
            "units": self.units,
            "dead": self.dead,
            "dormant": self.dormant,
            "always_on": self.always_on,
            "layers": [layer.to_dict() for layer in self.layers],
            **score,
            "prescription": self.prescription,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, figures: dict[str, Any]) -> Diagnosis:
        """Reads what `to_dict` gave. Further keys are passed over."""
        keys = Layer.__dataclass_fields__
        layers = [Layer(**{key: layer[key] for key in keys if key in layer}) for layer in figures["layers"]]
        return cls(
            figures["model"],
            figures["samples"],
            layers,
            notes=tuple(figures.get("notes", ())),
            prescription=figures.get("prescription", []),
            tau=figures.get("tau"),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a page for any browser, `….html`, or the figures, `….json`: whole or not at all."""
        kind = Path(path).suffix.lower()
        if kind == ".json":
            write_whole(path, json.dumps(self.to_dict(), indent=1) + "\n")
        elif kind in (".html", ".htm"):
            write_whole(path, self._page())
        else:
            raise ValueError(f"{os.fspath(path)}: a diagnosis is written as .html or .json")

    def _page(self) -> str:
        gradients = None if self.gradients is None else json.dumps(self.gradients)
        return _engine.diagnosis_page(json.dumps(self.to_dict()), gradients)

    @property
    def verdict(self) -> str:
        """The verdict in a sentence."""
        return (
            f"{self.dead} of {self.units} units ({_percent(self.dead, self.units)}) are dead on "
            f"{self.samples} samples."
        )

    def __repr__(self) -> str:
        titles = ("layer", "operator", "units", "dead", "", "dormant", "always on")
        rows = [titles, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(titles))]
        lines = []
        for row in rows:
            cells = (
                cell.ljust(width) if column < 2 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            lines.append(" " + "   ".join(cells).rstrip())
        rule = "─" * max(map(len, lines))
        told = [self.verdict, *self._explanation(), *self._remarks()]
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], "", *told])

    def _repr_html_(self) -> str:
        """The table, for notebooks."""
        cell = 'style="text-align:right;padding:2px 10px"'
        left = 'style="text-align:left;padding:2px 10px"'
        titles = ("layer", "operator", "units", "dead", "", "dormant", "always on")
        head = "".join(f"<th {left if i < 2 else cell}>{title}</th>" for i, title in enumerate(titles))
        body = "".join(
            "<tr>"
            + "".join(f"<td {left if i < 2 else cell}>{html.escape(text)}</td>" for i, text in enumerate(row))
            + f"<td>{bar(share)}</td></tr>"
            for row, share in zip(self._rows(), self._shares(), strict=True)
        )
        told = (self.verdict, *self._explanation(), *self._remarks())
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in told)
        return (
            f"<div>{notes}<table><thead><tr>{head}<th></th></tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _explanation(self) -> list[str]:
        """Why units died and what to do, a line each."""
        causes = [
            f"{layer.name}, {len(cause['units'])} of {layer.units} units: {cause['sentence']}."
            for layer in self.layers
            for cause in layer.causes
        ]
        return causes + [found["sentence"] for found in self.prescription]

    def _remarks(self) -> tuple[str, ...]:
        """What the reader should know, a line each."""
        if self.tau is None:
            return self.notes
        return (
            f"Dormant are units whose mean magnitude is at most {self.tau:g} times their layer's mean.",
            *self.notes,
        )

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [
            (
                layer.name,
                layer.operator,
                str(layer.units),
                str(len(layer.dead)),
                _percent(len(layer.dead), layer.units),
                str(len(layer.dormant)),
                str(len(layer.always_on)),
            )
            for layer in self.layers
        ]
        dead = _percent(self.dead, self.units)
        total = ("all", "", str(self.units), str(self.dead), dead, str(self.dormant), str(self.always_on))
        return [*rows, total]

    def _shares(self) -> list[float]:
        pairs = [(len(layer.dead), layer.units) for layer in self.layers] + [(self.dead, self.units)]
        return [part / whole if whole else 0.0 for part, whole in pairs]


def layer_of_counts(
    name: str,
    op: str,
    alpha: float | None,
    above_zero: Sequence[int],
    below_zero: Sequence[int],
    total: int,
    magnitude: Sequence[float] | None = None,
    tau: float | None = None,
) -> Layer:
    """The verdict from counts: for each unit, on how many of `total` samples and positions its
    pre-activation was above and below zero; with `tau`, also the mean magnitude of its activation."""
    active = [above / total for above in above_zero]
    if tau is None or magnitude is None:
        silent = [0 < share < DORMANT_BELOW for share in active]
    else:
        mean = sum(magnitude) / len(magnitude)
        silent = [above > 0 and own <= tau * mean for above, own in zip(above_zero, magnitude, strict=True)]
    return Layer(
        name=name,
        op=op,
        alpha=alpha,
        units=len(active),
        dead=[unit for unit, above in enumerate(above_zero) if above == 0],
        dormant=[unit for unit, is_silent in enumerate(silent) if is_silent],
        always_on=[unit for unit, below in enumerate(below_zero) if below == 0],
        active=active,
    )


def bar(share: float) -> str:
    """A strip of which `share` is filled."""
    return (
        '<div style="width:120px;height:8px;background:#8884">'
        f'<div style="width:{120 * share:.0f}px;height:8px;background:#c33"></div></div>'
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0.0 %"
