# %% [markdown]
# # Dead latents of a sparse autoencoder
#
# A sparse autoencoder explains the activations of a network by many more latents than there are units, few
# of which fire at a time. Its best-known trouble is latents that die and never fire again. Here one is
# trained on the hidden activations of a small network for handwritten digits, with and without recycling.
#
#     python sparse_autoencoder.py [LATENTS] [STEPS]

# %%
import sys
import warnings

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

import leaky_relu.torch as lt

LATENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 65_536
STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 300
warnings.simplefilter("ignore")

# %% [markdown]
# ## The network whose activations are explained

# %%
x, y = (torch.tensor(array) for array in load_digits(return_X_y=True))
x = x.float() / 16
torch.manual_seed(0)
classifier = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(classifier.parameters(), 0.01)
for _ in range(300):
    batch = torch.randint(len(x), (128,))
    F.cross_entropy(classifier(x[batch]), y[batch]).backward()
    optimizer.step()
    optimizer.zero_grad()
with torch.no_grad():
    activations = classifier[:2](x)
activations = (activations - activations.mean(0)) / activations.std()


# %% [markdown]
# ## The autoencoder


# %%
class SparseAutoencoder(nn.Module):
    """Latents that are not negative, and few."""

    def __init__(self, inputs: int, latents: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(inputs, latents)
        self.relu = nn.ReLU()
        self.decoder = nn.Linear(latents, inputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.latents(x))

    def latents(self, x: Tensor) -> Tensor:
        return self.relu(self.encoder(x))


def fit(recycle: int | None) -> tuple[lt.Watch, float, float]:
    torch.manual_seed(1)
    model = SparseAutoencoder(activations.shape[1], LATENTS)
    optimizer = torch.optim.Adam(model.parameters(), 0.03)
    watch = lt.Watch(model, every=5, recycle=recycle, optimizer=optimizer, samples=64)
    for _ in range(STEPS):
        batch = activations[torch.randint(len(activations), (128,))]
        latents = model.latents(batch)
        error = F.mse_loss(model.decoder(latents), batch)
        (error + 1.0 * latents.sum(1).mean() / LATENTS**0.5).backward()
        optimizer.step()
        optimizer.zero_grad()
        watch.step(batch)  # named, because the model was called in parts
    watch.close()
    dead = lt.diagnose(model, activations)
    with torch.no_grad():
        error = F.mse_loss(model(activations), activations).item()
    return watch, dead.dead / dead.units, error


# %% [markdown]
# Rate and penalty are chosen high, so that latents die: with 0.003 and 0.01 none do, and there is nothing to
# recycle. Recycling keeps latents alive, and that is not free: with 2048 latents and 120 steps the error is
# three times higher with it than without. Whether live latents are worth that is for their use to say.

# %%
for recycle in (None, max(1, STEPS // 6)):
    watch, dead, error = fit(recycle)
    print(
        f"recycle={recycle}: {100 * dead:.1f} % of {LATENTS} latents are dead, error {error:.4f}, "
        f"{watch.recycled} recycled"
    )
