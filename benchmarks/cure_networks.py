"""The networks of the cure benchmark: as PyTorch modules, so that both scripts build the same."""

from torch import nn


def build(network: str) -> nn.Sequential:
    """`mlp`: 784-512-512-10. `conv`: two 3 x 3 convolutions of 32 and 64 channels on 28 x 28."""
    if network == "mlp":
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 512), nn.ReLU(),
            nn.Linear(512, 512), nn.ReLU(),
            nn.Linear(512, 10),
        )  # fmt: skip
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128), nn.ReLU(),
        nn.Linear(128, 10),
    )  # fmt: skip
