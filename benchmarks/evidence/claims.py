"""What textbooks say of Leaky ReLU, each claim tried on healthy training."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import leaky_relu as lr
import torch

from evidence.cure.data import digits, friedman
from evidence.cure.subjects import perceptron
from evidence.statistics import epochs_until, holm, paired_p_value
from evidence.trials import Trials

ALPHAS = (0.01, 0.1, 0.3, 0.7)
NETWORKS = {
    "digits, 3 layers": (perceptron(64, 64, 64, 10), digits),
    "digits, 9 layers": (perceptron(64, *[64] * 8, 10), digits),
    "digits, 17 layers": (perceptron(64, *[64] * 16, 10), digits),
    "Friedman 1, 3 layers": (perceptron(10, 64, 64, 1), friedman),
}


@dataclass(frozen=True)
class Claimed:
    """A network trained with ReLU and with one slope, over the seeds: scores, and epochs until ReLU's score."""

    network: str
    rate: float
    alpha: float
    relu: list[float]
    leaky: list[float]
    relu_epochs: float
    """Epochs until 98 % of ReLU's own best score, in the mean."""
    leaky_epochs: float | None
    """The same with the slope; none where no seed came there."""
    p_value: float


def trial(network: str, rate: float, seeds: int, quick: bool) -> list[dict]:
    """`leaky compare` from fresh weights: every rectifier with every seed."""
    make, data = NETWORKS[network]
    found = data(0)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            make(),
            (found.x[:2],),
            file,
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            verbose=False,
        )
    compared = lr.compare(
        file.getvalue(),
        found.x.numpy(),
        found.y.numpy(),
        val=(found.x_val.numpy(), found.y_val.numpy()),
        rectifiers=["relu", *(f"leaky-relu:{alpha}" for alpha in ALPHAS)],
        lr=rate,
        seeds=seeds,
        epochs=2 if quick else 20,
        jobs=1,
        progress=False,
    )
    return compared.trials


def run(trials: Trials, seeds: int, quick: bool) -> list[Claimed]:
    jobs = [(network, rate, seeds, quick) for network in NETWORKS for rate in (0.001, 0.01)]
    done = trials.run(trial, jobs)
    rows = [row for job, found in done.items() for row in _rows(job[0], job[1], found)]
    corrected = holm([row.p_value for row in rows])
    return [Claimed(**{**vars(row), "p_value": p_value}) for row, p_value in zip(rows, corrected, strict=True)]


def _rows(network: str, rate: float, found: list[dict]) -> list[Claimed]:
    def of(rectifier: str) -> list[dict]:
        chosen = [trial for trial in found if trial["rectifier"] == rectifier]
        return sorted(chosen, key=lambda trial: trial["seed"])

    def scores(chosen: list[dict]) -> list[float]:
        return [trial["score"] for trial in chosen]

    def curves(chosen: list[dict]) -> list[list[float]]:
        return [[epoch["score"] for epoch in trial["epochs"]] for trial in chosen]

    relu = of("relu")
    goals = [0.98 * trial["score"] for trial in relu]
    rows = []
    for alpha in ALPHAS:
        leaky = of(f"leaky-relu:{alpha}")
        rows.append(
            Claimed(
                network,
                rate,
                alpha,
                scores(relu),
                scores(leaky),
                epochs_until(curves(relu), goals) or float("nan"),
                epochs_until(curves(leaky), goals),
                paired_p_value(scores(leaky), scores(relu)),
            )
        )
    return rows
