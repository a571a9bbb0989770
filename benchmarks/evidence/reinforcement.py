"""An agent whose game changes: does it go on learning?"""

from __future__ import annotations

import numpy as np

from evidence.methods.catalogue import METHODS
from evidence.plasticity import Row
from evidence.statistics import holm, paired_p_value
from evidence.tasks.control import play
from evidence.trials import Trials

# Each with one setting, chosen beforehand: those of ReDo's authors for their agent (tau 0.1, every 1000 steps), and
# ours as it is everywhere.
COMPARED = {
    "ReLU": {},
    "Leaky ReLU 0.1": {"alpha": 0.1},
    "ReDo": {"tau": 0.1, "period": 1000},
    "recycling": {"period": 100},
    "recycling, Leaky ReLU 0.1": {"period": 100, "alpha": 0.1},
}


def trial(method: str, seed: int, quick: bool) -> dict:
    entry = next(entry for entry in METHODS if entry.name == method)
    made = entry.make(**COMPARED[method])
    return (play(made, seed, changes=2, steps_each=100) if quick else play(made, seed)).to_dict()


def run(trials: Trials, seeds: int, quick: bool) -> list[Row]:
    done = trials.run(trial, [(method, seed, quick) for method in COMPARED for seed in range(seeds)])
    found = {method: [done[(method, seed, quick)] for seed in range(seeds)] for method in COMPARED}
    scores = {method: [result["score"] for result in results] for method, results in found.items()}
    ours = max((name for name in COMPARED if name.startswith("recycling")), key=lambda name: np.mean(scores[name]))
    others = [name for name in COMPARED if name != ours]
    tests = holm([paired_p_value(scores[ours], scores[name]) for name in others])
    p_values = dict(zip(others, tests, strict=True))
    rows = [
        Row(
            next(entry for entry in METHODS if entry.name == name),
            settings,
            scores[name],
            [result["dead"] for result in found[name]],
            np.mean([result["curve"] for result in found[name]], axis=0).tolist(),
            p_values.get(name),
        )
        for name, settings in COMPARED.items()
    ]
    return sorted(rows, key=lambda row: -float(np.mean(row.scores)))
