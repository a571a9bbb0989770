"""`lt.replace`: which ReLUs become leaky, and what stays."""

import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import leaky_relu.torch as lt


def leaks(model):
    return [name for name, module in model.named_modules() if isinstance(module, lt.LeakyReLU)]


def test_hidden_relus_leak_and_the_last_one_stays():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True)))
    assert lt.replace(model, 0.2) == 1
    assert leaks(model) == ["1"] and type(model[2][1]) is nn.ReLU
    assert model[1].negative_slope == 0.2 and repr(model[1]) == "LeakyReLU(negative_slope=0.2)"
    x = torch.randn(5, 3)
    expected = F.relu(model[2][0](F.leaky_relu(model[0](x), 0.2)))
    assert torch.equal(model(x), expected)


class Residual(nn.Module):
    """Rectifiers that reach the output through a sum, a shape and dropout; and one that does not."""

    def __init__(self):
        super().__init__()
        self.first, self.relu1 = nn.Linear(4, 4), nn.ReLU(inplace=True)
        self.second, self.relu2, self.relu3 = nn.Linear(4, 4), nn.ReLU(), nn.ReLU()
        self.dropout = nn.Dropout()

    def forward(self, x):
        z = self.relu1(self.first(x))
        branch = self.relu2(self.second(z))
        return self.dropout(self.relu3(x) + branch.view(-1, 4))


def test_what_reaches_the_output_is_read_from_the_code():
    model = Residual()
    assert lt.replace(model) == 1 and leaks(model) == ["relu1"]
    assert model.relu1.inplace and model.relu1.negative_slope == 0.01


def test_a_relu_that_is_used_within_and_at_the_end_stays():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.relu = nn.Linear(3, 3), nn.ReLU()

        def forward(self, x):
            return self.relu(self.layer(self.relu(self.layer(x))))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lt.replace(Shared()) == 0


def test_hooks_modes_and_those_who_hold_a_module_stay():
    shared = nn.ReLU()
    model = nn.Sequential(nn.Linear(3, 4), shared, nn.Linear(4, 4), shared, nn.Linear(4, 1)).eval()
    calls = []
    shared.register_forward_hook(lambda *_: calls.append(1))
    assert lt.replace(model) == 1
    model(torch.randn(2, 3))
    assert len(calls) == 2 and isinstance(shared, lt.LeakyReLU) and not shared.training


def test_code_that_cannot_be_read_hides_all_but_the_end_of_sequentials():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.relu = nn.Linear(3, 3), nn.ReLU()

        def forward(self, x):
            return self.relu(self.layer(x)) if x.sum() > 0 else x

    model = nn.Sequential(Branching(), nn.Linear(3, 3), nn.ReLU())
    assert lt.replace(model) == 1 and leaks(model) == ["0.relu"]


def test_reading_the_code_leaves_the_model_alone():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            self.last = x
            return self.layers(x)

    model = Counting()
    assert lt.replace(model) == 1 and model.calls == 0 and not hasattr(model, "last")


def test_calls_are_warned_of_because_they_stay():
    class Calls(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.last = nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x):
            return self.last(F.relu(self.layer(x)) + self.layer(x).relu())

    with pytest.warns(UserWarning, match="2 ReLUs of Calls"):
        assert lt.replace(Calls()) == 0


def test_other_rectifiers_stay_and_nothing_is_warned_of():
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU6(), nn.Linear(3, 3), nn.LeakyReLU(0.3), nn.Linear(3, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lt.replace(model) == 0


def test_compiled_models_are_looked_into_and_compiled_again():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    compiled = torch.compile(model, backend="eager")
    x = torch.randn(5, 3)
    compiled(x)
    assert lt.replace(compiled, 0.5) == 1
    assert torch.equal(compiled(x), model[2](F.leaky_relu(model[0](x), 0.5)))


@pytest.mark.parametrize("slope", [float("nan"), float("inf")])
def test_a_slope_that_is_not_finite_is_refused(slope):
    with pytest.raises(ValueError, match="negative_slope must be finite"):
        lt.replace(nn.Sequential(nn.ReLU()), slope)
