"""Options of `lr.cure` by what they do to the network, not only by being taken."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from test_networks import case

import leaky_relu as lr


def numbers(model):
    """The parameters of a network by name, as a path or bytes."""
    read = onnx.load_model_from_string(model) if isinstance(model, bytes) else onnx.load(model)
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in read.graph.initializer}


# Every sample in one step, and nothing but the gradient moves the weights.
ONE_STEP = {"optimizer": "sgd", "batch_size": 10_000, "revive": False, "alpha": 0.1}


def test_recentred_units_bend_on_half_of_the_samples():
    path, x, y = case("mlp")
    options = {"val": (x, y), "epochs": 20, "alpha": 0.1}
    plain, found = lr.cure(path, x, y, **options), lr.cure(path, x, y, **options, recentre=True)
    assert plain.figures["recentred"] == 0 < plain.after.always_on
    assert found.figures["recentred"] == found.before.always_on > 0
    # It changes outputs, and says so; training may turn a unit on for good again.
    assert found.figures["recentring_max_difference"] > plain.figures["recentring_max_difference"] == 0
    assert found.after.always_on < plain.after.always_on


def test_a_pull_leads_back_to_where_the_weights_began():
    path, x, y = case("mlp")
    rate, pull = 0.01, 0.5

    def after(epochs, **options):
        found = lr.cure(path, x, y, val=(x, y), epochs=epochs, lr=rate, **ONE_STEP, **options)
        assert found.figures["best_epoch"] == epochs
        return numbers(found.model)

    given, once, twice = numbers(path), after(1), after(2)
    # The first step begins where the pull leads to; in the second its gradient is 2 * pull * (w - w0).
    pulled = after(2, pull=pull)
    for name, begin in given.items():
        expected = twice[name] - 2 * rate * pull * (once[name] - begin)
        np.testing.assert_allclose(pulled[name], expected, rtol=1e-4, atol=1e-6)
    weights = max(given, key=lambda name: given[name].size)
    assert np.abs(pulled[weights] - twice[weights]).max() > 1e-5


def test_statistics_of_batch_normalisations_train_where_it_is_asked_for():
    path, x, y = case("conv-batch-norm")
    shifted = {name: array + 2 for name, array in x.items()}
    options = {"val": (shifted, y), "epochs": 20, "lr": 0.01, "revive": False}
    given = numbers(path)
    kept = numbers(lr.cure(path, shifted, y, **options).model)
    found = lr.cure(path, shifted, y, **options, train_statistics=True)
    assert found.figures["best_epoch"] > 0, "what was trained is kept"
    trained = numbers(found.model)
    statistics = [name for name in given if "running_" in name]
    assert statistics
    for name in statistics:
        assert (kept[name] == given[name]).all()
        assert not np.allclose(trained[name], given[name], rtol=0.01)


def test_units_behind_a_learned_slope_are_recycled_too():
    path, x, y = case("two-inputs")
    found = lr.cure(path, x, y, val=(x, y), epochs=1, recycle=1, revive=False, alpha=0.1)
    dead = {layer.op: len(layer.dead) for layer in found.before.layers}
    assert dead == {"Relu": 3, "PRelu": 5, "Elu": 0}
    assert found.figures["recycled"] >= 8 and found.after.dead == 0


@pytest.mark.parametrize("option", [{"pull": -1.0}, {"patience": 0}, {"recycle": 0}, {"momentum": 1.0}])
def test_options_of_training_that_make_no_sense_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        lr.cure(*case("mlp"), epochs=1, **option)
