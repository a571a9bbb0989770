"""`lt.revive`: dead units live again, and nothing else changes."""

import copy

import pytest
import torch
from conftest import fixture_network
from torch import nn
from torch.nn import functional as F

import leaky_relu.torch as lt


def kill(layer, units):
    """Makes the units of a layer dead, without touching what else it does."""
    with torch.no_grad():
        layer.bias[units] = -1e3
    return layer


def plain():
    """A dead unit in each of a convolution, a normalised convolution and a linear layer."""
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Conv2d(6, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Flatten(), nn.Linear(8 * 16, 10), nn.ReLU(), nn.Linear(10, 3),
    )  # fmt: skip
    with torch.no_grad():
        for _ in range(5):
            model(torch.randn(16, 1, 8, 8))
    kill(model[0], [1, 4]), kill(model[3], [0, 2, 5]), kill(model[6], [3])
    return model


IMAGES = torch.randn(200, 1, 8, 8, generator=torch.Generator().manual_seed(5))


def test_dead_units_fire_on_half_of_the_data_and_no_output_changes():
    model = plain().eval()
    expected, before = model(IMAGES), lt.diagnose(model, IMAGES)
    assert before.dead == 6
    revival = lt.revive(model, IMAGES)
    after = lt.diagnose(model, IMAGES)
    assert revival.revived == 6 and not revival.not_revived and after.dead == 0
    assert revival.max_difference <= 1e-6 * revival.largest_output
    torch.testing.assert_close(model(IMAGES), expected)
    for layer, was in zip(after.layers, before.layers, strict=True):
        for unit in was.dead:
            assert 0.45 < layer.active[unit] < 0.55, layer.name
        others = [unit for unit in range(layer.units) if unit not in was.dead]
        assert [layer.active[i] for i in others] == [was.active[i] for i in others]


def test_revived_units_have_the_gradient_that_they_lacked():
    model = plain()
    lt.revive(model, IMAGES)
    model(IMAGES).square().mean().backward()
    # What hears a revived unit is zero at first, and learns from it at once.
    assert (model[8].weight.grad[:, 3] != 0).all()


def test_the_same_seed_gives_the_same_weights_and_other_data_are_left():
    one, other, third = plain(), None, None
    other, third = copy.deepcopy(one), copy.deepcopy(one)
    before = copy.deepcopy(one.state_dict())
    lt.revive(one, IMAGES, seed=3), lt.revive(other, IMAGES, seed=3), lt.revive(third, IMAGES, seed=4)
    for key, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key
    assert not torch.equal(one[0].weight, third[0].weight)
    alive = [0, 2, 3, 5]
    assert torch.equal(one[0].weight[alive], before["0.weight"][alive])
    assert torch.equal(one[2].weight[1][alive], before["2.weight"][1][alive])


