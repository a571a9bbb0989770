"""`lt.Watch`: dead units while a model is trained."""

import gc
import warnings

import pytest
import torch
from test_diagnose import Stateful
from torch import nn

import leaky_relu.torch as lt


def dying(dead=6):
    """Eight hidden units, of which so many are dead."""
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    with torch.no_grad():
        model[0].bias.fill_(1e3)
        model[0].bias[:dead] = -1e3
    return model


def train(model, watch, steps, x=None, optimizer=None, run=None):
    for _ in range(steps):
        y = (run or model)(torch.randn(64, 3) if x is None else x)
        y.square().mean().backward()
        model.zero_grad() if optimizer is None else (optimizer.step(), optimizer.zero_grad())
        watch.step()


def test_every_so_many_steps_units_are_counted():
    model = dying(dead=3)
    watch = lt.Watch(model, every=5)
    with pytest.raises(ValueError, match="first look is after 5 steps"):
        watch.diagnosis()
    train(model, watch, 12)
    found = watch.diagnosis()
    assert found.samples == 16 and found.layers[0].name == "1"
    assert found.layers[0].dead == [0, 1, 2] and found.layers[0].always_on == [3, 4, 5, 6, 7]
    assert "step 12" in repr(found)


def test_the_verdict_is_that_of_diagnose_on_the_same_samples():
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    watch, x = lt.Watch(model, every=1, samples=64), torch.randn(64, 3)
    train(model, watch, 1, x)
    assert watch.diagnosis() == lt.diagnose(model, x)


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def test_hooks_are_on_the_model_only_in_steps_with_a_look():
    model = dying(dead=3)
    watch = lt.Watch(model, every=4)
    train(model, watch, 4)  # the first look finds out what there is to count
    counts = []
    for _ in range(8):
        counts.append(hooks(model))
        train(model, watch, 1)
    assert counts == [0, 0, 0, 1, 0, 0, 0, 1]
    assert watch.diagnosis().layers[0].dead == [0, 1, 2] and watch.diagnosis().samples == 3 * 8


def test_what_passes_in_the_step_itself_is_counted():
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(inplace=True), nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 1))
    watch = lt.Watch(model, every=1)
    seen = []
    for _ in range(25):
        x = torch.randn(64, 3)
        seen.append(x[:8])
        train(model, watch, 1, x)
    ran, x = 0, torch.cat(seen)
    model[0].register_forward_pre_hook(lambda *_: seen.append(1))
    ran = len(seen)
    train(model, watch, 1, seen[0])
    assert len(seen) == ran + 1, "the model ran once"
    assert watch.diagnosis() == lt.diagnose(model, torch.cat([x, x[:8]]))


