"""The page, part by part."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from evidence.claims import Claimed
from evidence.cure.run import OURS, Treated
from evidence.page import claims, comparisons, figures
from evidence.page.verdicts import mean_and_deviation, p, table, verdict
from evidence.plasticity import task_of
from evidence.rows import Row
from processes import processor


class Page:
    """What is written, and where its figures lie."""

    def __init__(self, file: Path, seeds: int, quick: bool, left_out: Sequence[str] = ()) -> None:
        self._file = file
        self._parts = [_opening(seeds, quick)]
        if left_out:
            self._parts.append(f"**Not run for this page: {'; '.join(left_out)}.**")
        self._quick = quick
        self._beside: list[comparisons.Beside] = []

    def write(self) -> None:
        if self._beside:
            self._parts.append(
                "## What does not help\n\nEach method beside what is simpler: where it makes no difference that can "
                "be told, where it harms, and where it helps. Here p-values are corrected for all of this list "
                "together.\n\n" + "\n".join(comparisons.lines(self._beside))
            )
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text("\n\n".join(self._parts) + "\n", encoding="utf-8")

    def cure(self, rows: Sequence[Treated]) -> None:
        figures.cures(rows, self._image("evidence-cure.svg"))
        self._beside += comparisons.of_treatments(rows)
        subjects = list(dict.fromkeys(row.subject for row in rows))
        treatments = list(dict.fromkeys(row.treatment for row in rows))
        by = {(row.subject, row.treatment): row for row in rows}
        scores, ends = [], []
        for subject in subjects:
            own = [by.get((subject, treatment)) for treatment in treatments]
            best = max(float(np.mean(row.scores)) for row in own if row)
            ours = by[(subject, OURS)]
            cells = []
            for row in own:
                if row is None:
                    cells.append("not defined")
                    continue
                mean = f"{np.mean(row.scores):.3f}"
                cells.append(f"**{mean}**" if np.isclose(np.mean(row.scores), best) else mean)
            scores.append([subject, ours.metric, f"{ours.score_before:.3f}", f"{ours.dead_before:.0%}", *cells])
            ends.append([subject, *(f"{row.dead:.0%}, {_epochs(row.epochs)}" if row else "-" for row in own)])
        self._parts.append(
            "## Sick networks, cured\n\nTwelve networks were trained with Adam at a rate so high that most of their "
            "units died. Then each was treated, and trained on at 0.001 for 12 epochs, all alike. ReDo's reset is "
            "defined for plain stacks.\n\n"
            "![Scores before and after each treatment](images/evidence-cure.svg)\n\n"
            + table(["network", "score", "sick", "dead", *treatments], scores)
            + "\n\nThe best mean is bold. Units dead at the end, and epochs until 98 % of what a fresh start comes to "
            "(in the mean of the seeds that came there):\n\n"
            + table(["network", *treatments], ends)
            + "\n\n"
            + _cure_verdicts(rows, subjects, treatments, by)
        )

    def plasticity(self, found: dict[str, list[Row]]) -> None:
        self._parts.append(
            "## Tasks that change\n\nThe literature's tests of plasticity, scaled down to what two processors do in "
            "an hour. Settings were chosen for each method on a seed that is not scored, from its authors' sweep "
            "(thinned); `p` is against the best of ours, corrected for the number of methods."
        )
        for name, rows in found.items():
            task = task_of(name, self._quick)
            self._beside += comparisons.of_methods(rows, name, task.higher_is_better)
            image = f"evidence-{name.replace(' ', '-')}.svg"
            score = "accuracy" if task.higher_is_better else "squared error"
            figures.curves(rows, name, f"online {score}, mean of 5 tasks", self._image(image))
            better = "higher is better" if task.higher_is_better else "lower is better"
            self._parts.append(
                f"### {name[0].upper()}{name[1:]}\n\n![{name} by task](images/{image})\n\n"
                + _rows(rows, f"online {score}, last fifth ({better})", task.higher_is_better)
            )

    def reinforcement(self, rows: Sequence[Row]) -> None:
        self._beside += comparisons.of_methods(rows, "Catch", True)
        figures.curves(rows, "Catch, its pixels permuted", "mean reward of a ball", self._image("evidence-catch.svg"))
        self._parts.append(
            "## Learning by trial\n\nA value-based agent (DQN, four gradient steps for each of the game's) plays "
            "Catch; every 800 steps the pixels are permuted. Each method has one setting, chosen beforehand.\n\n"
            "![Reward by rules](images/evidence-catch.svg)\n\n"
            + _rows(rows, "reward, last fifth (higher is better)", True)
        )

    def claims(self, rows: Sequence[Claimed]) -> None:
        cells = [
            [
                row.network,
                f"{row.rate:g}",
                f"{row.alpha:g}",
                mean_and_deviation(row.relu),
                mean_and_deviation(row.leaky),
                verdict(row.leaky, row.relu, row.p_value),
                p(row.p_value),
                f"{_epochs(row.relu_epochs)} / {_epochs(row.leaky_epochs)}",
            ]
            for row in rows
        ]
        header = ["network", "rate", "alpha", "ReLU", "Leaky ReLU", "Leaky ReLU is", "p", "epochs, ReLU / leaky"]
        self._parts.append(
            "## What textbooks say\n\nFresh networks, trained by `leaky compare` for 20 epochs at usual rates. "
            "The last column: epochs until 98 % of ReLU's best score.\n\n"
            + table(header, cells)
            + "\n\n"
            + "\n".join(claims.lines(rows))
        )

    def _image(self, name: str) -> Path:
        return self._file.parent / "images" / name


def _opening(seeds: int, quick: bool) -> str:
    short = "\n\n**A short run, to see that it runs: its figures say nothing.**" if quick else ""
    return (
        "# What helps, and what does not\n\n"
        "Written by `benchmarks/run.sh evidence`, which trains everything anew from fixed seeds "
        f"({seeds} a row; PyTorch {torch.__version__.split('+')[0]}, {processor()}, {os.cpu_count()} processors). "
        "Every difference is tested in pairs of equal seeds and corrected for the number of comparisons in its table "
        "(Holm 1979); where it may be the seeds' noise, that is said." + short
    )


def _epochs(value: float | None) -> str:
    return "never" if value is None or np.isnan(value) else f"{value:.1f}"


def _rows(rows: Sequence[Row], score: str, higher_is_better: bool) -> str:
    ours = next(row for row in rows if row.p_value is None)
    cells = []
    for row in rows:
        name = f"**{row.entry.name}**" if row.entry.is_ours else row.entry.name
        settings = ", ".join(f"{key} {value:g}" for key, value in row.settings.items()) or "-"
        against = "-" if row.p_value is None else verdict(ours.scores, row.scores, row.p_value, higher_is_better)
        cells.append(
            [name, settings, mean_and_deviation(row.scores), f"{np.mean(row.dead):.0%}", against, p(row.p_value)]
        )
    header = ["method", "settings", score, "dead at the end", f"{ours.entry.name} is", "p"]
    return table(header, cells)


def _cure_verdicts(
    rows: Sequence[Treated],
    subjects: Sequence[str],
    treatments: Sequence[str],
    by: dict[tuple[str, str], Treated],
) -> str:
    lines = []
    for treatment in treatments:
        if treatment == OURS:
            continue
        found: dict[str, list[str]] = {"better": [], "worse": [], "cannot be told": []}
        for subject in subjects:
            row = by.get((subject, treatment))
            if row is not None and row.p_value is not None:
                found[verdict(by[(subject, OURS)].scores, row.scores, row.p_value)].append(subject)
        line = f"- Against *{treatment}*, ours is better on {len(found['better'])}, worse on {len(found['worse'])}"
        worse = f" ({'; '.join(found['worse'])})" if found["worse"] else ""
        lines.append(f"{line}{worse}; on {len(found['cannot be told'])} it cannot be told.")
    return "\n".join(lines)
