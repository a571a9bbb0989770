"""Do networks go on learning while their task changes? All methods on the literature's tasks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from evidence.methods.catalogue import METHODS, Entry
from evidence.rows import Row, compared
from evidence.tasks.online import OnlineTask
from evidence.tasks.permuted_digits import permuted_digits
from evidence.tasks.random_labels import random_labels
from evidence.tasks.slowly_changing_regression import slowly_changing_regression
from evidence.trials import Trials

TASKS = {
    "permuted digits": permuted_digits,
    "random labels": random_labels,
    "slowly-changing regression": slowly_changing_regression,
}
# Short forms of the same.
QUICK = {
    "permuted digits": {"tasks": 2},
    "random labels": {"tasks": 2, "samples": 96, "passes": 5},
    "slowly-changing regression": {"tasks": 2, "examples": 100},
}
# Seeds on which settings are chosen; they are not scored.
TUNING_SEEDS = (1000,)


def trial(task: str, method: str, settings: dict, seed: int, quick: bool) -> dict:
    """One training."""
    found = task_of(task, quick)
    entry = next(entry for entry in METHODS if entry.name == method)
    return found.run(entry.make(**settings), seed).to_dict()


def task_of(name: str, quick: bool) -> OnlineTask:
    return TASKS[name](**QUICK[name]) if quick else TASKS[name]()


def run(trials: Trials, seeds: int, quick: bool, without: Collection[str] = ()) -> dict[str, list[Row]]:
    """The rows of each task, best first, but for methods that are left out."""
    methods = [entry for entry in METHODS if entry.name not in without]
    settings = _tuned(trials, methods, quick)
    done = trials.run(
        trial,
        [
            (task, entry.name, settings[task, entry.name], seed, quick)
            for task in TASKS
            for entry in methods
            for seed in range(seeds)
        ],
    )
    return {name: _rows(task_of(name, quick), settings, done) for name in TASKS}


def _rows(task: OnlineTask, settings: dict[tuple[str, str], Settings], done: dict[tuple, dict]) -> list[Row]:
    methods = [method for name, method in settings if name == task.name]
    found = {method: [result for job, result in done.items() if job[:2] == (task.name, method)] for method in methods}
    return compared(found, {name: dict(settings[task.name, name]) for name in found}, task.higher_is_better)


def _tuned(trials: Trials, methods: Sequence[Entry], quick: bool) -> dict[tuple[str, str], Settings]:
    """By task and method, the settings that score best on the tuning seeds."""
    choices = {
        (task, entry.name): [Settings(settings) for settings in entry.grid[: 1 if quick else None]]
        for task in TASKS
        for entry in methods
    }
    done = trials.run(
        trial,
        [
            (*which, settings, seed, quick)
            for which, grid in choices.items()
            for settings in grid
            for seed in TUNING_SEEDS
            if len(grid) > 1
        ],
    )

    def worth(task: str, method: str, settings: Settings) -> float:
        scores = [done[task, method, settings, seed, quick]["score"] for seed in TUNING_SEEDS]
        sign = 1 if task_of(task, quick).higher_is_better else -1
        return float(np.nan_to_num(sign * np.mean(scores), nan=-np.inf))

    return {
        which: max(grid, key=lambda settings, which=which: worth(*which, settings)) if len(grid) > 1 else grid[0]
        for which, grid in choices.items()
    }


class Settings(dict):
    """Settings that can be part of a job's name."""

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.items())))
