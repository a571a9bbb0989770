"""Whatever logger there is, as a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def logging_to(logger: Any) -> Callable[[dict[str, float], int], object]:
    """A function that hands shares to whatever logger there is."""
    if logger is None:
        return lambda shares, step: None
    if hasattr(logger, "log_metrics"):  # Lightning
        return lambda shares, step: logger.log_metrics(shares, step)
    if hasattr(logger, "add_scalar"):  # TensorBoard

        def add(shares: dict[str, float], step: int) -> None:
            for name, share in shares.items():
                logger.add_scalar(name, share, step)

        return add
    if hasattr(logger, "log"):  # Weights & Biases
        return lambda shares, step: logger.log(shares, step=step)
    if callable(logger):
        log: Callable[[dict[str, float], int], object] = logger
        return log
    raise TypeError(
        f"logger is a {type(logger).__name__}: give a TensorBoard SummaryWriter, a Weights & Biases run, a "
        "Lightning logger, or a function of a dictionary and the step"
    )
