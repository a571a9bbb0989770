"""All sick networks, all treatments, all seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evidence.cure.subjects import SUBJECTS
from evidence.cure.treatments import TREATMENTS
from evidence.cure.trial import trial
from evidence.statistics import epochs_until, p_values_against
from evidence.trials import Trials

# How many of the networks a short run takes.
QUICK_SUBJECTS = 1

OURS = "revive and leak (ours)"


@dataclass(frozen=True)
class Treated:
    """A sick network after one treatment, over the seeds."""

    subject: str
    metric: str
    treatment: str
    scores: list[float]
    score_before: float
    dead_before: float
    dead: float
    epochs: float | None
    """Epochs until 98 % of what a fresh start comes to at its end, in the mean of the seeds that came there."""
    p_value: float | None
    """Ours against this, corrected for the number of treatments; none for ours."""


def run(trials: Trials, seeds: int, quick: bool) -> list[Treated]:
    subjects = SUBJECTS[:QUICK_SUBJECTS] if quick else SUBJECTS
    jobs = [(subject.name, seed, quick) for subject in subjects for seed in range(seeds)]
    done = trials.run(trial, jobs)
    rows: list[Treated] = []
    for subject in subjects:
        found = {
            treatment: [done[(subject.name, seed, quick)][treatment] for seed in range(seeds)]
            for treatment in TREATMENTS
        }
        defined = {treatment: results for treatment, results in found.items() if results[0] is not None}
        scores = {treatment: [result["score"] for result in results] for treatment, results in defined.items()}
        goals = [0.98 * score for score in scores["fresh start"]]
        p_values = p_values_against(OURS, scores)
        rows += [
            Treated(
                subject.name,
                subject.metric,
                treatment,
                scores[treatment],
                float(np.mean([result["score_before"] for result in results])),
                float(np.mean([result["dead_before"] for result in results])),
                float(np.mean([result["dead"] for result in results])),
                epochs_until([result["curve"] for result in results], goals),
                p_values.get(treatment),
            )
            for treatment, results in defined.items()
        ]
    return rows
