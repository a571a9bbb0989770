"""The data of the Keras fixture; imports nothing that only one of the two environments has."""

import numpy as np
from sklearn.datasets import load_digits


def channels_last_digits() -> tuple[np.ndarray, np.ndarray]:
    """Digits and their mirror images as two channels, shaped [samples, 8, 8, 2]."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    images = (images[order] / 16.0).astype(np.float32).reshape(-1, 8, 8)
    return np.stack([images, images[:, :, ::-1]], axis=-1), labels[order].astype(np.int64)
