"""`lt.diagnose`: why units are dead, and what to do."""

import json
import warnings

import pytest
import torch
from conftest import tool
from torch import nn
from torch.nn import functional as F

import leaky_relu as lr
import leaky_relu.torch as lt

KINDS = [
    "rate_too_high",
    "biases_too_low",
    "shifts_too_low",
    "inputs_dead",
    "inputs_constant",
    "raw_pixels",
    "off_centre",
    "tiny_inputs",
    "old_statistics",
    "pruned",
    "scales_zero",
    "born_dead",
    "products",
]


@pytest.mark.parametrize("name", KINDS)
def test_units_that_were_killed_in_a_known_way_are_told_so(name):
    making = tool("make_cause_fixtures")
    kinds = [kind.__name__ for kind in making.KINDS]
    assert kinds == KINDS
    torch.manual_seed(kinds.index(name))
    images, labels = making.digits()
    x, y = torch.from_numpy(images[:1024]).flatten(1), torch.from_numpy(labels[:1024])
    network, data = making.KINDS[kinds.index(name)](x, y)
    network, data = network.eval(), data[: making.SAMPLES].contiguous()
    found = lt.diagnose(network, data)
    told = [{cause["cause"]: cause["units"] for cause in layer.causes} for layer in found.layers]
    assert told == making.causes(network, data)
    assert found.prescription and found.notes == ()
    assert all(row["sentence"] in repr(found) for row in found.prescription)


def dying():
    """Two hidden layers, each with a dead unit, the second of which hears the first."""
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    with torch.no_grad():
        model[0].weight[2] = 0
        model[0].bias[2] = -1
        model[2].bias[5] = -1e3
    return model.eval()


def told(found):
    return {layer.name: [cause["cause"] for cause in layer.causes] for layer in found.layers}


def test_batches_of_any_form_are_told_alike():
    model, x = dying(), torch.randn(300, 3)
    expected = lt.diagnose(model, x)
    assert told(expected) == {"1": ["no_weights"], "3": ["shift_below_zero"]}
    forms = [
        [(batch, torch.zeros(len(batch))) for batch in x.split(70)],
        (batch.numpy() for batch in x.split(70)),
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=31),
    ]
    for form in forms:
        assert lt.diagnose(model, form).to_dict() == expected.to_dict()
    batches = [{"x": batch, "scale": 1} for batch in x.split(70)]
    named = lt.diagnose(model, batches, forward=lambda model, batch: model(batch["x"] * batch["scale"]))
    assert told(named) == told(expected)


def test_units_that_die_on_the_first_samples_alone_are_not_said_to_be_dead():
    model = dying()
    with torch.no_grad():
        model[0].weight[0] = torch.tensor([1.0, 0.0, 0.0])
        model[0].bias[0] = 0
    x = torch.randn(5000, 3)
    x[:2000, 0] = -x[:2000, 0].abs()
    found = lt.diagnose(model, x)
    assert found.layers[0].dead == [2] and [cause["units"] for cause in found.layers[0].causes] == [[2]]


def test_a_model_with_tokens_and_calls_is_told_too():
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.hidden, self.head = nn.Embedding(9, 4), nn.Linear(4, 6), nn.Linear(6, 2)
            with torch.no_grad():
                self.hidden.bias[1] = -1e3

        def forward(self, tokens):
            return self.head(F.relu(self.hidden(self.table(tokens)))).mean(1)

    found = lt.diagnose(Tokens().eval(), torch.randint(0, 9, (40, 5)))
    assert told(found) == {"relu()": ["shift_below_zero"]}


def test_where_a_model_cannot_be_exported_a_note_says_so():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = dying()

        def forward(self, x):
            return self.layers(x) if x.sum().item() < 1e6 else x

    found = lt.diagnose(Branching().eval(), torch.randn(20, 3))
    assert found.dead >= 2 and all(layer.causes == [] for layer in found.layers) and not found.prescription
    (note,) = found.notes
    assert note.startswith("Why units are dead is not told: Branching cannot be exported")
    assert note in repr(found) and found.to_dict()["notes"] == [note]


def test_nothing_is_exported_where_nothing_is_dead_or_nobody_asks(monkeypatch):
    def export(*_, **__):
        raise AssertionError("it was exported")

    monkeypatch.setattr(torch.onnx, "export", export)
    alive = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)).eval()
    with torch.no_grad():
        alive[0].bias.fill_(1.0)
    assert lt.diagnose(alive, torch.randn(20, 3)).dead == 0
    found = lt.diagnose(dying(), torch.randn(20, 3), causes=False)
    assert found.dead >= 2 and found.notes == () and found.prescription == []


def test_the_model_and_its_warnings_are_left_as_they_were(tmp_path):
    model, x = dying().train(), torch.randn(50, 3)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = lt.diagnose(model, x)
    assert model.training
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key
    found.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert found.prescription[0]["sentence"].split(":")[0] in page and "evaluation mode" in page
    found.save(tmp_path / "figures.json")
    assert lr.Diagnosis.from_dict(json.loads((tmp_path / "figures.json").read_text())) == found
