"""A game whose rules change while an agent learns it from what it has seen before."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from evidence.methods.method import Method
from evidence.networks import dead_fraction, perceptron
from evidence.tasks.trial import Trial, last_fifth

ROWS, COLUMNS = 8, 5
REPLAY_RATIO = 4
DISCOUNT = 0.9


class Catch:
    """A ball falls through a grid; the paddle beneath moves left, stays or moves right, and is to be there. The
    state is the two of them as one-hot pixels. What the pixels mean is permuted anew when the rules change."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self.change()
        self._begin()

    def change(self) -> None:
        self._pixels = self._random.permutation(ROWS * COLUMNS)

    def state(self) -> np.ndarray:
        screen = np.zeros(ROWS * COLUMNS, np.float32)
        screen[self._row * COLUMNS + self._ball] = 1
        screen[(ROWS - 1) * COLUMNS + self._paddle] = 1
        return screen[self._pixels]

    def step(self, action: int) -> tuple[float, bool]:
        """Moves; gives the reward and whether the ball is down."""
        self._paddle = min(COLUMNS - 1, max(0, self._paddle + action - 1))
        self._row += 1
        if self._row < ROWS - 1:
            return 0.0, False
        reward = 1.0 if self._ball == self._paddle else -1.0
        self._begin()
        return reward, True

    def _begin(self) -> None:
        self._row = 0
        self._ball, self._paddle = self._random.integers(COLUMNS, size=2)


class Replay:
    """The last transitions, in arrays that are overwritten in turn."""

    def __init__(self, size: int) -> None:
        pixels = ROWS * COLUMNS
        self._arrays = [
            np.zeros((size, *shape), kind)
            for shape, kind in (((pixels,), "f4"), ((), "i8"), ((), "f4"), ((pixels,), "f4"), ((), "f4"))
        ]
        self._size = size
        self.count = 0

    def add(self, *transition: object) -> None:
        for array, value in zip(self._arrays, transition, strict=True):
            array[self.count % self._size] = value
        self.count += 1

    def sample(self, random: np.random.Generator, count: int) -> Sequence[torch.Tensor]:
        chosen = random.integers(min(self.count, self._size), size=count)
        return [torch.from_numpy(array[chosen]) for array in self._arrays]


def play(method: Method, seed: int, changes: int = 6, steps_each: int = 800) -> Trial:
    """A value-based agent (DQN, Mnih et al. 2015) with four gradient steps for each step of the game, a replay ratio
    at which Sokar et al. (2023) find units to go dormant. The score is the mean reward of a ball, by rules."""
    start = time.perf_counter()
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    widths = (ROWS * COLUMNS, 64, 64, 3)
    model, target = perceptron(widths, method.activation()), perceptron(widths, method.activation())
    target.load_state_dict(model.state_dict())
    optimizer = method.optimizer(model, 0.001)
    method.begin(model, optimizer)
    game, replay = Catch(random), Replay(2000)
    curve: list[float] = []
    updates = 0
    for change in range(changes):
        if change:
            game.change()
        rewards = []
        for step in range(steps_each):
            state = game.state()
            explores = random.random() < max(0.05, 1 - step / (steps_each / 4))
            action = random.integers(3) if explores else best(model, state)
            reward, is_down = game.step(int(action))
            replay.add(state, action, reward, game.state(), 1.0 - is_down)
            if is_down and step >= steps_each // 4:
                rewards.append(reward)
            if replay.count < 64:
                continue
            for _ in range(REPLAY_RATIO):
                x, actions, gained, following, goes_on = replay.sample(random, 32)
                with torch.no_grad():
                    value = gained + DISCOUNT * goes_on * target(following).max(1).values
                predicted = model(x).gather(1, actions[:, None])[:, 0]
                (functional.smooth_l1_loss(predicted, value) + method.penalty(model)).backward()
                optimizer.step()
                optimizer.zero_grad()
                method.after_step(model, optimizer, x)
                updates += 1
                if updates % 200 == 0:
                    target.load_state_dict(model.state_dict())
        curve.append(float(np.mean(rewards)))
    method.end()
    dead = dead_fraction(model, replay.sample(random, 1024)[0])
    return Trial(last_fifth(curve), dead, curve, time.perf_counter() - start)


@torch.no_grad()
def best(model: nn.Module, state: np.ndarray) -> int:
    return int(model(torch.from_numpy(state)[None]).argmax())
