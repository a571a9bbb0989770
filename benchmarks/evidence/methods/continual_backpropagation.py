"""A few units of low utility begun anew at every step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evidence.methods.elementwise_adam import ElementwiseAdam
from evidence.methods.method import Features, Method
from evidence.methods.resets import redraw_incoming, reset_moments, silence_outgoing
from evidence.networks import linears


@dataclass
class ContinualBackpropagation(Method):
    """Continual backpropagation: Dohare et al. (2024), with the utility that their configurations name,
    "adaptable contribution": a decaying mean (0.99) of the magnitude of a unit's output less its own mean, times
    the mean magnitude of its outgoing weights, divided by that of its incoming ones. Of the units older than
    `maturity` steps a fraction `rate` with the least utility is begun anew at every step. What such a unit gave
    in the mean goes to the next bias, as the paper says (its code zeroes that mean first, and so moves nothing).
    Adam counts steps for each weight, and these begin anew too."""

    rate: float
    maturity: int = 100
    decay: float = 0.99

    def optimizer(self, model: nn.Module, rate: float) -> torch.optim.Optimizer:
        return ElementwiseAdam(model.parameters(), rate)

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        self._features = Features(model)
        widths = [layer.out_features for layer in linears(model)[:-1]]
        self.ages = [torch.zeros(width) for width in widths]
        self._utility = [torch.zeros(width) for width in widths]
        self._mean = [torch.zeros(width) for width in widths]
        self._owed = [0.0] * len(widths)

    @torch.no_grad()
    def after_step(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        layers = linears(model)
        for number, features in enumerate(self._features.latest):
            layer, following = layers[number], layers[number + 1]
            ages, utility, mean = self.ages[number], self._utility[number], self._mean[number]
            ages += 1
            correction = 1 - self.decay**ages
            mean.lerp_(features.mean(0), 1 - self.decay)
            spread = (features - mean / correction).abs().mean(0)
            outgoing, incoming = following.weight.abs().mean(0), layer.weight.abs().mean(1)
            utility.lerp_(outgoing * spread / incoming, 1 - self.decay)
            eligible = torch.where(ages > self.maturity)[0]
            self._owed[number] += self.rate * len(eligible)
            count = min(int(self._owed[number]), len(eligible))
            if not count:
                continue
            self._owed[number] -= count
            least = (utility / correction)[eligible].topk(count, largest=False).indices
            units = eligible[least]
            following.bias += following.weight[:, units] @ (mean / correction)[units]
            redraw_incoming(layer, units)
            silence_outgoing(following, units)
            reset_moments(optimizer, layer, following, units)
            optimizer.state[layer.weight]["step"][units] = 0
            optimizer.state[layer.bias]["step"][units] = 0
            optimizer.state[following.weight]["step"][:, units] = 0
            for counted in (ages, utility, mean):
                counted[units] = 0

    def end(self) -> None:
        self._features.close()
