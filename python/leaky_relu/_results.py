"""What the engine gives back, as objects that show themselves."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leaky_relu import _engine
from leaky_relu._diagnosis import Diagnosis
from leaky_relu._files import write_whole


class _Figures:
    """Figures in the form of the command's `--json`."""

    figures: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The figures in the form of the command's `--json`."""
        return self.figures

    def _save_figures(self, path: str | os.PathLike[str]) -> None:
        write_whole(path, json.dumps(self.figures, indent=1) + "\n")


class _Paged(_Figures):
    """Figures that have a page."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a page for any browser, `….html`, or the figures, `….json`: whole or not at all."""
        kind = Path(path).suffix.lower()
        if kind == ".json":
            self._save_figures(path)
        elif kind in (".html", ".htm"):
            write_whole(path, self._page())
        else:
            raise ValueError(f"{os.fspath(path)}: results are written as .html or .json")

    def _page(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class Conversion(_Figures):
    """A network whose hidden ReLUs leak."""

    model: bytes
    """The network, as the bytes of an ONNX file."""
    figures: dict[str, Any]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the network as `….onnx`, or the figures as `….json`: whole or not at all."""
        kind = Path(path).suffix.lower()
        if kind == ".json":
            self._save_figures(path)
        elif kind == ".onnx":
            write_whole(path, self.model)
        else:
            raise ValueError(f"{os.fspath(path)}: a conversion is written as .onnx or .json")

    @property
    def converted(self) -> int:
        """How many rectifiers were converted."""
        return int(self.figures["converted"])

    def __repr__(self) -> str:
        slope = self.figures["alpha"]
        done = {
            "converted": f"LeakyRelu now, alpha {slope:g}",
            "not_relu": "left: it is of another kind",
            "not_asked": "left, as asked",
            "output": "left: it makes the network's output",
        }
        lines = [f"{row['name']} ({row['op']}): {done[row['done']]}" for row in self.figures["rectifiers"]]
        return "\n".join([*lines, f"{self.converted} of {len(lines)} rectifiers leak now, alpha {slope:g}."])


@dataclass(frozen=True, repr=False)
class Cure(_Paged):
    """A cured network, and what the cure did."""

    model: bytes
    """The cured network, as the bytes of an ONNX file."""
    figures: dict[str, Any] = field(compare=False)
    gradients: tuple[list[dict[str, Any]], list[dict[str, Any]]] = field(compare=False)
    """How much of the gradient reached each layer of weights before the cure and reaches it now: `layer`,
    `operator` and `norm`."""
    seed: int
    """Where the random numbers started."""
    diverged: int | None = None
    """The epoch in which the loss was no longer a finite number; the best network before it was kept."""

    @property
    def before(self) -> Diagnosis:
        return Diagnosis.from_dict(self.figures["before"])

    @property
    def after(self) -> Diagnosis:
        return Diagnosis.from_dict(self.figures["after"])

    @property
    def score(self) -> dict[str, Any]:
        """`metric`, the validation score `before` and `after`, and that on the `test` samples, if any."""
        return dict(self.figures["score"])

    @property
    def alpha(self) -> float:
        return float(self.figures["alpha"])

    @property
    def revived(self) -> int:
        return int(self.figures["revived"])

    @property
    def revived_within_bound(self) -> int:
        """How many of these changed outputs, within the bound; the others changed none."""
        return int(self.figures["revived_within_bound"])

    @property
    def not_revived(self) -> list[dict[str, Any]]:
        """Dead units that were left: `layer`, `unit` and `reason`."""
        return list(self.figures["not_revived"])

    @property
    def revived_dormant(self) -> int:
        """How many dormant units were revived beside the dead ones, where `tau` was given."""
        return int(self.figures["revived_dormant"])

    @property
    def epochs(self) -> list[dict[str, Any]]:
        return list(self.figures["epochs"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know of how the network was looked at."""
        return self.before.notes

    def __repr__(self) -> str:
        score, before, after = self.score, self.before, self.after
        dormant = f" and {self.revived_dormant} dormant ones" if self.revived_dormant else ""
        lines = [
            f"{before.dead} of {before.units} units were dead, {after.dead} are; revived {self.revived}"
            f"{dormant}, the outputs differing by at most {self.figures['revival_max_difference']:.3g}.",
            f"Validation {score['metric']}: {_number(score['before'])} before, "
            f"{_number(score['after'])} after.",
        ]
        if score.get("test") is not None:
            lines.append(
                f"Test {score['metric']}: {_number(score['test'])}, on samples that nothing was chosen by."
            )
        return "\n".join([*lines, *self.notes])

    def _page(self) -> str:
        figures, gradients = json.dumps(self.figures), json.dumps(self.gradients)
        return _engine.cure_page(figures, gradients, self.diverged, self.seed)

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in repr(self).splitlines())
        return f"<div>{paragraphs}{self.after._repr_html_()}</div>"


@dataclass(frozen=True, repr=False)
class Comparison(_Paged):
    """Which rectifier suits a network and its data."""

    figures: dict[str, Any]

    @property
    def trials(self) -> list[dict[str, Any]]:
        """Every training: `rectifier`, `lr`, `seed`, `score`, `dead_fraction`, `epochs`, `seconds`; and where
        there were samples to test with, the score on these, `test`."""
        return list(self.figures["trials"])

    @property
    def summary(self) -> list[dict[str, Any]]:
        """For each rectifier and rate: `mean`, `std`, `dead_fraction`, `p_value` against ReLU; and the mean
        score on the samples to test with, if any, `test`."""
        return list(self.figures["summary"])

    @property
    def best(self) -> str:
        return str(self.figures["best"])

    @property
    def conclusive(self) -> bool:
        """Whether the best differs by more than the noise of the seeds."""
        return bool(self.figures["conclusive"])

    @property
    def verdict(self) -> str:
        """The answer in a sentence."""
        return str(self.figures["verdict"])

    def _page(self) -> str:
        return _engine.comparison_page(json.dumps(self.figures))

    def _table(self) -> list[tuple[str, ...]]:
        metric, tested = self.figures["metric"], any(row.get("test") is not None for row in self.summary)
        on_test = (f"mean test {metric}",) if tested else ()
        titles = ("rectifier", "learning rate", str(metric), "± deviation", *on_test, "dead", "p")
        rows = [
            (
                row["rectifier"],
                f"{row['lr']:g}",
                _number(row["mean"]),
                _number(row["std"]),
                *((_number(row["test"]),) if tested else ()),
                "-" if row["dead_fraction"] is None else f"{100 * row['dead_fraction']:.1f} %",
                "-" if row["p_value"] is None else f"{row['p_value']:.3g}",
            )
            for row in self.summary
        ]
        return [titles, *rows]

    def __repr__(self) -> str:
        table = self._table()
        widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
        lines = [
            " "
            + row[0].ljust(widths[0])
            + "".join("   " + cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
            for row in table
        ]
        return "\n".join([lines[0], "─" * len(lines[0]), *lines[1:], "", self.verdict])

    def _repr_html_(self) -> str:
        head, *rows = self._table()
        cells = "".join(f"<th>{html.escape(title)}</th>" for title in head)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
        )
        table = f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
        return f"<div>{table}<p>{html.escape(self.verdict)}</p></div>"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
