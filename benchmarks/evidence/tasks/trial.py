"""One training, and what is kept of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Trial:
    """The outcome of one training.

    `curve` holds the score by task, in order; `score` its mean over the last fifth; `dead` the fraction of
    hidden units that fire on no sample of the last task.
    """

    score: float
    dead: float
    curve: list[float]
    seconds: float

    def to_dict(self) -> dict:
        return asdict(self)


def last_fifth(curve: list[float]) -> float:
    tail = curve[-max(1, len(curve) // 5) :]
    return sum(tail) / len(tail)
