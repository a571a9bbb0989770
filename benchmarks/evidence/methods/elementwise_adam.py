"""Adam with a step count of its own for each weight."""

from __future__ import annotations

import torch


class ElementwiseAdam(torch.optim.Optimizer):
    """Adam (Kingma and Ba 2015) whose bias correction counts the steps of each number, so that a number begun
    anew is corrected anew: `AdamGnT` of Dohare et al."""

    def __init__(self, parameters, lr: float) -> None:
        super().__init__(parameters, {"lr": lr, "betas": (0.9, 0.999), "eps": 1e-8})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            first, second = group["betas"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    for key in ("step", "exp_avg", "exp_avg_sq"):
                        state[key] = torch.zeros_like(parameter)
                step, mean, square = state["step"], state["exp_avg"], state["exp_avg_sq"]
                step += 1
                mean.lerp_(parameter.grad, 1 - first)
                square.mul_(second).addcmul_(parameter.grad, parameter.grad, value=1 - second)
                scale = (square / (1 - second**step)).sqrt_().add_(group["eps"])
                parameter.addcdiv_(mean / (1 - first**step), scale, value=-group["lr"])
