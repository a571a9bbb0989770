"""How far outputs lie apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

# Below this magnitude an output is compared as if it were this large: it is what is left of terms of ordinary
# size, and no more exact than these.
SMALLEST_MAGNITUDE = 1e-3


@dataclass(frozen=True)
class Difference:
    """How far outputs lie apart."""

    maximum: float
    largest: float
    """The largest magnitude of an output."""
    relative: float
    """The largest difference within one output as a part of that output's magnitude."""

    @classmethod
    def between(cls, before: Sequence[Sequence[Tensor]], after: Sequence[Sequence[Tensor]]) -> Difference:
        """Of the outputs of each batch."""
        apart: dict[int, float] = {}
        large: dict[int, float] = {}
        for ones, others in zip(before, after, strict=True):
            for place, (one, other) in enumerate(zip(ones, others, strict=True)):
                if one.numel():
                    same = (one == other) | (one.isnan() & other.isnan())
                    found = (one - other).abs().masked_fill(same, 0.0).nan_to_num(math.inf, math.inf)
                    apart[place] = max(apart.get(place, 0.0), found.max().item())
                    finite = one.abs().nan_to_num(0.0, 0.0)
                    large[place] = max(large.get(place, 0.0), finite.max().item())
        relative = [apart[place] / max(large[place], SMALLEST_MAGNITUDE) for place in apart]
        return cls(
            max(apart.values(), default=0.0), max(large.values(), default=0.0), max(relative, default=0.0)
        )
