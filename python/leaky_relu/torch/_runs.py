"""Samples run through a model again and again: what leaves it, and what enters its rectifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from leaky_relu.torch._axes import Axes
from leaky_relu.torch._batches import Forward, few, run, sample_count
from leaky_relu.torch._heard import Heard
from leaky_relu.torch._observer import Firing, Names, Observer, untouched
from leaky_relu.torch._parts import Seen

# With how many samples fresh weights are centred, and outputs compared.
SAMPLES = 4096
# How many pre-activations are kept to find medians, of all units of a layer together.
KEPT = 1 << 23


class Runs:
    """A model and the first samples of some batches."""

    def __init__(self, model: nn.Module, batches: Iterable[Any], forward: Forward | None) -> None:
        self.model = model
        self.batches = list(_up_to(batches, SAMPLES))
        self._forward = forward
        self._names = Names(model)
        self._constants = [*model.parameters(), *model.buffers()]

    def outputs(self) -> list[list[Tensor]]:
        """The outputs of each batch."""
        return [
            [leaf.double().cpu() for leaf in leaves if isinstance(leaf, Tensor)]
            for leaves in self._run(lambda _: None)
        ]

    def seen(self, layer: str, threshold: float, units: Tensor) -> Seen:
        """What the pre-activations of some units of a layer are."""
        kept: list[Tensor] = []
        limit = max(64, KEPT // max(1, len(units)) // max(1, len(self.batches)))

        def look(firing: Firing) -> None:
            if firing.name != layer:
                return None
            z = firing.rectifier.input
            columns = z.movedim(firing.axis, -1).flatten(0, -2) if firing.axis < z.dim() else z.reshape(-1, 1)
            chosen = columns[:, units.to(z.device)]
            if len(chosen) > limit:
                steps = torch.arange(limit, device=z.device) * len(chosen) // limit
                chosen = chosen[steps]
            kept.append(chosen.double().cpu())
            return None

        self._run(look)
        return Seen.of(torch.cat(kept), threshold)

    def heard(self, weights: Tensor) -> Tensor | None:
        """The mean of what weights are multiplied by, for each of its features or channels."""
        with Heard(weights) as heard:
            self._run(lambda _: None)
        return heard.mean()

    def entering(self, module: nn.Module, channels: Tensor) -> Tensor:
        """What enters some channels of a module: a column for each."""
        kept: list[Tensor] = []

        def look(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            columns = inputs[0].movedim(1, -1).flatten(0, -2)
            kept.append(columns[:, channels.to(columns.device)].double().cpu())

        handle = module.register_forward_pre_hook(look)
        try:
            self._run(lambda _: None)
        finally:
            handle.remove()
        return torch.cat(kept)

    def _run(self, look: Callable[[Firing], None]) -> list[list[Tensor]]:
        outputs = []
        for number, batch in enumerate(self.batches):
            with untouched(self.model), self._names.followed():
                self._names.start()
                with Observer(self._names, Axes(self._constants), look):
                    output = run(self.model, batch, self._forward, number)
            outputs.append(pytree.tree_leaves(output))
        return outputs


def _up_to(batches: Iterable[Any], samples: int) -> Iterator[Any]:
    for batch in batches:
        if samples <= 0:
            return
        yield few(batch, samples)
        samples -= max(1, sample_count(batch))
