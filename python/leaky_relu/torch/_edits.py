"""Numbers of a module's tensors changed in place, with a way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from leaky_relu.torch._unit_map import Share


class Edits:
    """What was changed: every number's old value, so that all or some of it can be undone."""

    def __init__(self) -> None:
        self._old: list[tuple[Share, Tensor, Tensor, Tensor]] = []

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

    def changes(self) -> list[tuple[str, Tensor, Tensor]]:
        """Each changed tensor's name, where it was changed, and the new numbers."""
        return [
            (share.name, indices.cpu(), share.tensor.take(indices).detach().cpu())
            for share, _, indices, _ in self._old
        ]


@torch.no_grad()
def write(tensor: Tensor, indices: Tensor, values: Tensor | float) -> None:
    """Writes numbers at places that are counted in the order of C, whatever the tensor's strides."""
    values = torch.as_tensor(values, dtype=tensor.dtype, device=tensor.device)
    tensor.put_(indices, values.expand(indices.shape))


def apply(model: nn.Module, changes: Iterable[tuple[str, Tensor, Tensor]]) -> None:
    """Makes changes that were found elsewhere."""
    tensors = dict(model.named_parameters(remove_duplicate=False)) | dict(
        model.named_buffers(remove_duplicate=False)
    )
    for name, indices, values in changes:
        write(tensors[name], indices.to(tensors[name].device), values)


@torch.no_grad()
def reset_state(
    optimizer: torch.optim.Optimizer, model: nn.Module, changes: Iterable[tuple[str, Tensor, Tensor]]
) -> None:
    """Zeroes what an optimiser remembers of exactly the numbers that were changed: every tensor of its
    state that is shaped like the parameter."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name, indices, _ in changes:
        parameter = parameters.get(name)
        if parameter is None or parameter not in optimizer.state:
            continue
        for state in optimizer.state[parameter].values():
            if isinstance(state, Tensor) and state.shape == parameter.shape and state.dim() > 0:
                write(state, indices.to(state.device), 0.0)
