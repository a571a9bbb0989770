"""Curves of rectifiers, and beside them their gradients."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from leaky_relu import _engine
from leaky_relu._files import write_whole


@dataclass(frozen=True, repr=False)
class Plot:
    """The curves of some rectifiers and of their gradients. In a notebook it draws itself."""

    rectifiers: tuple[str, ...]
    title: str

    @property
    def svg(self) -> str:
        """The drawing, as the text of an SVG file."""
        return self._file("svg").decode()

    @property
    def png(self) -> bytes:
        """The drawing, as the bytes of a PNG file."""
        return self._file("png")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the drawing as `….svg` or `….png`: whole or not at all."""
        kind = Path(path).suffix.lower().lstrip(".")
        if kind not in ("svg", "png"):
            raise ValueError(f"{os.fspath(path)}: a drawing is written as .svg or .png")
        write_whole(path, self._file(kind))

    def __repr__(self) -> str:
        return f"<the curves of {', '.join(self.rectifiers)}: .save('curves.svg'), .svg, .png>"

    def _repr_svg_(self) -> str:
        return self.svg

    def _file(self, kind: str) -> bytes:
        return _engine.plot_file(self.title, list(self.rectifiers), kind)


def plot(*rectifiers: str, title: str | None = None, output: str | os.PathLike[str] | None = None) -> Plot:
    """Draws rectifiers and their gradients, side by side, for inputs from -3 to 3.

    Args:
        rectifiers: as for `compare`: `"relu"`, `"leaky-relu:0.1"`, `"prelu"`, `"rrelu"`, `"elu"`; by default
            Leaky ReLU with the slopes 0.01 and 0.1. Of `prelu` the slope before training is drawn, of `rrelu`
            the mean slope.
        title: what stands above the drawing.
        output: where to write it, a `.svg` or `.png` file; it is also in the result.

    Raises:
        ValueError: if a name is none of these, or `output` is of another kind.

    Example:
        >>> plot("relu", "leaky-relu:0.1", output="curves.svg")
    """
    names = rectifiers or ("leaky-relu:0.01", "leaky-relu:0.1")
    drawn = Plot(names, title if title is not None else ", ".join(names))
    if output is None:
        drawn._file("svg")  # refuses what cannot be drawn
    else:
        drawn.save(output)
    return drawn
