"""What textbooks say, and what the rows say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from evidence.claims import Claimed
from evidence.page.verdicts import LEVEL, verdict
from evidence.statistics import paired_p_value

HOLDS, DOES_NOT, UNKNOWN = "holds here", "does not hold here", "cannot be told here"


def lines(rows: Sequence[Claimed]) -> list[str]:
    """Each claim with whether it holds, and the figures that this rests on."""
    small = [row for row in rows if row.alpha in (0.01, 0.1)]
    largest = max(row.alpha for row in rows)
    large = [row for row in rows if row.alpha == largest]
    deep = [row for row in rows if "17 layers" in row.network]
    shallow = [row for row in rows if "3 layers" in row.network]
    better, worse = _told(small)
    most = len(small) / 2
    told = [
        (
            "alpha 0.01 or 0.1 works well in most cases",
            HOLDS if better > most else DOES_NOT if worse > most else UNKNOWN,
            f"beside ReLU {_counted(small)}",
        ),
        _too_linear(large, largest),
        _faster(rows),
        (
            "it is better in deeper networks",
            _more(_told(deep)[0] / len(deep), _told(shallow)[0] / len(shallow)),
            f"17 layers: {_counted(deep)}; 3 layers: {_counted(shallow)}",
        ),
    ]
    return [f"- *{claim}*: **{answer}**. {figures[0].upper()}{figures[1:]}." for claim, answer, figures in told]


def _too_linear(large: Sequence[Claimed], alpha: float) -> tuple[str, str, str]:
    better, worse = _told(large)
    answer = HOLDS if worse > better else DOES_NOT if better > worse else UNKNOWN
    where = ", ".join(
        f"{row.network} at {row.rate:g}" for row in large if verdict(row.leaky, row.relu, row.p_value) == "worse"
    )
    return (
        f"a large alpha makes the network too linear (alpha {alpha:g})",
        answer,
        _counted(large) + (f" ({where})" if where else ""),
    )


def _faster(rows: Sequence[Claimed]) -> tuple[str, str, str]:
    known = [row for row in rows if row.leaky_epochs is not None and not np.isnan(row.relu_epochs)]
    if len(known) < 2:
        return "it converges faster", UNKNOWN, "too few trainings came there"
    leaky, relu = np.log([row.leaky_epochs for row in known]), np.log([row.relu_epochs for row in known])
    p_value, ratio = paired_p_value(leaky, relu), float(np.exp(np.mean(leaky - relu)))
    answer = UNKNOWN if p_value >= LEVEL else HOLDS if ratio < 1 else DOES_NOT
    ahead = sum(row.leaky_epochs < row.relu_epochs for row in known)
    return (
        "it converges faster",
        answer,
        f"fewer epochs in {ahead} of {len(known)} rows, {ratio:.2f} of ReLU's in the geometric mean (p {p_value:.2f})",
    )


def _more(deep: float, shallow: float) -> str:
    return HOLDS if deep > shallow else DOES_NOT if deep < shallow else UNKNOWN


def _told(rows: Sequence[Claimed]) -> tuple[int, int]:
    """In how many rows the slope is better, and in how many it is worse."""
    verdicts = Counter(verdict(row.leaky, row.relu, row.p_value) for row in rows)
    return verdicts["better"], verdicts["worse"]


def _counted(rows: Sequence[Claimed]) -> str:
    better, worse = _told(rows)
    rest = len(rows) - better - worse
    return f"of {len(rows)} rows better in {better}, worse in {worse}, not to be told from ReLU in {rest}"
