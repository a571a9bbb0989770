"""The figures of the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot

from evidence.cure.run import OURS, Treated
from evidence.rows import Row

# Okabe and Ito's colours, which people who see colours differently tell apart.
BASELINE, OURS_COLOUR, OTHER = "#000000", "#d55e00", "#999999"


def curves(rows: Sequence[Row], title: str, ylabel: str, file: Path) -> None:
    """The score by task of every method, ours and plain ReLU named by colour, all by a label at the end."""
    figure, axes = pyplot.subplots(figsize=(8, 4.2))
    for row in rows:
        colour = OURS_COLOUR if row.entry.is_ours else BASELINE if row.entry.name == "ReLU" else OTHER
        width = 1.6 if colour != OTHER else 0.9
        smooth = np.convolve(row.curve, np.ones(5) / 5, "valid") if len(row.curve) >= 10 else row.curve
        axes.plot(range(1, len(smooth) + 1), smooth, color=colour, linewidth=width)
    ends = [(row.curve[-1] if len(row.curve) < 10 else float(np.mean(row.curve[-5:])), row.entry) for row in rows]
    low, high = axes.get_ylim()
    apart = (high - low) / 22
    place = None
    for end, entry in sorted(ends, key=lambda pair: pair[0]):
        place = end if place is None else max(end, place + apart)
        colour = OURS_COLOUR if entry.is_ours else BASELINE if entry.name == "ReLU" else "#555555"
        axes.annotate(entry.name, (1.01, place), xycoords=("axes fraction", "data"), fontsize=7, color=colour,
                      va="center")  # fmt: skip
    axes.set(title=title, xlabel="task", ylabel=ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, file)


def cures(rows: Sequence[Treated], file: Path) -> None:
    """The score of each sick network before (a line) and after each treatment (a dot)."""
    subjects = list(dict.fromkeys(row.subject for row in rows))
    treatments = list(dict.fromkeys(row.treatment for row in rows))
    marks = dict(zip(treatments, ["o", "s", "^", "D", "v", "*"], strict=False))
    colours = dict(zip(treatments, ["#999999", "#56b4e9", "#000000", "#009e73", "#cc79a7", OURS_COLOUR], strict=False))
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for place, subject in enumerate(reversed(subjects)):
        own = [row for row in rows if row.subject == subject]
        axes.plot([max(-0.1, own[0].score_before)] * 2, [place - 0.35, place + 0.35], color="#888888", linewidth=2)
        for row in own:
            axes.plot(max(-0.1, float(np.mean(row.scores))), place, marks[row.treatment], color=colours[row.treatment],
                      markersize=10 if row.treatment == OURS else 5, label=row.treatment if place == 0 else None,
                      zorder=3 if row.treatment == OURS else 2)  # fmt: skip
    axes.set_yticks(range(len(subjects)), reversed(subjects), fontsize=8)
    axes.set(xlabel="validation score (accuracy, r2 or Dice); the grey line is the sick network")
    handles = [
        pyplot.Line2D([], [], linestyle="", marker=marks[name], color=colours[name], label=name) for name in treatments
    ]
    axes.legend(handles=handles, fontsize=7, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.2)
    save(figure, file)


def save(figure: pyplot.Figure, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # The same figure gives the same bytes.
    matplotlib.rcParams["svg.hashsalt"] = "evidence"
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
