"""One sick network, treated in every way and trained on."""

from __future__ import annotations

import math

import leaky_relu.torch as lt
import torch
from torch import nn

from evidence.cure.data import Data
from evidence.cure.subjects import SUBJECTS, Subject, sick
from evidence.cure.treatments import TREATMENTS, treated

SICK_STEPS = 300


def trial(name: str, seed: int, quick: bool) -> dict[str, dict | None]:
    """By treatment of the same sick network: scores on validation data before and after, dead units before and
    after, and the score by epoch; nothing where a treatment is not defined for the network."""
    subject = next(subject for subject in SUBJECTS if subject.name == name)
    found = subject.data(seed)
    ill = sick(subject, seed, found, SICK_STEPS).eval()
    before = {"score_before": validated(ill, subject, found), "dead_before": dead(ill, found)}
    results: dict[str, dict | None] = {}
    for treatment in TREATMENTS:
        # The same draws of fresh weights and batches for each.
        torch.manual_seed(seed + 1)
        model = treated(treatment, ill, subject.model, found.x)
        if model is None:
            results[treatment] = None
            continue
        torch.manual_seed(seed + 2)
        curve = trained(model, subject, found, 2 if quick else subject.epochs)
        results[treatment] = {**before, "score": curve[-1], "dead": dead(model, found), "curve": curve}
    return results


def trained(model: nn.Module, subject: Subject, found: Data, epochs: int) -> list[float]:
    """Adam at the sane rate; the validation score after each epoch."""
    optimizer = torch.optim.Adam(model.parameters(), subject.rate)
    curve = []
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(found.x)).split(subject.batch):
            subject.loss(model(found.x[batch]), found.y[batch]).backward()
            optimizer.step()
            optimizer.zero_grad()
        curve.append(validated(model.eval(), subject, found))
    return curve


@torch.no_grad()
def validated(model: nn.Module, subject: Subject, found: Data) -> float:
    score = subject.score(model(found.x_val), found.y_val)
    return score if math.isfinite(score) else -1.0


def dead(model: nn.Module, found: Data) -> float:
    diagnosis = lt.diagnose(model, [found.x])
    return diagnosis.dead / diagnosis.units
