"""Methods beside what is simpler: where they help, where they make no difference, and where they harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evidence.cure.run import OURS, Treated
from evidence.page.verdicts import p, verdict
from evidence.rows import Row
from evidence.statistics import holm, paired_p_value

# A method, and the simpler one that it adds to.
PAIRS = (
    ("Leaky ReLU 0.01", "ReLU"),
    ("Leaky ReLU 0.1", "ReLU"),
    ("Leaky ReLU 0.3", "ReLU"),
    ("recycling", "ReLU"),
    ("recycling, Leaky ReLU 0.1", "Leaky ReLU 0.1"),
    ("recycling, Leaky ReLU 0.1", "recycling"),
    ("recycling and a pull", "recycling"),
)
SIMPLER_TREATMENTS = ("fresh start", "ReDo's reset")


@dataclass(frozen=True)
class Beside:
    """The scores of a method and of a simpler one on a task, of the same seeds."""

    method: str
    simpler: str
    task: str
    scores: Sequence[float]
    others: Sequence[float]
    higher_is_better: bool = True


def of_methods(rows: Sequence[Row], task: str, higher_is_better: bool) -> list[Beside]:
    scores = {row.entry.name: row.scores for row in rows}
    return [
        Beside(method, simpler, task, scores[method], scores[simpler], higher_is_better)
        for method, simpler in PAIRS
        if method in scores and simpler in scores
    ]


def of_treatments(rows: Sequence[Treated]) -> list[Beside]:
    scores = {(row.subject, row.treatment): row.scores for row in rows}
    return [
        Beside(OURS, simpler, subject, scores[subject, OURS], scores[subject, simpler])
        for simpler in SIMPLER_TREATMENTS
        for subject in dict.fromkeys(row.subject for row in rows)
        if (subject, simpler) in scores
    ]


def lines(found: Sequence[Beside]) -> list[str]:
    """A line for each method and what it stands beside, with p-values corrected for all of them together."""
    p_values = holm([paired_p_value(row.scores, row.others) for row in found])
    told = [
        (row, verdict(row.scores, row.others, p_value, row.higher_is_better), p_value)
        for row, p_value in zip(found, p_values, strict=True)
    ]
    made = []
    for method, simpler in dict.fromkeys((row.method, row.simpler) for row in found):
        own = [entry for entry in told if (entry[0].method, entry[0].simpler) == (method, simpler)]
        parts = []
        for word in ("worse", "cannot be told", "better"):
            rows = [
                f"{row.task} ({np.mean(row.scores):.3f} against {np.mean(row.others):.3f}, p {p(p_value)})"
                for row, found_verdict, p_value in own
                if found_verdict == word
            ]
            if rows:
                parts.append(f"{word} on {', '.join(rows)}")
        made.append(f"- *{method}* beside *{simpler}*: {'; '.join(parts)}.")
    return made
