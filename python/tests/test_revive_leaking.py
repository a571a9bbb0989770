"""Dead units behind a leak: not silent, so their mean is kept, and what the rest of it changes is told."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import leaky_relu.torch as lt

X = torch.randn(256, 6, generator=torch.Generator().manual_seed(1))
IMAGES = torch.randn(200, 2, 8, 8, generator=torch.Generator().manual_seed(2))
DEAD = [1, 4]


def kill(layer):
    """Two units far enough below zero to be dead, and near enough for what leaks of them to vary."""
    with torch.no_grad():
        layer.bias[DEAD] = -30.0
        layer.weight[DEAD] *= 3
    return layer


class Called(nn.Module):
    """A rectifier that is a call."""

    def forward(self, x):
        return F.leaky_relu(x, 0.1)


LEAKS = {
    "nn.LeakyReLU": lambda: nn.LeakyReLU(0.1),
    "in place": lambda: nn.LeakyReLU(0.1, inplace=True),
    "lt.LeakyReLU": lambda: lt.LeakyReLU(0.1),
    "F.leaky_relu": Called,
    "PReLU": lambda: nn.PReLU(8, init=0.1),
}


def perceptron(rectifier):
    torch.manual_seed(0)
    return nn.Sequential(kill(nn.Linear(6, 8)), rectifier(), nn.Linear(8, 3))


def with_means(model, rectifier, x, per_entry=False):
    """What a model gives when the dead units of a rectifier say their means instead of what they say."""

    def replaced(_, __, activation):
        others = [0] if per_entry else [axis for axis in range(activation.dim()) if axis != 1]
        means = activation.mean(others, keepdim=True).expand_as(activation)
        activation = activation.clone()
        activation[:, DEAD] = means[:, DEAD]
        return activation

    handle = rectifier.register_forward_hook(replaced)
    with torch.no_grad():
        output = model(x)
    handle.remove()
    return output


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_the_mean_of_what_leaked_stays_and_the_rest_is_told(leak):
    model = perceptron(leak)
    with torch.no_grad():
        given = model(X)
    expected = with_means(model, model[1], X)
    assert lt.diagnose(model, X).layers[0].dead == DEAD
    revival = lt.revive(model, X)
    assert (revival.revived, revival.revived_speaking, revival.not_revived) == (2, 2, [])
    found = lt.diagnose(model, X).layers[0]
    assert not found.dead and all(0.45 < found.active[unit] < 0.55 for unit in DEAD)
    with torch.no_grad():
        torch.testing.assert_close(model(X), expected, rtol=1e-4, atol=1e-4)
        change = (model(X) - given).abs().max().item()
    assert revival.max_difference == pytest.approx(change, rel=1e-3)
    assert "2 of them not silent" in repr(revival)


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_recycling_counts_signs_so_that_it_revives_behind_a_leak(leak):
    model = perceptron(leak)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    watch = lt.Watch(model, every=2, recycle=20, optimizer=optimizer, samples=len(X))
    for _ in range(20):
        with torch.no_grad():
            before = model(X)
        model(X).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        watch.step()
    assert watch.recycled == 2 and lt.diagnose(model, X).dead == 0
    # The weights that hear them are zero, and learn from the next step on.
    assert (model[2].weight[:, DEAD] == 0).all()
    state = optimizer.state[model[0].weight]["exp_avg"]
    assert (state[DEAD] == 0).all() and (state[0] != 0).any()
    # The next bias was moved, not begun anew.
    assert (optimizer.state[model[2].bias]["exp_avg"] != 0).all()
    # What they leaked is some three times a weight each, nearly all of it their mean.
    with torch.no_grad():
        assert (model(X) - before).abs().max() < 0.5


def convolutional(behind):
    torch.manual_seed(0)
    return nn.Sequential(kill(nn.Conv2d(2, 6, 3)), nn.LeakyReLU(0.1), *behind).eval()


BEHIND = {
    "a convolution with a bias": (lambda: [nn.Conv2d(6, 5, 3), nn.Flatten()], False),
    "a convolution in groups": (lambda: [nn.Conv2d(6, 6, 3, groups=3), nn.Flatten()], False),
    "a depthwise convolution": (lambda: [nn.Conv2d(6, 6, 3, groups=6), nn.Flatten()], False),
    "a convolution and a batch normalisation": (
        lambda: [nn.Conv2d(6, 5, 3, bias=False), nn.BatchNorm2d(5), nn.Flatten()],
        False,
    ),
    "a batch normalisation": (lambda: [nn.BatchNorm2d(6), nn.Conv2d(6, 3, 3), nn.Flatten()], False),
    "a transposed convolution": (lambda: [nn.ConvTranspose2d(6, 5, 1), nn.Flatten()], False),
    "a linear layer behind a flattening": (lambda: [nn.Flatten(), nn.Linear(6 * 36, 4)], True),
    "a linear layer behind a mean": (
        lambda: [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)],
        False,
    ),
}


@pytest.mark.parametrize("behind, per_entry", BEHIND.values(), ids=BEHIND.keys())
def test_the_mean_is_kept_behind_whatever_hears_it(behind, per_entry):
    model = convolutional(behind())
    expected = with_means(model, model[1], IMAGES, per_entry)
    revival = lt.revive(model, IMAGES)
    assert revival.revived == 2, revival
    with torch.no_grad():
        torch.testing.assert_close(model(IMAGES), expected, rtol=1e-4, atol=1e-4)


class Tokens(nn.Module):
    """Samples of tokens, `[N, T, C]`, and weights that are no module's."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.up = kill(nn.Linear(6, 8))
        self.leak = nn.LeakyReLU(0.1)
        self.down, self.shift = nn.Parameter(torch.randn(8, 4)), nn.Parameter(torch.randn(4))

    def forward(self, x):
        return self.leak(self.up(x)) @ self.down + self.shift


