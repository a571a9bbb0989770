"""Dead units revived where all that hears them can be muted: no output changes where they are silent."""

from __future__ import annotations

import torch
from torch import Tensor

from leaky_relu.torch._edits import write
from leaky_relu.torch._parts import Hearer
from leaky_relu.torch._plans import Exact
from leaky_relu.torch._work import Outcome, Work


def revive_exactly(work: Work, how: Exact, units: Tensor, outcome: Outcome) -> None:
    """Of several makers one speaks, the others are silenced. Only a unit that was seen to fire counts as
    revived; the others are as they were."""
    shares, edits = work.remember(how.makers, how.hearers, units)
    if len(how.makers) > 1:
        for maker in how.makers:
            maker.silence(units)
    for hearer in how.hearers:
        hearer.mute(units)
    for number, (layer, speaker) in enumerate(how.layers):
        asleep = units if number == 0 else units[~work.seen(layer, units).lives()]
        if speaker is None or not len(asleep):
            continue
        fresh = work.redraw(speaker, layer, asleep)
        work.centre(speaker, layer, asleep, fresh)
        for hearer in how.hearers:
            hearer.deafen(asleep)
    alive = torch.zeros(len(units), dtype=torch.bool)
    for layer, _ in how.layers:
        seen = work.seen(layer, units)
        lives = seen.lives()
        alive |= lives
        outcome.exact += [(layer, unit) for unit in units[lives].tolist()]
        outcome.leave(layer, units[~lives], seen.take(~lives))
    edits.undo_of(shares, units[~alive])
    for hearer in how.hearers:
        _expect(work, hearer, units[alive])


def _expect(work: Work, hearer: Hearer, units: Tensor) -> None:
    """Gives a batch normalisation behind revived units the statistics of what they say now. While they were
    dead, their variance was nothing, and the first step of a scale would let them shout."""
    if hearer.by is None or not len(units):
        return
    values = work.entering(hearer.by, units)
    if values is None:
        return
    for share, found in (
        (hearer.by.mean, values.mean(0)),
        (hearer.by.variance, values.var(0, correction=0)),
    ):
        write(share.tensor, share.indices(units), found)
