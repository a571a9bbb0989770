"""Units begun anew when they have been silent for longer than is usual for them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evidence.methods.method import Features, Method
from evidence.methods.resets import redraw_incoming, reset_moments, silence_outgoing
from evidence.networks import linears

LONGEST = 4096


@dataclass
class SelfNormalizedResets(Method):
    """Self-normalised resets: Farias and Jozefiak (2025). A unit's age is how many steps it has been silent on
    whole batches. Every `period` steps its threshold becomes the `percentile` of the ages at which it fired
    since the last time, if that lies below the threshold, and else twice the threshold (`snr.py` of the
    authors' code, where ages count samples). A unit whose age reaches its threshold is begun anew, with Adam's
    moments."""

    percentile: float
    period: int
    threshold: int = 64

    def begin(self, model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
        self._features = Features(model)
        widths = [layer.out_features for layer in linears(model)[:-1]]
        self.ages = [torch.zeros(width, dtype=torch.int64) for width in widths]
        self.thresholds = [torch.full((width,), self.threshold) for width in widths]
        self._histograms = [torch.zeros(width, LONGEST + 1) for width in widths]
        self._steps = 0

    @torch.no_grad()
    def after_step(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        self._steps += 1
        layers = linears(model)
        for number, features in enumerate(self._features.latest):
            ages, histogram = self.ages[number], self._histograms[number]
            fires = (features > 0).any(0)
            self._count(histogram, ages, fires)
            ages += 1
            ages[fires] = 0
            ended = ages >= self.thresholds[number]
            self._count(histogram, ages, ended)
            ages[ended] = 0
            units = torch.where(ended)[0]
            if len(units):
                layer, following = layers[number], layers[number + 1]
                redraw_incoming(layer, units)
                silence_outgoing(following, units)
                reset_moments(optimizer, layer, following, units)
        if self._steps % self.period == 0:
            self._update_thresholds()

    def end(self) -> None:
        self._features.close()

    @staticmethod
    def _count(histogram: Tensor, ages: Tensor, units: Tensor) -> None:
        which = torch.where(units)[0]
        histogram[which, ages[which].clamp(max=LONGEST)] += 1

    def _update_thresholds(self) -> None:
        for number, histogram in enumerate(self._histograms):
            seen = histogram[:, 1:].cumsum(1)
            reached = seen >= self.percentile * seen[:, -1:]
            age = reached.int().argmax(1) + 1
            old = self.thresholds[number]
            # A unit that was never silent has no ages to take a percentile of: its threshold stays.
            new = torch.where(age < old, age, 2 * old)
            new = torch.where(seen[:, -1] > 0, new, old)
            self.thresholds[number] = new.clamp(1, LONGEST)
            histogram.zero_()
