"""A difference and its p-value in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LEVEL = 0.05


def verdict(ours: Sequence[float], other: Sequence[float], p_value: float, higher_is_better: bool = True) -> str:
    """`better`, `worse` or `cannot be told`, of ours against another, by the means and a corrected p-value."""
    difference = float(np.mean(ours) - np.mean(other)) * (1 if higher_is_better else -1)
    if p_value >= LEVEL or difference == 0:
        return "cannot be told"
    return "better" if difference > 0 else "worse"


def mean_and_deviation(scores: Sequence[float]) -> str:
    return f"{np.mean(scores):.3f} ± {np.std(scores, ddof=1 if len(scores) > 1 else 0):.3f}"


def p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all but the first column to the right."""
    aligned = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, aligned, *rows])