def test_rectifiers_that_are_called_are_counted_by_a_run_of_their_own():
    class Called(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.relu = dying(2), nn.ReLU()

        def forward(self, x):
            return torch.relu(self.relu(self.inner(x)))

    model = Called()
    watch = lt.Watch(model, every=1)
    train(model, watch, 3)
    assert [layer.name for layer in watch.diagnosis().layers] == ["inner.1", "relu", "relu()"]
    assert watch.diagnosis().layers[0].dead == [0, 1] and watch.diagnosis().samples == 24


def test_validations_and_checkpoints_are_not_counted():
    from torch.utils.checkpoint import checkpoint

    model = dying(2)
    watch = lt.Watch(model, every=1)
    train(model, watch, 1)
    for _ in range(3):
        with torch.no_grad():
            model(torch.randn(640, 3))
        y = checkpoint(model, torch.randn(64, 3, requires_grad=True), use_reentrant=False)
        y.sum().backward()
        watch.step()
    assert watch.diagnosis().samples == 4 * 8


def test_a_rectifier_that_becomes_another_is_seen_as_what_it_is():
    model = dying(2)
    watch = lt.Watch(model, every=1)
    train(model, watch, 3)
    lt.replace(model, 0.3)
    train(model, watch, 3)
    for _ in range(100):
        train(model, watch, 1)
    assert watch.diagnosis().layers[0].alpha == 0.3


def test_old_looks_are_forgotten():
    model = dying(dead=8)
    watch = lt.Watch(model, every=1)
    with pytest.warns(UserWarning):
        train(model, watch, 60)
    with torch.no_grad():
        model[0].bias.fill_(1e3)
    train(model, watch, 100)
    assert watch.diagnosis().dead == 0 and 400 <= watch.diagnosis().samples <= 800


def test_a_dying_layer_is_warned_of_once():
    model = dying(dead=6)
    watch = lt.Watch(model, every=1)
    with pytest.warns(
        UserWarning, match=r"1 is dying: 6 of its 8 units are dead at step 10.*lt.replace"
    ) as caught:
        train(model, watch, 60)
    assert len(caught) == 1


def test_a_layer_that_lives_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = dying(dead=2)
        train(model, lt.Watch(model, every=1), 30)


def test_training_goes_on_as_without_it():
    def trained(watched):
        torch.manual_seed(0)
        model = nn.Sequential(Stateful(), nn.Linear(8, 2))
        watch = lt.Watch(model, every=2) if watched else None
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(9):
            model(torch.randn(16, 3)).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
            if watch:
                watch.step()
        return model.state_dict()

    for ours, theirs in zip(trained(True).values(), trained(False).values(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("when", ["before", "after", "in place"])
def test_compiled_models_are_watched(when):
    model = dying(dead=3)
    if when == "in place":
        watch = lt.Watch(model, every=2)
        model.compile(backend="aot_eager", fullgraph=True)
        run = model
    else:
        run = torch.compile(model, backend="aot_eager", fullgraph=True)
        if when == "after":
            run(torch.randn(64, 3))
        watch = lt.Watch(run, every=2)
    train(model, watch, 4, run=run)
    assert watch.diagnosis().layers[0].dead == [0, 1, 2]


def test_a_step_that_is_compiled_as_a_whole_gives_its_batch():
    model = dying(dead=3)
    watch, x = lt.Watch(model, every=1), torch.randn(64, 3)
    with pytest.raises(RuntimeError, match=r"watch.step\(x\)"):
        watch.step()
    watch.step(x)
    assert watch.diagnosis().dead == 3
    other = lt.Watch(model, every=1, forward=lambda model, batch: model(batch["x"]))
    other.step({"x": x})
    assert other.diagnosis() == watch.diagnosis()


def test_parts_that_are_called_by_themselves_are_watched():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.other = dying(2), dying(3)

    pair = Pair()
    watch = lt.Watch(pair, every=1)
    (pair.one(torch.randn(9, 3)) + pair.other(torch.randn(9, 3))).sum().backward()
    watch.step()
    found = watch.diagnosis()
    assert [(layer.name, len(layer.dead)) for layer in found.layers] == [("one.1", 2), ("other.1", 3)]


def test_named_arguments_and_dictionaries_are_cut_too():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.shift = dying(2), nn.Buffer(torch.zeros(3))

        def forward(self, batch, *, mask, scale):
            return self.inner(batch["x"] * mask * scale + self.shift)

    model = Named()
    watch = lt.Watch(model, every=1)
    model({"x": torch.randn(80, 3)}, mask=torch.ones(80, 1), scale=torch.ones(3))
    watch.step()
    assert watch.diagnosis().samples == 10 and watch.diagnosis().dead == 2


def test_shares_go_to_the_logger():
    class Writer:
        def __init__(self):
            self.rows = []

    class TensorBoard(Writer):
        def add_scalar(self, name, value, step):
            self.rows.append((name, value, step))

    class Wandb(Writer):
        def log(self, values, step):
            self.rows += [(name, value, step) for name, value in values.items()]

    class Lightning(Writer):
        def log_metrics(self, values, step):
            self.rows += [(name, value, step) for name, value in values.items()]

    function = Writer()
    for logger in (TensorBoard(), Wandb(), Lightning(), function):
        given = (lambda values, step: Wandb.log(function, values, step)) if logger is function else logger
        model = dying(dead=2)
        train(model, lt.Watch(model, every=1, logger=given), 10)
        assert logger.rows == [("dead_units/1", 0.25, 10), ("dead_units", 0.25, 10)]


def test_tensorboard_takes_the_shares(tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    model = dying(dead=2)
    with tensorboard.SummaryWriter(str(tmp_path)) as writer:
        train(model, lt.Watch(model, every=1, logger=writer), 10)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path)).Reload()
    assert [event.value for event in events.Scalars("dead_units/1")] == [0.25]


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="at least 1 step"):
        lt.Watch(dying(), every=0)
    with pytest.raises(ValueError, match="samples must be at least 1"):
        lt.Watch(dying(), samples=0)
    with pytest.raises(ValueError, match="bound must lie between"):
        lt.Watch(dying(), bound=2)
    with pytest.raises(ValueError, match="holds none of the parameters"):
        lt.Watch(dying(), optimizer=torch.optim.SGD(dying().parameters()))
    with pytest.raises(TypeError, match="logger is a int"):
        lt.Watch(dying(), logger=3)


def tensors():
    found = (each for each in gc.get_objects() if isinstance(each, torch.Tensor))
    return {id(each): each for each in found if each.layout == torch.strided}


def test_65536_latents_are_watched_in_a_few_bytes_a_unit():
    latents, x = 65_536, torch.randn(8, 4)
    model = nn.Sequential(nn.Linear(4, latents), nn.ReLU(), nn.Linear(latents, 4))
    with torch.no_grad():
        model[0].bias[:1000] = -1e3
    before = tensors()
    watch = lt.Watch(model, every=1, samples=8)
    # As many looks as make an older window beside the recent one.
    train(model, watch, 60, x)
    gc.collect()
    new = [found.untyped_storage() for key, found in tensors().items() if key not in before]
    held = sum({storage.data_ptr(): storage.nbytes() for storage in new}.values())
    assert 0 < held <= 48 * latents
    found = watch.diagnosis()
    assert found.units == latents and found.layers[0].dead[:1000] == list(range(1000))


def test_closed_it_leaves_no_trace():
    model = dying(dead=0)
    with lt.Watch(model, every=1) as watch:
        train(model, watch, 1)
    for module in model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks


def _watch_distributed(rank, folder, results):
    torch.distributed.init_process_group("gloo", f"file://{folder}/store", rank=rank, world_size=2)
    model = nn.parallel.DistributedDataParallel(nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1)))
    with torch.no_grad():
        model.module[0].weight.copy_(torch.tensor([[1.0], [-1.0]]))
        model.module[0].bias.zero_()
    watch = lt.Watch(model, every=1, samples=5 + rank)
    for _ in range(3):
        # Each process sees one sign: to each of them alone, one unit is dead.
        x = torch.rand(16, 1) + 0.1
        model(x if rank == 0 else -x).sum().backward()
        watch.step()
    results.put((rank, watch.diagnosis().to_dict()))
    torch.distributed.destroy_process_group()


def test_verdicts_rest_on_the_counts_of_all_processes(tmp_path):
    results = torch.multiprocessing.get_context("spawn").SimpleQueue()
    torch.multiprocessing.spawn(_watch_distributed, (str(tmp_path), results), nprocs=2)
    found = dict(results.get() for _ in range(2))
    assert found[0] == found[1]
    assert found[0]["samples"] == 3 * (5 + 6) and found[0]["dead"] == 0
    assert found[0]["layers"][0]["active"] == [15 / 33, 18 / 33]


def test_units_are_recycled_where_samples_come_one_by_one() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    with torch.no_grad():
        model[0].bias[:3] = -100
    watch = lt.Watch(model, every=1, recycle=100)
    x = torch.randn(100, 4)
    for sample in x.split(1):
        model(sample)
        watch.step()
    assert watch.recycled >= 3
    fires = (model[0](x) > 0).float().mean(0)
    assert ((fires > 0.2) & (fires < 0.8))[:3].all(), fires