@pytest.mark.parametrize(
    "make",
    [
        lambda p: torch.optim.Adam(p, amsgrad=True),
        lambda p: torch.optim.AdamW(p),
        lambda p: torch.optim.SGD(p, 0.01, momentum=0.9),
        lambda p: torch.optim.RMSprop(p, 1e-4, momentum=0.9, centered=True),
        lambda p: torch.optim.Adagrad(p),
    ],
    ids=["Adam", "AdamW", "SGD", "RMSprop", "Adagrad"],
)
def test_the_state_of_exactly_the_changed_numbers_is_reset(make):
    model = plain()
    optimizer = make(model.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        model(IMAGES[:50]).square().mean().backward()
        for parameter in model.parameters():
            parameter.grad += 0.1  # so that all state is other than zero
        optimizer.step()
    kill(model[0], [1, 4]), kill(model[3], [0, 2, 5]), kill(model[6], [3])
    before = copy.deepcopy(model.state_dict())
    lt.revive(model, IMAGES, optimizer=optimizer)
    for name, parameter in model.named_parameters():
        changed = parameter != before[name]
        for key, state in optimizer.state[parameter].items():
            if isinstance(state, torch.Tensor) and state.dim():
                assert (state[changed] == 0).all(), (name, key)
                # Numbers may be changed to what they were, but a few only.
                assert (state == 0).sum() <= changed.sum() + 2, (name, key)
                assert not changed.all()
            elif key == "step":
                assert state == 2


def test_an_optimizer_of_another_model_is_refused():
    with pytest.raises(ValueError, match="holds none of the parameters of Sequential"):
        lt.revive(plain(), IMAGES, optimizer=torch.optim.SGD(nn.Linear(2, 2).parameters()))
    with pytest.raises(TypeError, match="optimizer is a float"):
        lt.revive(plain(), IMAGES, optimizer=0.1)


def test_frozen_parameters_are_not_touched():
    model = plain()
    model[0].requires_grad_(False)
    frozen = copy.deepcopy(model[0].state_dict())
    revival = lt.revive(model, IMAGES)
    assert revival.revived == 4
    assert {(left.layer, left.unit) for left in revival.not_revived} == {("1", 1), ("1", 4)}
    assert all("is frozen" in left.reason for left in revival.not_revived)
    for key, value in model[0].state_dict().items():
        assert torch.equal(value, frozen[key])


class Branches(nn.Module):
    """Dead units where they can be muted, and where they cannot."""

    def __init__(self):
        super().__init__()
        self.stem = kill(nn.Linear(4, 6), [0])
        self.inner, self.back = kill(nn.Linear(6, 8), [1, 2]), nn.Linear(8, 6)
        self.norm = nn.LayerNorm(6)
        self.leaky = kill(nn.Linear(6, 5), [3])
        self.tied = kill(nn.Linear(5, 5), [2])
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        stream = F.relu(self.stem(x))
        stream = stream + self.back(F.relu(self.inner(self.norm(stream))))
        z = F.leaky_relu(self.leaky(stream), 0.1)
        z = F.relu(self.tied(F.relu(self.tied(z))))
        return self.head(z)


def test_units_that_cannot_be_muted_are_left_with_the_reason_where_no_bound_is_given():
    model = Branches()
    x = torch.randn(100, 4)
    expected = model(x)
    revival = lt.revive(model, x, bound=0)
    torch.testing.assert_close(model(x), expected)
    assert revival.revived >= 2 and revival.revived_within_bound == 0
    reasons = {left.layer: left.reason for left in revival.not_revived}
    assert "never silent" in reasons["leaky_relu()"]
    assert "relu()" in reasons and "left" in repr(revival)
    assert "relu()#2" not in reasons


def test_units_of_a_stream_are_revived_within_the_bound():
    model = Branches()
    x = torch.randn(200, 4)
    before = lt.diagnose(model, x)
    expected = model(x)
    revival = lt.revive(model, x, bound=0.001)
    after = lt.diagnose(model, x)
    assert revival.revived_within_bound >= 1 and "of them small because they cannot be muted" in repr(revival)
    # In float32 the exact revivals change an output by rounding.
    assert (model(x) - expected).abs().max() <= 0.001 * expected.abs().max() + 1e-6
    assert after.dead == before.dead - revival.revived
    assert revival.max_difference == pytest.approx((model(x) - expected).abs().max().item(), rel=1e-3)


class Residual(nn.Module):
    """A stream that two blocks add to, with channel 1 dead at each of its rectifiers."""

    def __init__(self):
        super().__init__()
        self.stem, self.one, self.other = (nn.Conv2d(c, 4, 3, padding=1, bias=False) for c in (1, 4, 4))
        self.norms = nn.ModuleList(kill(nn.BatchNorm2d(4), [1]) for _ in range(3))
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        z = F.relu(self.norms[0](self.stem(x)))
        z = F.relu(self.norms[1](self.one(z)) + z)
        z = F.relu(self.norms[2](self.other(z)) + z)
        return self.head(z.mean((2, 3)))


def test_a_channel_that_is_dead_throughout_its_stream_is_revived_exactly():
    model = Residual().eval()
    expected = model(IMAGES)
    assert lt.diagnose(model, IMAGES).dead == 3
    revival = lt.revive(model, IMAGES)
    assert (revival.revived, revival.revived_within_bound, revival.not_revived) == (3, 0, [])
    torch.testing.assert_close(model(IMAGES), expected, rtol=1e-5, atol=1e-6)
    assert lt.diagnose(model, IMAGES).dead == 0


def test_a_batch_norm_behind_revived_units_expects_what_they_say_now():
    model = nn.Sequential(
        kill(nn.Conv2d(1, 4, 3), [2]), nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 3), nn.Flatten(1)
    ).eval()
    expected = model(IMAGES)
    assert lt.revive(model, IMAGES).revived == 1
    torch.testing.assert_close(model(IMAGES), expected, rtol=1e-5, atol=1e-6)
    said = model[:2](IMAGES)[:, 2]
    assert model[2].running_mean[2].item() == pytest.approx(said.mean().item(), rel=1e-4)
    assert model[2].running_var[2].item() == pytest.approx(said.var(correction=0).item(), rel=1e-4)


