"""What every method against the loss of plasticity can do in a training step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evidence.networks import Activation, rectifiers


class Method:
    """Training as it is, and the places where a method steps in.

    Each trial makes a method of its own: `activation` and `optimizer` before the first step, then, a step,
    `penalty` before the gradient is taken and `after_step` once the optimiser has moved.
    """

    def activation(self) -> Activation:
        return nn.ReLU

    def optimizer(self, model: nn.Module, rate: float) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), rate, fused=True)

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        """Looks at the model before its first step."""

    def penalty(self, model: nn.Module) -> Tensor | float:
        """What is added to the loss."""
        return 0.0

    def after_step(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        """What is done to the model once the optimiser has moved on a batch `x`."""

    def end(self) -> None:
        """Takes off what `begin` has put on the model."""


class Features:
    """The outputs of a model's hidden activations in its last run, in order."""

    def __init__(self, model: nn.Sequential) -> None:
        self.latest: list[Tensor] = []
        found = rectifiers(model)
        self._handles = [module.register_forward_hook(self._keep(number)) for number, module in enumerate(found)]
        self.latest = [torch.empty(0)] * len(found)

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _keep(self, number: int):
        def keep(_: nn.Module, __: object, output: Tensor) -> None:
            self.latest[number] = output.detach()

        return keep
