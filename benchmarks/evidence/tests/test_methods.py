"""Each method does what its authors say: what is reset, when, and what happens to the optimiser's state."""

from __future__ import annotations

import torch
from torch import nn

from evidence.methods.continual_backpropagation import ContinualBackpropagation
from evidence.methods.elementwise_adam import ElementwiseAdam
from evidence.methods.l2_init import L2Init
from evidence.methods.method import Method
from evidence.methods.plain import CReLU, LeakyReLU
from evidence.methods.recycling import Recycling
from evidence.methods.redo import ReDo, dormant
from evidence.methods.self_normalized_resets import SelfNormalizedResets
from evidence.methods.shrink_and_perturb import ShrinkAndPerturb
from evidence.networks import linears, perceptron


def trained(method: Method, steps: int, kill: list[int] | None = None, rate: float = 0.001):
    """A small perceptron after some steps with a method; units of its first layer are killed before."""
    torch.manual_seed(0)
    model = perceptron((4, 6, 4, 3), method.activation())
    if kill:
        with torch.no_grad():
            linears(model)[0].bias[kill] = -100
    optimizer = method.optimizer(model, rate)
    method.begin(model, optimizer)
    random = torch.Generator().manual_seed(1)
    for _ in range(steps):
        x = torch.randn(16, 4, generator=random)
        (model(x).square().mean() + method.penalty(model)).backward()
        optimizer.step()
        optimizer.zero_grad()
        method.after_step(model, optimizer, x)
    method.end()
    return model, optimizer


def test_l2_init_adds_half_the_squared_distance_from_the_start() -> None:
    method = L2Init(strength=0.1)
    model = perceptron((2, 3, 1), nn.ReLU)
    method.begin(model, method.optimizer(model, 0.1))
    assert method.penalty(model) == 0
    with torch.no_grad():
        linears(model)[0].weight += 2
    assert torch.isclose(method.penalty(model), torch.tensor(0.5 * 0.1 * 6 * 4.0))


def test_shrink_and_perturb_shrinks_every_parameter_and_adds_fresh_ones() -> None:
    method = ShrinkAndPerturb(shrink=0.25, perturb=0.0)
    model = perceptron((2, 3, 1), nn.ReLU)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = method.optimizer(model, 0.1)
    method.begin(model, optimizer)
    method.after_step(model, optimizer, torch.zeros(1, 2))
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert torch.allclose(parameter, 0.75 * old)
    disturbed = ShrinkAndPerturb(shrink=1.0, perturb=0.5)
    disturbed.begin(model, optimizer)
    disturbed.after_step(model, optimizer, torch.zeros(1, 2))
    for parameter, fresh in zip(model.parameters(), disturbed._fresh.parameters(), strict=True):
        assert torch.allclose(parameter, 0.5 * fresh)


def test_redo_calls_dormant_what_is_a_fraction_of_its_layers_mean() -> None:
    features = torch.tensor([[1.0, 0.0, 0.05, 3.0], [1.0, 0.0, 0.15, 1.0]])
    # Mean magnitudes 1, 0, 0.1 and 2, of the layer 0.775.
    assert dormant(features, 0.0).tolist() == [1]
    assert dormant(features, 0.13).tolist() == [1, 2]


def test_redo_resets_dormant_units_every_period_and_adams_moments_and_keeps_its_steps() -> None:
    model, _ = trained(ReDo(tau=0.0, period=10), steps=9, kill=[2])
    assert linears(model)[0].bias[2] < -90
    model, optimizer = trained(ReDo(tau=0.0, period=10), steps=10, kill=[2])
    first, second, _ = linears(model)
    assert first.bias[2] == 0
    assert first.weight[2].abs().max() <= (6 / (4 + 6)) ** 0.5
    # Units behind it that were dormant too were drawn anew after it, with weights that hear it.
    kept = second.bias != 0
    assert kept.any()
    assert (second.weight[kept, 2] == 0).all()
    assert (second.weight[kept, 0] != 0).all()
    assert (optimizer.state[first.weight]["exp_avg"][2] == 0).all()
    assert (optimizer.state[second.weight]["exp_avg_sq"][:, 2] == 0).all()
    assert (optimizer.state[second.weight]["exp_avg_sq"] != 0).any()
    for parameter in model.parameters():
        assert optimizer.state[parameter]["step"] == 10


def test_redo_looks_at_the_last_256_samples_not_at_one_batch() -> None:
    method = ReDo(tau=0.0, period=3)
    torch.manual_seed(0)
    model = perceptron((1, 2, 1), nn.ReLU)
    first, second = linears(model)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0], [-1.0]]))
        first.bias.zero_()
    optimizer = method.optimizer(model, 0.0)
    method.begin(model, optimizer)
    # The second unit fires on the first batch alone, and is not dormant for that.
    for x in (-torch.ones(16, 1), torch.ones(16, 1), torch.ones(16, 1)):
        model(x).sum().backward()
        optimizer.step()
        method.after_step(model, optimizer, x)
    assert first.weight.flatten().tolist() == [1.0, -1.0]
    for _ in range(18):
        method.after_step(model, optimizer, torch.ones(16, 1))
    method.end()
    assert first.weight[0] == 1 and first.weight[1] != -1 and second.weight[0, 1] == 0


