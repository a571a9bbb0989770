"""Samples of the steps before, for what one small batch cannot tell."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu.torch._batches import sample_count, some

# Revived units are centred on this many samples at least, where so many were seen.
ENOUGH = 64


class SamplesBefore:
    """The last samples that entered a module, about as many as a revival needs."""

    def __init__(self) -> None:
        self._kept: dict[nn.Module, list[tuple[Any, int]]] = {}

    def keep(self, module: nn.Module, entered: Any) -> None:
        kept = self._kept.setdefault(module, [])
        kept.append(some(entered, ENOUGH))
        while sum(count for _, count in kept[1:]) >= ENOUGH:
            del kept[0]

    def together_with(self, module: nn.Module, entered: Any) -> list[Any]:
        """What entered a module in this step; where that is little, behind what entered it before."""
        whole = pytree.tree_map(_detached, entered)
        if sample_count(entered) >= ENOUGH:
            return [whole]
        return [*(samples for samples, _ in self._kept.get(module, [])), whole]


def _detached(leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Tensor) else leaf
