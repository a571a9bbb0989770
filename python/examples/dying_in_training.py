# %% [markdown]
# # A network that dies in training, two ways that help it, and one that does not
#
# A perceptron for handwritten digits is trained at a learning rate that is much too high. Its units die,
# and with ReLU they stay dead. We watch them while it trains, recycle them, let them leak, and at last revive
# them after the damage is done.

# %%
import warnings

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import leaky_relu.torch as lt

x, y = (torch.tensor(array) for array in load_digits(return_X_y=True))
x = x.float() / 16
order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
train, test = order[:1347], order[1347:]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(),
        nn.Linear(64, 10),
    )  # fmt: skip


def accuracy(model: nn.Module) -> float:
    with torch.no_grad():
        return (model(x[test]).argmax(1) == y[test]).float().mean().item()


def fit(model: nn.Module, rate: float, steps: int = 600, recycle: int | None = None) -> lt.Watch:
    optimizer = torch.optim.Adam(model.parameters(), rate)
    watch = lt.Watch(model, every=5, recycle=recycle, optimizer=optimizer)
    for _ in range(steps):
        batch = train[torch.randint(len(train), (64,))]
        F.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
        optimizer.zero_grad()
        watch.step()
    watch.close()
    return watch


# %% [markdown]
# ## As it is
# The watch warns of each layer once, when more than half of it is dead.

# %%
warnings.simplefilter("ignore")
plain = network()
watch = fit(plain, rate=0.1)
print(watch.diagnosis())
print(f"accuracy {accuracy(plain):.3f}\n")

# %% [markdown]
# ## Recycled while it trains
# Every 100 steps units that are dead get fresh weights; what the network computes stays as it is. While the
# rate stays what killed them, they die again as fast as they come: this alone does not help here.

# %%
recycled = network()
watch = fit(recycled, rate=0.1, recycle=100)
print(f"recycled {watch.recycled} units on the way")
print(f"{lt.diagnose(recycled, x[train]).verdict} Accuracy {accuracy(recycled):.3f}\n")

# %% [markdown]
# ## Leaky from the start

# %%
leaky = network()
print(f"{lt.replace(leaky, 0.2)} rectifiers leak")
fit(leaky, rate=0.1)
print(f"{lt.diagnose(leaky, x[train]).verdict} Accuracy {accuracy(leaky):.3f}\n")

# %% [markdown]
# ## Revived after the damage, then let leak, then trained on at a sane rate

# %%
print(lt.revive(plain, x[train]))
lt.replace(plain, 0.01)
fit(plain, rate=0.001)
print(f"{lt.diagnose(plain, x[train]).verdict} Accuracy {accuracy(plain):.3f}")
