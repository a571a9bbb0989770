"""Numbers of a module's tensors changed in place, with a way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from leaky_relu.torch._unit_map import Share


@dataclass(frozen=True)
class Change:
    """New numbers of one tensor."""

    name: str
    indices: Tensor
    values: Tensor
    anew: bool
    """Whether they have nothing to do with the old ones, so that an optimiser's memory of these is void."""


class Edits:
    """What was changed: every number's old value, so that all or some of it can be undone; `anew` where the
    new numbers do not rest on the old ones."""

    def __init__(self, anew: bool = True) -> None:
        self._old: list[tuple[Share, Tensor, Tensor, Tensor]] = []
        self._anew = anew

    @torch.no_grad()
    def remember(self, share: Share, units: Tensor) -> None:
        """Keeps the numbers of some units, before they are changed."""
        indices = share.indices(units)
        self._old.append((share, units, indices, share.tensor.take(indices)))

    def undo(self) -> None:
        """Puts all old numbers back."""
        for share, _, indices, old in reversed(self._old):
            write(share.tensor, indices, old)
        self._old = []

    def undo_of(self, shares: Sequence[Share], units: Tensor) -> None:
        """Puts the old numbers of some units of a layer back, and forgets them."""
        kept = []
        for share, own, indices, old in self._old:
            back = torch.isin(own, units) if share in shares else torch.zeros_like(own, dtype=torch.bool)
            on_device = back.to(indices.device)
            write(share.tensor, indices[on_device], old[on_device])
            kept.append((share, own[~back], indices[~on_device], old[~on_device]))
        self._old = kept

    def changes(self) -> list[Change]:
        """What was changed in each tensor."""
        return [
            Change(share.name, indices.cpu(), share.tensor.take(indices).detach().cpu(), self._anew)
            for share, _, indices, _ in self._old
        ]


@torch.no_grad()
def write(tensor: Tensor, indices: Tensor, values: Tensor | float) -> None:
    """Writes numbers at places that are counted in the order of C, whatever the tensor's strides."""
    values = torch.as_tensor(values, dtype=tensor.dtype, device=tensor.device)
    tensor.put_(indices, values.expand(indices.shape))


def apply(model: nn.Module, changes: Iterable[Change]) -> None:
    """Makes changes that were found elsewhere."""
    tensors = dict(model.named_parameters(remove_duplicate=False)) | dict(
        model.named_buffers(remove_duplicate=False)
    )
    for change in changes:
        tensor = tensors[change.name]
        write(tensor, change.indices.to(tensor.device), change.values)


@torch.no_grad()
def reset_state(optimizer: torch.optim.Optimizer, model: nn.Module, changes: Iterable[Change]) -> None:
    """Zeroes what an optimiser remembers of exactly the numbers that were begun anew: every tensor of its
    state that is shaped like the parameter."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for change in changes:
        parameter = parameters.get(change.name)
        if parameter is None or parameter not in optimizer.state or not change.anew:
            continue
        for state in optimizer.state[parameter].values():
            if isinstance(state, Tensor) and state.shape == parameter.shape and state.dim() > 0:
                write(state, change.indices.to(state.device), 0.0)
