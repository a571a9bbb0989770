"""Dead units that something hears that cannot be muted, revived so small that outputs hardly change.

The gradient that reaches a unit's incoming weights does not depend on how large its activation is: at a
thousandth of the usual scale it learns as fast.
"""

from __future__ import annotations

import math

from torch import Tensor

from leaky_relu.torch._difference import Difference
from leaky_relu.torch._plans import Bounded
from leaky_relu.torch._work import Fresh, Work

# How often a scale is tried for units before they are taken by halves, the first one as a part of the usual
# scale, and the part of the bound that is aimed at.
TRIES = 4
FIRST_SCALE = 0.05
AIM = 0.7


def revive_within_bound(work: Work, how: Bounded, units: Tensor, budget: float, speaking: bool) -> None:
    """Revives units each of which may change outputs by `budget` times their magnitude. What does not keep
    within that together is tried by halves. `speaking` units are not silent as they are."""
    waiting = [units]
    while waiting:
        some = waiting.pop()
        before = work.runs.outputs()
        shares, edits = work.remember(how.makers, how.hearers, some)
        for maker in how.makers:
            maker.silence(some)
        for hearer in how.hearers:
            hearer.mute(some)
        allowed = budget * len(some)
        if speaking and Difference.between(before, work.runs.outputs()).relative > allowed:
            within = False  # What they leaked is missed, however small they begin anew.
        else:
            fresh = work.redraw(how.makers[0], how.layer, some)
            within = _is_within(work, how, some, fresh, before, allowed)
        if within:
            seen = work.seen(how.layer, some)
            lives = seen.lives()
            work.outcome.bounded += [(how.layer, unit) for unit in some[lives].tolist()]
            work.outcome.leave(how.layer, some[~lives], seen.take(~lives))
            edits.undo_of(shares, some[~lives])
            continue
        edits.undo()
        if len(some) > 1:
            waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
            continue
        reason = f"{how.reason}, and no scale that was tried keeps the outputs within the bound"
        work.outcome.left.append((how.layer, int(some[0]), reason))


def _is_within(
    work: Work, how: Bounded, units: Tensor, fresh: Fresh, before: list[list[Tensor]], budget: float
) -> bool:
    """Scales fresh weights so that the outputs change by no more than the budget, if it can be done."""
    scale = FIRST_SCALE
    for _ in range(TRIES):
        work.centre(how.makers[0], how.layer, units, fresh, scale)
        found = Difference.between(before, work.runs.outputs()).relative
        if found <= budget:
            return True
        # Outputs do not grow quite in proportion; what is not finite leaves nothing to aim with.
        scale *= AIM * budget / found if math.isfinite(found) else 1e-3
    return False