def test_continual_backpropagation_replaces_the_least_useful_mature_unit() -> None:
    method = ContinualBackpropagation(rate=0.01, maturity=100)
    model, optimizer = trained(method, steps=100, kill=[2])
    assert linears(model)[0].bias[2] < -90, "no unit is mature yet"
    # 6 mature units, a hundredth of them a step: one is owed after 17 steps.
    method = ContinualBackpropagation(rate=0.01, maturity=100)
    model, optimizer = trained(method, steps=117, kill=[2])
    first, second, _ = linears(model)
    assert first.bias[2] == 0
    assert (second.weight[:, 2] == 0).all()
    assert method.ages[0].tolist() == [117, 117, 0, 117, 117, 117]
    assert (optimizer.state[first.weight]["exp_avg_sq"][2] == 0).all()
    assert optimizer.state[first.weight]["step"][:, 0].tolist() == [117, 117, 0, 117, 117, 117]


def test_continual_backpropagation_moves_the_mean_of_a_unit_into_the_next_bias() -> None:
    torch.manual_seed(0)
    method = ContinualBackpropagation(rate=1.0, maturity=0)
    model = perceptron((2, 1, 1), nn.ReLU)
    first, second = linears(model)
    optimizer = method.optimizer(model, 0.0)
    with torch.no_grad():
        first.weight.zero_()
        first.bias.fill_(2.0)
        second.weight.fill_(3.0)
        second.bias.fill_(1.0)
    method.begin(model, optimizer)
    x = torch.randn(16, 2)
    model(x).sum().backward()
    optimizer.step()
    method.after_step(model, optimizer, x)
    method.end()
    assert torch.isclose(second.bias, torch.tensor(7.0)), "1 and 3 times the unit's mean of 2"
    assert second.weight == 0


def test_self_normalized_resets_begin_a_unit_anew_at_its_threshold() -> None:
    method = SelfNormalizedResets(percentile=0.98, period=1000, threshold=20)
    model, _ = trained(method, steps=19, kill=[2])
    assert linears(model)[0].bias[2] < -90
    method = SelfNormalizedResets(percentile=0.98, period=1000, threshold=20)
    model, optimizer = trained(method, steps=20, kill=[2])
    first, second, _ = linears(model)
    assert first.bias[2] == 0
    assert (second.weight[:, 2] == 0).all()
    assert (optimizer.state[first.weight]["exp_avg"][2] == 0).all()
    assert method.ages[0][2] == 0


def test_self_normalized_resets_lower_and_raise_the_threshold() -> None:
    method = SelfNormalizedResets(percentile=0.5, period=1000, threshold=20)
    model = perceptron((2, 2, 1), nn.ReLU)
    method.begin(model, method.optimizer(model, 0.1))
    method.end()
    method._histograms[0][0, 3] = 10
    method._histograms[0][1, 30] = 10
    method._update_thresholds()
    assert method.thresholds[0].tolist() == [3, 40]


def test_an_elementwise_adam_is_adam_until_its_steps_are_reset() -> None:
    ends = []
    for make in (torch.optim.Adam, ElementwiseAdam):
        torch.manual_seed(0)
        model = perceptron((2, 3, 1), nn.ReLU)
        optimizer = make(model.parameters(), lr=0.01)
        for _ in range(5):
            model(torch.ones(4, 2)).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
        ends.append(torch.cat([parameter.detach().flatten() for parameter in model.parameters()]))
    assert torch.allclose(*ends, atol=1e-6)


def test_concatenated_relu_keeps_the_widths_and_loses_no_sign() -> None:
    model, _ = trained(CReLU(), steps=1)
    assert [layer.in_features for layer in linears(model)] == [4, 6, 4]
    assert model[1](torch.tensor([[1.0, -2.0]])).tolist() == [[1, 0, 0, 2]]


def test_recycling_revives_a_dead_unit_and_a_leak_leaks() -> None:
    method = Recycling(period=25)
    model, optimizer = trained(method, steps=24, kill=[2])
    assert linears(model)[0].bias[2] < -90
    model, optimizer = trained(Recycling(period=25), steps=25, kill=[2])
    x = torch.randn(256, 4, generator=torch.Generator().manual_seed(2))
    firing = (linears(model)[0](x)[:, 2] > 0).float().mean()
    assert 0.2 < firing < 0.8
    assert (optimizer.state[linears(model)[0].weight]["exp_avg"][2] == 0).all()


def test_recycling_revives_a_unit_that_leaks_and_was_never_above_zero() -> None:
    assert LeakyReLU(0.1).activation()()(torch.tensor(-1.0)) == -0.1
    model, _ = trained(Recycling(period=25, alpha=0.1), steps=24, kill=[2])
    assert linears(model)[0].bias[2] < -90
    model, optimizer = trained(Recycling(period=25, alpha=0.1), steps=25, kill=[2])
    first, second, _ = linears(model)
    x = torch.randn(256, 4, generator=torch.Generator().manual_seed(2))
    assert 0.2 < (first(x)[:, 2] > 0).float().mean() < 0.8
    # Units behind it that its leak had killed were drawn anew after it, with weights that hear it.
    assert (second.weight[:, 2] == 0).any()
    assert (optimizer.state[first.weight]["exp_avg"][2] == 0).all()
