"""Data that packages carry or a few lines make, split into training and validation."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_friedman1
from sklearn.feature_extraction.text import HashingVectorizer
from torch import Tensor


@dataclass(frozen=True)
class Data:
    x: Tensor
    y: Tensor
    x_val: Tensor
    y_val: Tensor


def split(x: np.ndarray | Tensor, y: np.ndarray | Tensor, seed: int) -> Data:
    """A quarter is kept apart for validation."""
    x = torch.as_tensor(np.asarray(x), dtype=torch.float32)
    y = torch.as_tensor(np.asarray(y))
    y = y.long() if y.dtype in (torch.int64, torch.int32) else y.float()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    train, val = order[len(x) // 4 :], order[: len(x) // 4]
    return Data(x[train], y[train], x[val], y[val])


def digits(seed: int) -> Data:
    x, y = load_digits(return_X_y=True)
    return split(x / 16, y, seed)


def digit_images(seed: int) -> Data:
    x, y = load_digits(return_X_y=True)
    return split(x.reshape(-1, 1, 8, 8) / 16, y, seed)


def digits_to_themselves(seed: int) -> Data:
    x = load_digits().data / 16
    return split(x, x, seed)


def discs(seed: int, count: int = 600) -> Data:
    """Segmentation: bright discs in noise, 16x16 pixels; the answer is where they are."""
    random = np.random.default_rng(seed)
    grid = np.arange(16)
    centre = random.uniform(4, 12, (count, 2, 1, 1))
    radius = random.uniform(2, 4, (count, 1, 1))
    distance = np.hypot(grid[:, None] - centre[:, 0], grid[None, :] - centre[:, 1])
    mask = (distance < radius).astype(np.float32)[:, None]
    return split(mask + random.normal(0, 0.5, mask.shape), mask, seed)


def tones(seed: int, count: int = 960) -> Data:
    """Audio: one of six tones or sweeps of 256 samples in noise, of any phase and loudness."""
    random = np.random.default_rng(seed)
    label = random.integers(6, size=count)
    time = np.arange(256) / 256
    start = np.array([8, 16, 32, 8, 32, 16])[label][:, None]
    end = np.array([8, 16, 32, 32, 8, 24])[label][:, None]
    phase = random.uniform(0, 2 * np.pi, (count, 1))
    wave = np.sin(2 * np.pi * (start * time + (end - start) * time**2 / 2) + phase)
    wave *= random.uniform(0.5, 1.5, (count, 1))
    return split((wave + random.normal(0, 0.5, wave.shape))[:, None], label, seed)


def diabetes(seed: int) -> Data:
    x, y = load_diabetes(return_X_y=True)
    return split(x / x.std(0), ((y - y.mean()) / y.std())[:, None], seed)


def friedman(seed: int) -> Data:
    x, y = make_friedman1(1200, noise=1.0, random_state=seed)
    return split(x, ((y - y.mean()) / y.std())[:, None], seed)


def breast_cancer(seed: int) -> Data:
    x, y = load_breast_cancer(return_X_y=True)
    return split((x - x.mean(0)) / x.std(0), y, seed)


MODULES = ("argparse", "tarfile", "typing", "turtle", "_pydecimal", "mailbox")


def program_lines(seed: int, lines_each: int = 250) -> Data:
    """Text: which module of Python's standard library a line comes from, by its hashed character trigrams."""
    random = np.random.default_rng(seed)
    texts: list[str] = []
    for module in MODULES:
        source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
        lines = sorted({line.strip() for line in source.splitlines() if len(line.strip()) > 20})
        texts += [lines[index] for index in random.choice(len(lines), lines_each, replace=False)]
    vectors = HashingVectorizer(n_features=512, analyzer="char", ngram_range=(3, 3), alternate_sign=False)
    x = vectors.transform(texts).toarray() * 4
    return split(x, np.repeat(np.arange(len(MODULES)), lines_each), seed)