def test_weights_that_are_no_modules_hear_the_mean_too():
    model, x = Tokens(), torch.randn(64, 5, 6)
    with torch.no_grad():
        activation = model.leak(model.up(x))
        activation[..., DEAD] = activation[..., DEAD].mean((0, 1))
        expected = activation @ model.down + model.shift
    assert lt.revive(model, x).revived_speaking == 2
    torch.testing.assert_close(model(x), expected, rtol=1e-4, atol=1e-4)


def test_a_frozen_bias_is_not_touched_and_the_difference_says_so():
    model = perceptron(LEAKS["nn.LeakyReLU"])
    free = copy.deepcopy(model)
    model[2].bias.requires_grad_(False)
    frozen = model[2].bias.detach().clone()
    revival, other = lt.revive(model, X), lt.revive(free, X)
    assert revival.revived == other.revived == 2
    assert torch.equal(model[2].bias, frozen)
    assert revival.max_difference > 2 * other.max_difference


def test_with_a_bound_of_zero_what_leaks_is_left():
    model = perceptron(LEAKS["nn.LeakyReLU"])
    with torch.no_grad():
        expected = model(X)
    revival = lt.revive(model, X, bound=0)
    assert revival.revived == 0 and "never silent" in revival.not_revived[0].reason
    assert torch.equal(model(X), expected)


def test_a_unit_that_does_not_come_to_life_keeps_its_numbers_and_its_mean():
    model = nn.Sequential(kill(nn.Linear(6, 8)), nn.LeakyReLU(0.1), nn.Linear(8, 3))
    x = torch.zeros(64, 6)  # nothing that reaches the units varies
    before = copy.deepcopy(model.state_dict())
    revival = lt.revive(model, x)
    assert revival.revived == 0 and {left.unit for left in revival.not_revived} >= set(DEAD)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=1e-6)


def test_what_is_recycled_for_its_small_magnitude_keeps_its_mean():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    with torch.no_grad():
        # Above zero on all data, and hardly: it says little more than its mean.
        model[0].weight[0] *= 1e-4
        model[0].bias[0] = 0.02
        model[2].weight[:, 0] = 30.0
        before = model(X)
    watch = lt.Watch(model, every=1, recycle=10, tau=0.2)
    for _ in range(10):
        model(X).mean().backward()
        watch.step()
    assert watch.recycled == 1 and model[0].weight[0].abs().max() > 0.1
    with torch.no_grad():
        torch.testing.assert_close(model(X), before, rtol=0, atol=0.05)
