"""Tasks that change while a network learns them, each sample scored before it is learned."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from evidence.methods.method import Method
from evidence.networks import dead_fraction, perceptron
from evidence.tasks.trial import Trial, last_fifth

# Batches of inputs and targets, for each task in turn.
Tasks = Iterator[list[tuple[Tensor, Tensor]]]


@dataclass(frozen=True)
class OnlineTask:
    """A sequence of tasks for a perceptron that goes on from one to the next without being told."""

    name: str
    widths: Sequence[int]
    rate: float
    """Of Adam, for every method."""
    tasks: Callable[[int], Tasks]
    """The tasks of a seed."""
    loss: Callable[[Tensor, Tensor], Tensor]
    score: Callable[[Tensor, Tensor], Tensor]
    """The score of the outputs on a batch, before it is learned."""
    higher_is_better: bool

    def run(self, method: Method, seed: int) -> Trial:
        start = time.perf_counter()
        torch.manual_seed(seed)
        model = perceptron(self.widths, method.activation())
        optimizer = method.optimizer(model, self.rate)
        method.begin(model, optimizer)
        curve = []
        for batches in self.tasks(seed):
            scores = []
            for x, y in batches:
                output = model(x)
                scores.append(self.score(output.detach(), y))
                (self.loss(output, y) + method.penalty(model)).backward()
                optimizer.step()
                optimizer.zero_grad()
                method.after_step(model, optimizer, x)
            curve.append(torch.stack(scores).mean().item())
        method.end()
        dead = dead_fraction(model, torch.cat([x for x, _ in batches]))
        return Trial(last_fifth(curve), dead, curve, time.perf_counter() - start)


def accuracy(output: Tensor, y: Tensor) -> Tensor:
    return (output.argmax(1) == y).float().mean()
