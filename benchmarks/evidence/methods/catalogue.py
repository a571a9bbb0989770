"""The methods by name, each with the settings it may be tuned over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evidence.methods.continual_backpropagation import ContinualBackpropagation
from evidence.methods.l2_init import L2Init
from evidence.methods.method import Method
from evidence.methods.plain import CReLU, LeakyReLU, ReLU
from evidence.methods.recycling import Recycling
from evidence.methods.redo import ReDo
from evidence.methods.self_normalized_resets import SelfNormalizedResets
from evidence.methods.shrink_and_perturb import ShrinkAndPerturb


@dataclass(frozen=True)
class Entry:
    """A method, and the settings of which the best is chosen on seeds that are not scored."""

    name: str
    make: Callable[..., Method]
    grid: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    is_ours: bool = False


# Settings as in the authors' own sweeps, thinned; a period that they give in tasks is given in steps here.
STRENGTHS = [{"strength": strength} for strength in (1e-2, 1e-3, 1e-4)]

PERIODS = [{"period": period} for period in (25, 500)]

METHODS = [
    Entry("ReLU", ReLU),
    Entry("Leaky ReLU 0.01", LeakyReLU, [{"alpha": 0.01}]),
    Entry("Leaky ReLU 0.1", LeakyReLU, [{"alpha": 0.1}]),
    Entry("Leaky ReLU 0.3", LeakyReLU, [{"alpha": 0.3}]),
    Entry("CReLU", CReLU),
    Entry("L2 Init", L2Init, STRENGTHS),
    Entry(
        "shrink and perturb",
        ShrinkAndPerturb,
        [{"shrink": shrink, "perturb": perturb} for shrink in (1e-3, 1e-4, 1e-5) for perturb in (1e-3, 1e-4, 1e-5)],
    ),
    Entry("ReDo", ReDo, [{"tau": tau, "period": period} for tau in (0.0, 0.1) for period in (25, 500)]),
    Entry(
        "continual backpropagation",
        ContinualBackpropagation,
        [{"rate": rate} for rate in (1e-2, 1e-3, 1e-4)],
    ),
    Entry(
        "self-normalised resets",
        SelfNormalizedResets,
        [{"percentile": percentile, "period": 500} for percentile in (0.9, 0.98)],
    ),
    Entry("recycling", Recycling, PERIODS, is_ours=True),
    Entry("recycling, Leaky ReLU 0.1", Recycling, [{**period, "alpha": 0.1} for period in PERIODS], is_ours=True),
    Entry(
        "recycling and a pull",
        Recycling,
        [{**period, **strength} for period in PERIODS for strength in STRENGTHS[:2]],
        is_ours=True,
    ),
]