def test_units_behind_a_group_norm_are_left_with_the_reason_and_nothing_changes():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3), kill(nn.GroupNorm(2, 6), [1, 4]), nn.ReLU(), nn.Conv2d(6, 3, 3), nn.Flatten()
    )
    before = copy.deepcopy(model.state_dict())
    revival = lt.revive(model, IMAGES)
    # The exporter writes it as products and sums, in which the map finds no numbers of a unit's own.
    assert revival.revived == 0 and {left.unit for left in revival.not_revived} == {1, 4}
    assert all(left.reason for left in revival.not_revived)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_units_that_only_frozen_weights_hear_are_revived_within_the_bound():
    model = nn.Sequential(kill(nn.Linear(4, 6), [0, 5]), nn.ReLU(), nn.Linear(6, 2).requires_grad_(False))
    x, head = torch.randn(100, 4), copy.deepcopy(model[2].state_dict())
    expected = model(x)
    assert lt.revive(copy.deepcopy(model), x, bound=0).revived == 0
    revival = lt.revive(model, x)
    assert (revival.revived, revival.revived_within_bound) == (2, 2)
    assert (model(x) - expected).abs().max() <= 0.001 * expected.abs().max()
    for key, value in model[2].state_dict().items():
        assert torch.equal(value, head[key])


def test_weights_that_stand_in_two_layers_are_not_changed():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.head = kill(nn.Linear(4, 4), [1]), nn.Linear(4, 4), nn.Linear(4, 2)
            self.second.weight = self.first.weight

        def forward(self, x):
            return self.head(F.relu(self.second(F.relu(self.first(x)))))

    model, x = Tied(), torch.randn(100, 4)
    weight, expected = model.first.weight.detach().clone(), model(x)
    revival = lt.revive(model, x)
    torch.testing.assert_close(model(x), expected)
    assert torch.equal(model.first.weight, weight) and model.second.weight is model.first.weight
    assert revival.not_revived


def test_a_bound_that_is_none_is_refused():
    for bound in (-0.1, 2.0, float("nan")):
        with pytest.raises(ValueError, match="bound must lie between 0 and 1"):
            lt.revive(plain(), IMAGES, bound=bound)


def test_modes_buffers_and_hooks_stay():
    model = plain()
    model[1].register_forward_hook(lambda *_: None)
    model.register_buffer("mine", torch.ones(3))
    modes = [module.training for module in model.modules()]
    lt.revive(model, IMAGES)
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(model.mine, torch.ones(3)) and len(model[1]._forward_hooks) == 1
    assert model[3].num_batches_tracked == 5


@pytest.mark.parametrize(
    "name", ["conv", "conv-batch-norm", "audio", "transformer", "unet", "mlp", "residual"]
)
def test_fixture_networks_are_revived(name):
    made = fixture_network(name)
    model = copy.deepcopy(made.network)
    inputs = tuple(torch.from_numpy(array) for array in made.inputs.values())
    before = lt.diagnose(model, inputs[0])
    expected = model(inputs[0])
    revival = lt.revive(model, inputs[0], bound=0 if name != "residual" else 1e-5)
    after = lt.diagnose(model, inputs[0])
    assert revival.revived > 0 and revival.revived + len(revival.not_revived) == before.dead
    assert after.dead == len(revival.not_revived)
    torch.testing.assert_close(model(inputs[0]), expected, rtol=1e-4, atol=1e-4)


