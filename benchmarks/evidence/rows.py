"""Methods beside each other on one task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evidence.methods.catalogue import METHODS, Entry
from evidence.statistics import p_values_against


@dataclass(frozen=True)
class Row:
    """A method's scores on a task, over the seeds."""

    entry: Entry
    settings: dict
    scores: list[float]
    dead: list[float]
    curve: list[float]
    """The mean score by task."""
    p_value: float | None
    """Against the best of ours by the mean, corrected for the number of methods; none for that one."""


def compared(found: Mapping[str, list[dict]], settings: Mapping[str, dict], higher_is_better: bool) -> list[Row]:
    """The rows of the trials of each method, by name, best first."""
    sign = 1 if higher_is_better else -1
    entries = {entry.name: entry for entry in METHODS if entry.name in found}
    scores = {name: [result["score"] for result in results] for name, results in found.items()}
    ours = max((name for name in found if entries[name].is_ours), key=lambda name: sign * np.mean(scores[name]))
    p_values = p_values_against(ours, scores)
    rows = [
        Row(
            entries[name],
            settings[name],
            scores[name],
            [result["dead"] for result in results],
            np.mean([result["curve"] for result in results], axis=0).tolist(),
            p_values.get(name),
        )
        for name, results in found.items()
    ]
    return sorted(rows, key=lambda row: -sign * float(np.mean(row.scores)))
