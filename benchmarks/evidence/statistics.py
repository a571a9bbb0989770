"""Whether a difference is more than the seeds' noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats


def paired_p_value(ours: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided paired t-test over the seeds; 1 where all differences are equal to zero."""
    differences = np.subtract(ours, other)
    if np.allclose(differences, 0):
        return 1.0
    if np.allclose(differences, differences[0]):
        return 0.0
    return float(stats.ttest_rel(ours, other).pvalue)


def p_values_against(ours: str, scores: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """By name, the corrected p-value of our scores against each other's."""
    others = [name for name in scores if name != ours]
    tests = holm([paired_p_value(scores[ours], scores[name]) for name in others])
    return dict(zip(others, tests, strict=True))


def epochs_until(curves: Sequence[Sequence[float]], goals: Sequence[float]) -> float | None:
    """How many epochs it took to come to the goal, in the mean of the seeds that came there; none where no seed
    did."""
    reached = [
        next((number for number, score in enumerate(curve, 1) if score >= goal), None)
        for curve, goal in zip(curves, goals, strict=True)
    ]
    came = [number for number in reached if number is not None]
    return float(np.mean(came)) if came else None


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction (1979): p-values that may be compared with one level together."""
    order = np.argsort(p_values)
    corrected = np.empty(len(p_values))
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected.tolist()