def test_layouts_types_and_wrappers_do_not_matter():
    model = plain().to(memory_format=torch.channels_last)
    assert lt.revive(torch.compile(model, backend="eager"), IMAGES).revived == 6
    assert model[2].weight.is_contiguous(memory_format=torch.channels_last)
    double = plain().double()
    assert lt.revive(double, IMAGES.double()).revived == 6
    generator = (batch for batch in IMAGES.split(50))
    assert lt.revive(plain(), generator).revived == 6
    batches = [{"x": batch} for batch in IMAGES.split(50)]
    assert lt.revive(plain(), batches, forward=lambda model, batch: model(batch["x"])).revived == 6


def test_a_model_that_cannot_be_exported_is_diagnosed_and_left():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.head = kill(nn.Linear(3, 4), [0]), nn.Linear(4, 1)

        def forward(self, x):
            z = F.relu(self.layer(x))
            return self.head(z) if z.sum().item() > 0 else z

    model, x = Branching(), torch.randn(20, 3)
    before = copy.deepcopy(model.state_dict())
    assert lt.diagnose(model, x).dead == 1
    with pytest.raises(ValueError, match="Branching cannot be exported"):
        lt.revive(model, x)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])


def test_a_revival_that_fails_half_way_leaves_the_model_as_it_was():
    model = plain()
    before = copy.deepcopy(model.state_dict())
    calls = 0

    def fail(module, inputs):
        nonlocal calls
        calls += not torch.compiler.is_exporting()
        if calls == 7:
            raise RuntimeError("out of memory")

    model[6].register_forward_pre_hook(fail)
    with pytest.raises(ValueError, match="out of memory"):
        lt.revive(model, IMAGES)
    assert calls == 7 and model.training
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_a_model_without_dead_units_is_left_without_a_look_at_its_graph():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    with torch.no_grad():
        model[0].bias.fill_(1.0)
    assert lt.revive(model, torch.randn(20, 3)).revived == 0


def _revive_distributed(rank, folder, results):
    torch.distributed.init_process_group("gloo", f"file://{folder}/store", rank=rank, world_size=2)
    torch.manual_seed(0)
    model = nn.parallel.DistributedDataParallel(plain())
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    watch = lt.Watch(model, every=1, recycle=12, optimizer=optimizer)
    for step in range(13):
        x = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(10 * step + rank))
        model(x).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        watch.step()
    results.put((rank, watch.recycled, [p.detach().numpy() for p in model.parameters()]))
    torch.distributed.destroy_process_group()


def test_every_process_gets_the_same_revival(tmp_path):
    results = torch.multiprocessing.get_context("spawn").SimpleQueue()
    torch.multiprocessing.spawn(_revive_distributed, (str(tmp_path), results), nprocs=2)
    (_, one, weights), (_, other, others) = sorted((results.get() for _ in range(2)), key=lambda r: r[0])
    assert one == other == 6
    for ours, theirs in zip(weights, others, strict=True):
        assert (ours == theirs).all()


def test_a_watch_recycles_what_stays_dead():
    model = plain()
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    watch = lt.Watch(model, every=2, recycle=30, optimizer=optimizer)
    for _ in range(60):
        model(torch.randn(64, 1, 8, 8)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        watch.step()
    assert watch.recycled >= 6 and lt.diagnose(model, IMAGES).dead == 0


def test_a_watch_recycles_what_is_below_tau():
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
    with torch.no_grad():
        model[0].weight[0] *= 1e-4
        model[0].bias[0] = 0
    watch = lt.Watch(model, every=1, recycle=10, tau=0.01)
    for _ in range(10):
        model(torch.randn(64, 3)).mean().backward()
        watch.step()
    assert watch.recycled >= 1 and model[0].weight[0].abs().max() > 0.1
