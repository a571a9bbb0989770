"""An agent whose game changes: does it go on learning?"""

from __future__ import annotations

from collections.abc import Collection

from evidence.methods.catalogue import METHODS
from evidence.rows import Row, compared
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


def run(trials: Trials, seeds: int, quick: bool, without: Collection[str] = ()) -> list[Row]:
    methods = [method for method in COMPARED if method not in without]
    done = trials.run(trial, [(method, seed, quick) for method in methods for seed in range(seeds)])
    found = {method: [done[(method, seed, quick)] for seed in range(seeds)] for method in methods}
    return compared(found, COMPARED, higher_is_better=True)
